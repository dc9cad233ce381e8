/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports of a comparison: for machines and for people. The same comparison gives the same bytes.
 *
 * Layer: report. Written from struct assay_comparison and from nothing else.
 */
#ifndef ASSAY_REPORT_REPORT_H
#define ASSAY_REPORT_REPORT_H

#include "base/buffer.h"
#include "base/json.h"
#include "model/comparison.h"

/** The machine form, schema "assay.compare/1". A new reference. accept: worst tier that passes. */
json_t *assay_report_json(const struct assay_comparison *comparison, enum assay_tier accept);

/**
 * The form for people: verdict, bytes by class, then what differs, what is not explained first.
 * A few findings of each artefact; it says how many more there are.
 */
void assay_report_text(const struct assay_comparison *comparison, enum assay_tier accept,
                       struct assay_buffer *out);

/** As assay_report_text, with all findings. */
void assay_report_text_all(const struct assay_comparison *comparison, enum assay_tier accept,
                           struct assay_buffer *out);

#endif
