/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/decide.h"

enum assay_decision assay_decide(const struct assay_evidence *evidence)
{
	if (evidence->matches)
		return ASSAY_DECISION_MATCH;
	if (!evidence->repeats)
		return ASSAY_DECISION_NOT_DETERMINISTIC;
	if (!evidence->varies)
		return ASSAY_DECISION_OTHER_INPUTS;
	return evidence->inside ? ASSAY_DECISION_DEPENDS_INSIDE : ASSAY_DECISION_DEPENDS_OUTSIDE;
}

static json_t *solution_json(const struct assay_solution *solution)
{
	json_t *json = json_object();

	assay_json_set_int(json, "builds", solution->builds);
	assay_json_set(json, "changes", assay_json_strings(&solution->changes));
	assay_json_set_bool(json, "complete", solution->complete);
	assay_json_set_str(json, "tier", assay_tier_name(solution->tier));
	assay_json_set_int(json, "unexplained", solution->unexplained);
	return json;
}

json_t *assay_variation_json(const struct assay_variation_record *record)
{
	json_t *json = json_object();

	if (record->decision != ASSAY_DECISION_NONE)
		assay_json_set_str(json, "decision", assay_decision_name(record->decision));
	assay_json_set_bool(json, "deterministic", record->repeats);
	if (!record->repeats)
		assay_json_set_bool(json, "deterministic_with_clock", record->clock);
	assay_json_set_int(json, "builds", record->builds);
	assay_json_set(json, "varied", assay_json_strings(&record->varied));
	assay_json_set(json, "depends_on", assay_json_strings(&record->axes));
	assay_json_set(json, "fails_with", assay_json_strings(&record->failed));
	if (record->solution.builds > 0)
		assay_json_set(json, "solution", solution_json(&record->solution));
	return json;
}
