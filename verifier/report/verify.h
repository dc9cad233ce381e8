/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports of `assay verify` and `assay rebuild`: for machines and for people.
 *
 * Layer: report.
 */
#ifndef ASSAY_REPORT_VERIFY_H
#define ASSAY_REPORT_VERIFY_H

#include "base/json.h"
#include "model/result.h"

/**
 * The machine form, schema "assay.verify/1". A new reference.
 *
 * In: times  whether to put in the block "run": all that differs between two runs with the same
 *            inputs (when, how long, how much memory). Without it the same inputs give the same
 *            bytes.
 */
json_t *assay_verify_json(const struct assay_result *result, bool times);

/** The form for people: verdict first, then what it rests on, then the differences. */
void assay_verify_text(const struct assay_result *result, struct assay_buffer *out);

/** The build's part of the machine form, for `assay rebuild` too. A new reference. */
json_t *assay_build_json(const struct assay_build_record *record);

/** What variation has shown, for `assay vary` too. */
void assay_variation_text(const struct assay_variation_record *record, struct assay_buffer *out);

/** What the build made of the sources, and whether they are those that were reviewed. */
void assay_sources_text(const struct assay_inventory *sources,
                        const struct assay_source_check *check, struct assay_buffer *out);

/** The build's part for people: nothing but one line when it was built. */
void assay_build_text(const struct assay_build_record *record, struct assay_buffer *out);

#endif
