/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a tree that stands in one file: a file system image or an archive, plain or compressed.
 *
 * Layer:  field. Bytes in, structs out: for the locked-in process.
 * Limits: the formats of take.h, which say type, mode and owner of each file. Those of formats/budget.h.
 */
#ifndef ASSAY_FIELD_ENTRIES_H
#define ASSAY_FIELD_ENTRIES_H

#include "formats/budget.h"
#include "model/reference.h"

/**
 * List the files.
 *
 * Out:    *out sorted; to be freed in any case
 * Errors: ASSAY_E_FORMAT  no such tree, not read to its end, a false checksum, two files in one
 *                         place, a path that leads out of it, an owner or type that nobody can tell
 *         ASSAY_E_LIMIT   a limit was reached
 */
ASSAY_CHECKED int assay_field_entries(struct assay_span file,
                                      const struct assay_unpack_limits *limits,
                                      struct assay_reference_files *out, struct assay_error *err);

#endif
