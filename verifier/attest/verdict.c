/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the comparison found: our own predicate, see verifier/schema/build-equivalence-v1.json. */
#include <inttypes.h>

#include "attest/statements.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/quote.h"
#include "explain/decide.h"
#include "explain/sources.h"

#define FINDINGS_MAX 1000 /* in a statement; the result has them all */

static json_t *quoted(const char *text)
{
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };

	assay_quote(&out, assay_span_of_str(text));
	return assay_json_str(assay_buffer_span(&out));
}

void assay_statement_delivered(json_t *statement, const struct assay_result *result)
{
	const struct assay_manifest *manifest = result->manifest;
	struct assay_sha256 digest;

	if (result->comparison_count == manifest->delivered_count) {
		for (size_t i = 0; i < result->comparison_count; i++) {
			const struct assay_subject *subject = &result->comparisons[i].delivered;
			ASSAY_AUTO_FREE char *name = assay_quoted(subject->name);

			(void)assay_statement_subject(statement, name, &subject->sha256);
		}
		return;
	}
	for (unsigned i = 0; i < manifest->delivered_count; i++)
		if (assay_sha256_parse(manifest->delivered[i].sha256, &digest))
			(void)assay_statement_subject(statement, manifest->delivered[i].file,
			                              &digest);
}

static bool has_excluded(const struct assay_result *result)
{
	for (size_t i = 0; i < result->comparison_count; i++)
		if (assay_comparison_has(&result->comparisons[i], ASSAY_CLASS_EXCLUDED))
			return true;
	return false;
}

/* A match with bytes that nobody looked at is another claim than a match. */
static const char *verdict_word(const struct assay_result *result)
{
	switch (result->tier) {
	case ASSAY_TIER_IDENTICAL:
	case ASSAY_TIER_TRANSPLANTED:
	case ASSAY_TIER_REPACKED:
	case ASSAY_TIER_NORMALISED:
		return has_excluded(result) ? "EQUIVALENT_DECLARED" : "EQUIVALENT";
	case ASSAY_TIER_DIFFERENT:
		return "NOT_EQUIVALENT";
	case ASSAY_TIER_INCONCLUSIVE:
		break;
	}
	return "INCONCLUSIVE";
}

static json_t *bytes_json(const struct assay_ledger *ledger)
{
	uint64_t sums[ASSAY_CLASS_COUNT];
	json_t *out = json_object();

	assay_ledger_sum(ledger, sums);
	assay_json_set_int(out, "total", ledger->size);
	for (unsigned class = 0; class < ASSAY_CLASS_COUNT; class ++)
		assay_json_set_int(out, assay_class_name(class), sums[class]);
	return out;
}

static json_t *sized(const char *name, const struct assay_sha256 *digest, uint64_t size)
{
	json_t *out = assay_descriptor(name, digest), *more = json_object();

	assay_json_set_int(more, "size", size);
	assay_json_set(out, "annotations", more);
	return out;
}

static json_t *artefact_json(const struct assay_result *result, size_t index)
{
	const struct assay_comparison *comparison = &result->comparisons[index];
	const struct assay_delivered *delivered = &result->manifest->delivered[index];
	ASSAY_AUTO_FREE char *name = assay_quoted(comparison->delivered.name);
	json_t *out = json_object();
	struct assay_sha256 file;

	assay_json_set(out, "delivered",
	               sized(name, &comparison->delivered.sha256, comparison->delivered.size));
	if (delivered->member != NULL && assay_sha256_parse(delivered->sha256, &file))
		assay_json_set(out, "within", sized(delivered->file, &file, delivered->size));
	assay_json_set(
		out, "rebuilt",
		sized(delivered->output, &comparison->rebuilt.sha256, comparison->rebuilt.size));
	assay_json_set_str(out, "tier", assay_tier_name(comparison->tier));
	if (comparison->artefact_count > 0)
		assay_json_set(out, "bytes", bytes_json(&comparison->artefacts[0].ledger));
	return out;
}

