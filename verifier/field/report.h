/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was found in the field, for people and machines. The same input gives the same bytes.
 *
 * Layer: field.
 */
#ifndef ASSAY_FIELD_REPORT_H
#define ASSAY_FIELD_REPORT_H

#include "field/found.h"

/** Append the rows and slots. In: releases, as they were held against */
void assay_found_text(const struct assay_found *found,
                      const struct assay_reference *const *releases, struct assay_buffer *out);

/** The same as JSON. A new reference. */
json_t *assay_found_json(const struct assay_found *found,
                         const struct assay_reference *const *releases);

#endif
