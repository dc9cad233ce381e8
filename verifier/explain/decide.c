/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/decide.h"

#include <string.h>

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

static const struct assay_artefact *find_artefact(const struct assay_comparison *comparison,
                                                  const char *path)
{
	for (size_t i = 0; i < comparison->artefact_count; i++)
		if (strcmp(comparison->artefacts[i].path, path) == 0)
			return &comparison->artefacts[i];
	return NULL;
}

/*
 * Whether the artefact has the same size in the other build, so that a place in one is the same
 * place in the other. Where it has not, all between the first and the last difference is one
 * finding, of different length on the two sides; where more differs than is shown of both, it
 * cannot be told.
 */
static bool keeps_places(const struct assay_comparison *comparison, const char *path)
{
	for (size_t i = 0; i < comparison->finding_count; i++) {
		const struct assay_finding *finding = &comparison->findings[i];

		if (strcmp(finding->artefact, path) == 0 && finding->item == NULL &&
		    (finding->delivered.length != finding->rebuilt.length ||
		     finding->delivered.length != finding->length))
			return false;
	}
	return true;
}

/* How many bytes from offset on differ in a varied build, without a gap. */
static uint64_t varies_from(const struct assay_comparison *comparison, const char *path,
                            uint64_t size, uint64_t offset)
{
	const struct assay_artefact *artefact = find_artefact(comparison, path);

	if (artefact == NULL || artefact->ledger.size != size || !keeps_places(comparison, path))
		return 0;
	for (size_t i = 0; i < artefact->ledger.count; i++) {
		const struct assay_range *range = &artefact->ledger.ranges[i];

		if (range->class != ASSAY_CLASS_IDENTICAL && offset >= range->offset &&
		    offset - range->offset < range->length)
			return range->offset + range->length - offset;
	}
	return 0;
}

struct varied {
	const struct assay_comparison *comparisons; /* the first build against others */
	size_t count;
};

/* Whether all bytes of a range differ in some varied build. */
static bool range_varies(const struct varied *varied, const char *path, uint64_t size,
                         uint64_t offset, uint64_t length)
{
	while (length > 0) {
		uint64_t most = 0;

		for (size_t i = 0; i < varied->count; i++) {
			uint64_t bytes = varies_from(&varied->comparisons[i], path, size, offset);

			most = bytes > most ? bytes : most;
		}
		if (most == 0)
			return false;
		if (most >= length)
			return true;
		offset += most;
		length -= most;
	}
	return true;
}

/* What has no bytes: a mode, a name, a member that is only on one side. */
static bool item_varies(const struct varied *varied, const struct assay_finding *finding)
{
	for (size_t i = 0; i < varied->count; i++)
		for (size_t k = 0; k < varied->comparisons[i].finding_count; k++) {
			const struct assay_finding *other = &varied->comparisons[i].findings[k];

			if (finding->item != NULL && other->item != NULL &&
			    strcmp(other->artefact, finding->artefact) == 0 &&
			    strcmp(other->item, finding->item) == 0 &&
			    other->offset == finding->offset && other->length == 0)
				return true;
		}
	return false;
}

static uint64_t end_of(uint64_t offset, uint64_t length)
{
	return offset + length;
}

/* The unexplained bytes that a finding speaks of. */
static bool finding_varies(const struct varied *varied, const struct assay_comparison *found,
                           const struct assay_finding *finding)
{
	const struct assay_artefact *artefact = find_artefact(found, finding->artefact);
	uint64_t end = end_of(finding->offset, finding->length);

	if (finding->length == 0)
		return item_varies(varied, finding);
	for (size_t i = 0; artefact != NULL && i < artefact->ledger.count; i++) {
		const struct assay_range *range = &artefact->ledger.ranges[i];
		uint64_t from = range->offset, to = end_of(range->offset, range->length);

		from = from > finding->offset ? from : finding->offset;
		to = to < end ? to : end;
		if (range->class == ASSAY_CLASS_UNEXPLAINED && from < to &&
		    !range_varies(varied, finding->artefact, artefact->ledger.size, from,
		                  to - from))
			return false;
	}
	return artefact != NULL;
}

bool assay_decide_inside(const struct assay_comparison *found,
                         const struct assay_comparison *varied, size_t count)
{
	const struct varied all = { varied, count };
	size_t looked_at = 0;

	for (size_t i = 0; i < found->finding_count; i++) {
		if (found->findings[i].class != ASSAY_CLASS_UNEXPLAINED)
			continue;
		if (!finding_varies(&all, found, &found->findings[i]))
			return false;
		looked_at++;
	}
	/* A file that differs without a finding is not explained by anything. */
	return looked_at > 0 && found->tier == ASSAY_TIER_DIFFERENT;
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
	assay_json_set_int(json, "builds", record->builds);
	assay_json_set(json, "varied", assay_json_strings(&record->varied));
	assay_json_set(json, "depends_on", assay_json_strings(&record->axes));
	assay_json_set(json, "fails_with", assay_json_strings(&record->failed));
	if (record->solution.builds > 0)
		assay_json_set(json, "solution", solution_json(&record->solution));
	return json;
}
