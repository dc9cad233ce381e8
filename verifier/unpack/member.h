/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Take one member out of a container, however deep it stands.
 *
 * Layer:  unpack. Bytes in, bytes out; nothing is ever written to a file system.
 * Limits: those of formats/budget.h. A name with "!" in it cannot be asked for.
 */
#ifndef ASSAY_UNPACK_MEMBER_H
#define ASSAY_UNPACK_MEMBER_H

#include "base/span.h"
#include "formats/budget.h"

/**
 * Take out the member that a path names: "data.tar.xz!/usr/lib/x" is the file usr/lib/x of the
 * archive that data.tar.xz unpacks to. Compressed streams on the way are unpacked without being
 * named; "x.gz!" is what x.gz unpacks to. Hard links are followed, symbolic links are not.
 *
 * In:     limits may be NULL for the defaults
 * Out:    *out owned by the caller
 * Errors: ASSAY_E_FORMAT  no such member, several that may take its place, not a regular file, or a
 *                         container that cannot be read to its end (see unpack/lookup.h)
 *         ASSAY_E_LIMIT   a limit was reached
 */
ASSAY_CHECKED int assay_unpack_member(struct assay_span file, const char *path,
                                      const struct assay_unpack_limits *limits,
                                      struct assay_bytes *out, struct assay_error *err);

#endif