static void add_rule(struct assay_strings *rules, const char *rule)
{
	if (rule != NULL && !assay_strings_has(rules, rule))
		assay_strings_add(rules, rule);
}

static void collect_rules(const struct assay_comparison *comparison, struct assay_strings *rules)
{
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		const struct assay_ledger *ledger = &comparison->artefacts[i].ledger;

		for (size_t k = 0; k < ledger->count; k++)
			add_rule(rules, ledger->ranges[k].rule);
	}
	for (size_t i = 0; i < comparison->finding_count; i++)
		add_rule(rules, comparison->findings[i].rule);
	for (size_t i = 0; i < comparison->transplant_count; i++)
		add_rule(rules, comparison->transplants[i].rule);
}

/* Every rule that any byte or finding rests on. Their code is in the program, whose digest is in
 * "tool". */
static json_t *rules_json(const struct assay_result *result)
{
	ASSAY_AUTO_STRINGS struct assay_strings rules = { 0 };
	json_t *out = json_array();

	for (size_t i = 0; i < result->comparison_count; i++)
		collect_rules(&result->comparisons[i], &rules);
	assay_strings_sort(&rules);
	for (size_t i = 0; i < rules.count; i++)
		assay_json_append(out, assay_json_str(assay_span_of_str(rules.items[i])));
	return out;
}

static json_t *finding_json(const struct assay_finding *finding)
{
	json_t *out = json_object();

	assay_json_set(out, "artefact", quoted(finding->artefact));
	assay_json_set_int(out, "offset", finding->offset);
	assay_json_set_int(out, "length", finding->length);
	assay_json_set_str(out, "class", assay_class_name(finding->class));
	if (finding->rule != NULL)
		assay_json_set_str(out, "rule", finding->rule);
	if (finding->cause != NULL)
		assay_json_set_str(out, "cause", finding->cause);
	assay_json_set_str(out, "text", finding->text);
	return out;
}

/* Return: how many had no room. */
static uint64_t append_findings(const struct assay_comparison *comparison, bool explained,
                                json_t *list)
{
	uint64_t left_out = 0;

	for (size_t i = 0; i < comparison->finding_count; i++) {
		const struct assay_finding *finding = &comparison->findings[i];

		if ((finding->class != ASSAY_CLASS_UNEXPLAINED) != explained)
			continue;
		if (json_array_size(list) >= FINDINGS_MAX)
			left_out++;
		else
			assay_json_append(list, finding_json(finding));
	}
	return left_out;
}

/* What is not explained comes first, so that it is never what the limit leaves out. */
static void add_findings(const struct assay_result *result, json_t *predicate)
{
	json_t *list = json_array();
	uint64_t left_out = 0;

	for (size_t i = 0; i < result->comparison_count; i++)
		left_out += append_findings(&result->comparisons[i], false, list);
	for (size_t i = 0; i < result->comparison_count; i++)
		left_out += append_findings(&result->comparisons[i], true, list);
	assay_json_set(predicate, "findings", list);
	assay_json_set_int(predicate, "findingsLeftOut", left_out);
}

/* All that were asked for, by the path of what they are in: a policy names those that it takes. */
static json_t *exclusions_json(const struct assay_result *result)
{
	json_t *out = json_array();

	for (size_t i = 0; i < result->comparison_count; i++) {
		const struct assay_comparison *comparison = &result->comparisons[i];
		const struct assay_exclusions *list = &comparison->exclusions;

		for (unsigned k = 0; k < list->count; k++) {
			const char *path = assay_exclusion_path(&list->items[k]);
			ASSAY_AUTO_FREE char *full =
				assay_asprintf("%s%s%s", comparison->delivered.name,
			                       *path != '\0' ? "!" : "", path);
			json_t *item = json_object();

			assay_json_set(item, "path", quoted(full));
			assay_json_set_int(item, "offset", list->items[k].offset);
			assay_json_set_int(item, "size", list->items[k].size);
			assay_json_set(item, "reason", quoted(list->items[k].reason));
			assay_json_set(item, "approver", quoted(list->items[k].approver));
			assay_json_append(out, item);
		}
	}
	return out;
}

