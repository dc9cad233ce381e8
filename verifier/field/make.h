/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a release looks like in the field, from the update file and a layout.
 *
 * Layer:  field. Bytes in, structs out: for the locked-in process.
 * Limits: those of formats/budget.h, for each member that is taken out.
 */
#ifndef ASSAY_FIELD_MAKE_H
#define ASSAY_FIELD_MAKE_H

#include "field/layout.h"
#include "formats/budget.h"

/** Borrowed. */
struct assay_field_release {
	const char *name; /* of the update */
	struct assay_span update;
	const char *product, *version;
	const struct assay_layout *layout; /* NULL: there is none */
	const struct assay_unpack_limits *limits;
};

/**
 * Look at an update.
 *
 * Out:    *out, to be freed in any case
 * Errors: ASSAY_E_FORMAT  something in the layout is not in the update, does not fit or overlaps
 *         ASSAY_E_LIMIT   a limit was reached
 */
ASSAY_CHECKED int assay_field_make(const struct assay_field_release *release,
                                   struct assay_reference *out, struct assay_error *err);

#endif
