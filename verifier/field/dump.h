/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dump of a device's memory, held against what releases look like.
 *
 * Layer:  field. The dump is read piece by piece and never looked into: no format is parsed.
 * Limits: blocks that a dump left out or that were moved (bad blocks of NAND flash) are differences.
 *         Bytes beside pages (OOB) are not looked at.
 */
#ifndef ASSAY_FIELD_DUMP_H
#define ASSAY_FIELD_DUMP_H

#include "field/found.h"

/** Borrowed. */
struct assay_field_releases {
	const struct assay_reference *const *items; /* in the order in which they are tried */
	size_t count;
};

/**
 * Hold a dump against releases: find the one that it is of, and what each slot has.
 *
 * In:     fd of a regular file
 * Out:    *out, to be freed in any case
 * Errors: ASSAY_E_SYSTEM  cannot read it
 *         ASSAY_E_USAGE   none of the releases has a layout
 */
ASSAY_CHECKED int assay_field_dump(int fd, const struct assay_field_releases *releases,
                                   struct assay_found *out, struct assay_error *err);

#endif
