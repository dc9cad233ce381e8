/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one member of a container that a path names.
 *
 * A program that unpacks writes to a file system, where "usr//x", "./usr/./x" and, behind a link
 * "lib64 -> lib", "lib64/x" end up in the place of other members. Where more than one member
 * could do so, none is the answer.
 *
 * Layer: unpack; private to this folder.
 */
#ifndef ASSAY_UNPACK_LOOKUP_H
#define ASSAY_UNPACK_LOOKUP_H

#include "formats/reader.h"

/**
 * Find a regular file; a hard link is followed to the file that it is.
 *
 * Out:    *out, borrowed from contents
 * Errors: ASSAY_E_FORMAT  no such member, not a regular file, or more than one answer: several of
 *                         that name, a path that goes up or through a link of the same container,
 *                         two data.tar, bytes behind the end of the container
 */
ASSAY_CHECKED int assay_unpack_find(const struct assay_contents *contents, const char *path,
                                    const struct assay_entry **out, struct assay_error *err);

#endif
