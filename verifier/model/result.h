/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `assay verify` found: the pins that were used, how the build went, how each delivered
 * artefact compares. Reports and statements are written from this.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_RESULT_H
#define ASSAY_MODEL_RESULT_H

#include "model/comparison.h"
#include "model/manifest.h"
#include "model/record.h"
#include "model/review.h"
#include "model/variation.h"

/** Zero-initialise. */
struct assay_result {
	const struct assay_manifest *manifest; /* borrowed */
	struct assay_sha256 manifest_id;
	struct assay_sha256 lock_id;
	struct assay_sha256 tree;
	bool built; /* whether a build was begun: record is filled */
	struct assay_build_record record;
	struct assay_comparison *comparisons; /* one for each manifest->delivered, in its order */
	size_t comparison_count;
	struct assay_source_check sources;
	struct assay_variation_record variation; /* decision NONE: not varied */
	enum assay_tier tier;                    /* worst of all; inconclusive until compared */
	enum assay_tier accept;
	enum assay_exit status;
	struct assay_error error;         /* code NONE unless the run ended in an error */
	uint64_t journal_records;         /* that were written when the run had concluded */
	struct assay_sha256 journal_last; /* digest of the last of them */
	int64_t started, ended;           /* seconds since 1970-01-01 UTC */
};

void assay_result_fini(struct assay_result *result);
#define ASSAY_AUTO_RESULT ASSAY_AUTO(assay_result_fini)

/** The exit status of a build alone: 0, 2 (interrupted), 6 or 7. */
enum assay_exit assay_outcome_exit(enum assay_outcome outcome);

/** Set tier and status from the build's outcome and the comparisons. */
void assay_result_conclude(struct assay_result *result);

#endif
