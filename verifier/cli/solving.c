/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/solving.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/judge.h"
#include "compare/compare.h"
#include "explain/explain.h"
#include "explain/solve.h"
#include "manifest/manifest.h"

#define BUILDS_MAX 8 /* ours */

/* What need not match in a delivered file. The manifest has them in the order of files. */
static struct assay_exclusions exclusions_of(const struct assay_manifest *manifest,
                                             const char *file)
{
	struct assay_exclusions out = { 0 };

	for (unsigned i = 0; i < manifest->compare.exclusions_count; i++) {
		struct assay_exclusion *exclusion = &manifest->compare.exclusions[i];

		if (strcmp(exclusion->file, file) == 0 && out.count++ == 0)
			out.items = exclusion;
	}
	return out;
}

int assay_cli_compare(const struct assay_inputs *inputs, const char *outputs, unsigned index,
                      struct assay_comparison *out, struct assay_error *err)
{
	const struct assay_delivered *delivered = &inputs->manifest->delivered[index];
	const char *member = delivered->member;
	const struct assay_exclusions exclusions = exclusions_of(inputs->manifest, delivered->file);
	struct assay_judge judge = { .member = member,
		                     .exclusions = exclusions.count > 0 ? &exclusions : NULL };
	ASSAY_AUTO_MAP struct assay_map map = { 0 }, rebuilt = { 0 };
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", outputs, delivered->output);
	ASSAY_AUTO_FREE char *name = assay_asprintf(
		"%s%s%s", delivered->file, member != NULL ? "!" : "", member != NULL ? member : "");

	if (assay_inputs_map_delivered(inputs, index, &map, err) < 0 ||
	    assay_map_open(path, &rebuilt, err) < 0)
		return -1;
	if (assay_judge_pair(&judge, &(struct assay_side){ name, map.span },
	                     &(struct assay_side){ delivered->output, rebuilt.span }, out, err) < 0)
		return assay_fail_in(err, "%s", delivered->file);
	assay_explain(out);
	return 0;
}

/* How good a build is: less of either is better, and the tier counts first. */
struct score {
	enum assay_tier tier;
	uint64_t unexplained; /* bytes at every depth, and what has no bytes */
};

static void add_score(const struct assay_comparison *comparison, struct score *score)
{
	uint64_t sums[ASSAY_CLASS_COUNT];

	if (comparison->tier > score->tier)
		score->tier = comparison->tier;
	for (size_t i = 0; i < comparison->artefact_count; i++) {
		assay_ledger_sum(&comparison->artefacts[i].ledger, sums);
		score->unexplained += sums[ASSAY_CLASS_UNEXPLAINED];
	}
	for (size_t i = 0; i < comparison->finding_count; i++)
		score->unexplained += comparison->findings[i].class == ASSAY_CLASS_UNEXPLAINED &&
		                      comparison->findings[i].length == 0;
}

static bool is_better(const struct score *a, const struct score *b)
{
	return a->tier != b->tier ? a->tier < b->tier : a->unexplained < b->unexplained;
}

/* Which guess is taken for each key: index of a guess, by the index of the first one of its key. */
struct choice {
	size_t taken[ASSAY_GUESSES_MAX];
};

struct solving {
	struct assay_varying *varying;
	const struct assay_result *result;
	struct assay_guesses guesses;
	struct assay_solution *solution;
	struct choice best;
	struct score score; /* of the best */
};

static bool is_first(const struct assay_guesses *guesses, size_t i)
{
	return i == 0 || strcmp(guesses->items[i].key, guesses->items[i - 1].key) != 0;
}

