/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/result.h"

static const enum assay_exit exits[] = {
	[ASSAY_OUTCOME_BUILT] = ASSAY_EXIT_MATCH,
	[ASSAY_OUTCOME_FAILED] = ASSAY_EXIT_BUILD_FAILED,
	[ASSAY_OUTCOME_LIMIT_WALL] = ASSAY_EXIT_BUILD_LIMIT,
	[ASSAY_OUTCOME_LIMIT_SILENCE] = ASSAY_EXIT_BUILD_LIMIT,
	[ASSAY_OUTCOME_LIMIT_MEMORY] = ASSAY_EXIT_BUILD_LIMIT,
	[ASSAY_OUTCOME_LIMIT_PROCESSES] = ASSAY_EXIT_BUILD_LIMIT,
	[ASSAY_OUTCOME_LIMIT_DISK] = ASSAY_EXIT_BUILD_LIMIT,
	[ASSAY_OUTCOME_LIMIT_LOG] = ASSAY_EXIT_BUILD_LIMIT,
	[ASSAY_OUTCOME_INTERRUPTED] = ASSAY_EXIT_TROUBLE,
	[ASSAY_OUTCOME_BAD_OUTPUT] = ASSAY_EXIT_BUILD_FAILED,
};

enum assay_exit assay_outcome_exit(enum assay_outcome outcome)
{
	return (size_t)outcome < ASSAY_ARRAY_LEN(exits) ? exits[outcome] : ASSAY_EXIT_TROUBLE;
}

void assay_result_conclude(struct assay_result *result)
{
	enum assay_tier tier = ASSAY_TIER_IDENTICAL;

	result->tier = ASSAY_TIER_INCONCLUSIVE;
	result->status = assay_outcome_exit(result->record.outcome);
	if (result->status != ASSAY_EXIT_MATCH)
		return;
	for (size_t i = 0; i < result->comparison_count; i++)
		tier = assay_tier_worse(tier, result->comparisons[i].tier);
	/* A run that compared less than the manifest names proves nothing. */
	if (result->comparison_count == 0 ||
	    result->comparison_count != result->manifest->delivered_count)
		tier = ASSAY_TIER_INCONCLUSIVE;
	result->tier = tier;
	result->status = assay_tier_exit(tier, result->accept);
	/* A match is one with what was built; without the review it says nothing of what was reviewed. */
	if (result->sources.wanted && !result->sources.agrees &&
	    (result->status == ASSAY_EXIT_MATCH || result->status == ASSAY_EXIT_WORSE_TIER))
		result->status = ASSAY_EXIT_PIN;
}

void assay_result_fini(struct assay_result *result)
{
	for (size_t i = 0; i < result->comparison_count; i++)
		assay_comparison_fini(&result->comparisons[i]);
	free(result->comparisons);
	assay_build_record_fini(&result->record);
	assay_source_check_fini(&result->sources);
	assay_variation_record_fini(&result->variation);
	*result = (struct assay_result){ 0 };
}