static void add_pins(const struct assay_result *result, json_t *predicate)
{
	const struct assay_manifest *manifest = result->manifest;
	json_t *product = json_object(), *sources = json_array();
	struct assay_sha256 digest;

	assay_json_set_str(product, "name", manifest->product.name);
	assay_json_set_str(product, "version", manifest->product.version);
	assay_json_set(predicate, "product", product);
	for (unsigned i = 0; i < manifest->sources_count; i++)
		if (assay_sha256_parse(manifest->sources[i].sha256, &digest))
			assay_json_append(sources,
			                  assay_descriptor(manifest->sources[i].name, &digest));
	assay_json_set(predicate, "sources", sources);
	assay_json_set(predicate, "manifest", assay_descriptor(NULL, &result->manifest_id));
	assay_json_set(predicate, "toolchainLock", assay_descriptor(NULL, &result->lock_id));
	assay_json_set(predicate, "toolchainTree", assay_descriptor(NULL, &result->tree));
}

static void add_roles(const struct assay_speaker *speaker, json_t *predicate)
{
	json_t *roles = json_object();

	assay_json_set_str(roles, "lab", speaker->lab);
	if (speaker->performer != NULL)
		assay_json_set_str(roles, "performer", speaker->performer);
	assay_json_set(predicate, "roles", roles);
}

static void add_run(const struct assay_result *result, json_t *predicate)
{
	json_t *run = json_object();
	char text[ASSAY_CLOCK_TEXT];

	assay_clock_text(result->started, text);
	assay_json_set_str(run, "startedOn", text);
	assay_clock_text(result->ended, text);
	assay_json_set_str(run, "finishedOn", text);
	assay_json_set(predicate, "run", run);
}

json_t *assay_verdict_statement(const struct assay_result *result,
                                const struct assay_speaker *speaker,
                                const struct assay_sha256 *provenance)
{
	json_t *statement = assay_statement_new(ASSAY_PREDICATE_VERDICT);
	json_t *predicate = json_object_get(statement, "predicate");
	json_t *artefacts = json_array(), *rebuilds = json_array();

	assay_statement_delivered(statement, result);
	assay_json_set_str(predicate, "verdict", verdict_word(result));
	assay_json_set_str(predicate, "tier", assay_tier_name(result->tier));
	assay_json_set_str(predicate, "accept", assay_tier_name(result->accept));
	assay_json_set_bool(predicate, "accepted", result->status == ASSAY_EXIT_MATCH);
	assay_json_set_int(predicate, "exitStatus", (uint64_t)result->status);
	for (size_t i = 0; i < result->comparison_count; i++)
		assay_json_append(artefacts, artefact_json(result, i));
	assay_json_set(predicate, "artefacts", artefacts);
	assay_json_set(predicate, "rules", rules_json(result));
	add_findings(result, predicate);
	if (result->built)
		assay_json_set(predicate, "source",
		               assay_sources_json(&result->record.sources, &result->sources));
	if (result->variation.decision != ASSAY_DECISION_NONE)
		assay_json_set(predicate, "variation", assay_variation_json(&result->variation));
	assay_json_set(predicate, "exclusions", exclusions_json(result));
	add_pins(result, predicate);
	if (provenance != NULL)
		assay_json_append(rebuilds, assay_descriptor("provenance", provenance));
	assay_json_set(predicate, "rebuilds", rebuilds);
	assay_json_set(predicate, "tool", assay_speaker_tool(speaker));
	add_roles(speaker, predicate);
	if (result->error.code != ASSAY_E_NONE)
		assay_json_set_str(predicate, "error", result->error.text);
	if (speaker->times)
		add_run(result, predicate);
	return statement;
}