/* Put a value where a key like "build.machine.clock" says. */
static int set_key(json_t *json, const struct assay_guess *guess, struct assay_error *err)
{
	const char *key = guess->key;
	json_t *value = NULL;

	for (const char *dot; (dot = strchr(key, '.')) != NULL; key = dot + 1) {
		ASSAY_AUTO_FREE char *name = assay_strndup(key, (size_t)(dot - key));

		json = json_object_get(json, name);
	}
	value = json_loads(guess->value, JSON_DECODE_ANY, NULL);
	if (value == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a guess that cannot be a value");
	assay_json_set(json, key, value);
	return 0;
}

/*
 * The manifest with other values, checked as every manifest is: its identity form is YAML, and
 * lacks only where the lock is.
 */
static int change_manifest(const struct solving *solving, const struct choice *choice,
                           struct assay_manifest **out, struct assay_error *err)
{
	const struct assay_manifest *manifest = solving->varying->inputs->manifest;
	ASSAY_AUTO_JSON json_t *json = assay_manifest_json(manifest);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_json_set_str(json_object_get(json, "toolchain"), "lock", manifest->toolchain.lock);
	for (size_t i = 0; i < solving->guesses.count; i++)
		if (is_first(&solving->guesses, i) &&
		    set_key(json, &solving->guesses.items[choice->taken[i]], err) < 0)
			return -1;
	assay_json_canonical(json, &text);
	return assay_manifest_parse("guess", assay_buffer_span(&text), out, err);
}

/* Build and compare. A guess that is no good value, or with which nothing is built, has no score. */
static int try_choice(struct solving *solving, const struct choice *choice, struct score *score,
                      struct assay_error *err)
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	const struct assay_inputs *inputs = solving->varying->inputs;
	struct assay_error wrong = ASSAY_ERROR_INIT;
	ASSAY_AUTO_FREE char *outputs =
		assay_asprintf("%s/vary/solve/outputs", solving->varying->dir->path);
	int built;

	*score = (struct score){ .tier = ASSAY_TIER_INCONCLUSIVE };
	if (change_manifest(solving, choice, &manifest, &wrong) < 0)
		return 0;
	solving->solution->builds++;
	built = assay_cli_build_as(solving->varying, "solve", manifest, err);
	if (built <= 0)
		return built;
	*score = (struct score){ .tier = ASSAY_TIER_IDENTICAL };
	for (unsigned i = 0; i < inputs->manifest->delivered_count; i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };

		if (assay_cli_compare(inputs, outputs, i, &comparison, err) < 0)
			return -1;
		add_score(&comparison, score);
	}
	return 0;
}

/* Nothing less is an explanation: the same bytes were made. What rules forgive is told, not claimed. */
static bool is_solved(const struct solving *solving)
{
	return solving->score.tier == ASSAY_TIER_IDENTICAL;
}

/* The likeliest value for each key, then each of the others instead, as long as that helps. */
static int search(struct solving *solving, struct assay_error *err)
{
	const struct assay_guesses *guesses = &solving->guesses;
	struct choice choice = { 0 };
	struct score score;
	size_t first = 0;

	for (size_t i = 0; i < guesses->count; i++)
		choice.taken[i] = i;
	solving->best = choice;
	if (try_choice(solving, &choice, &score, err) < 0)
		return -1;
	solving->score = score;
	for (size_t i = 0; i < guesses->count && !is_solved(solving); i++) {
		if (is_first(guesses, i)) {
			first = i;
			continue;
		}
		if (solving->solution->builds == BUILDS_MAX)
			break;
		choice = solving->best;
		choice.taken[first] = i;
		if (try_choice(solving, &choice, &score, err) < 0)
			return -1;
		if (is_better(&score, &solving->score)) {
			solving->score = score;
			solving->best = choice;
		}
	}
	return 0;
}

static void tell(struct solving *solving)
{
	struct assay_solution *solution = solving->solution;
	struct score first = { .tier = ASSAY_TIER_IDENTICAL };

	for (size_t i = 0; i < solving->result->comparison_count; i++)
		add_score(&solving->result->comparisons[i], &first);
	if (!is_better(&solving->score, &first)) {
		solution->tier = first.tier;
		solution->unexplained = first.unexplained;
		return;
	}
	solution->complete = is_solved(solving);
	solution->tier = solving->score.tier;
	solution->unexplained = solving->score.unexplained;
	for (size_t i = 0; i < solving->guesses.count; i++) {
		const struct assay_guess *guess = &solving->guesses.items[solving->best.taken[i]];

		if (is_first(&solving->guesses, i))
			assay_strings_printf(&solution->changes, "%s: %s", guess->key,
			                     guess->value);
	}
}

int assay_cli_solve(struct assay_varying *varying, struct assay_result *result,
                    struct assay_error *err)
{
	struct solving solving = { .varying = varying,
		                   .result = result,
		                   .solution = &result->variation.solution };
	int failed = 0;

	assay_solve(varying->inputs->manifest, result->comparisons, result->comparison_count,
	            &result->variation.axes, &solving.guesses);
	if (solving.guesses.count > 0) {
		failed = search(&solving, err);
		if (failed == 0)
			tell(&solving);
	}
	assay_guesses_fini(&solving.guesses);
	return failed;
}
