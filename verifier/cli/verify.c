/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay verify`: fetch pins, rebuild, compare, verdict, report. */
#include <fcntl.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/journal.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/rebuild.h"
#include "cli/result_dir.h"
#include "cli/reviews.h"
#include "cli/solving.h"
#include "cli/statements.h"
#include "cli/varying.h"
#include "cli/verify.h"
#include "compare/compare.h"
#include "explain/decide.h"
#include "explain/sources.h"
#include "report/verify.h"

static struct assay_verify_request opt = { .accept = ASSAY_ACCEPT_OF_MANIFEST };

static const struct assay_option options[] = {
	{ "delivered", 'd', "PATH",
	  "the delivered file, or the folder that holds them (default: fetch)", ASSAY_OPTION_TEXT,
	  &opt.delivered },
	{ "accept", 'a', "TIER", "worst tier that still exits 0 (default: the manifest's)",
	  ASSAY_OPTION_TIER, &opt.accept },
	{ "output", 'o', "DIR", "where results go (default: assay-NAME-VERSION)", ASSAY_OPTION_TEXT,
	  &opt.output },
	{ "on-difference", 0, "HOW", "vary: build again to tell why (default); or stop",
	  ASSAY_OPTION_TEXT, &opt.on_difference },
	{ "review", 0, "DIR", "the sources must be those of this record of assay review",
	  ASSAY_OPTION_TEXT, &opt.review },
	{ "lock", 0, "FILE", "the toolchain's lock (default: the one that the manifest names)",
	  ASSAY_OPTION_TEXT, &opt.lock },
	{ "no-times", 0, NULL, "leave out what differs from run to run", ASSAY_OPTION_FLAG,
	  &opt.no_times },
	{ "full-check", 0, NULL, "hash every byte of the toolchain again before it is used",
	  ASSAY_OPTION_FLAG, &opt.full_check },
	ASSAY_OPTION_LAB,
	ASSAY_OPTION_PERFORMER,
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	{ .name = NULL },
};

static int compare_all(const struct assay_inputs *inputs, const struct assay_result_dir *dir,
                       struct assay_run_journal *journal, struct assay_result *result,
                       struct assay_error *err)
{
	unsigned count = inputs->manifest->delivered_count;

	result->comparisons = assay_calloc(count, sizeof(*result->comparisons));
	for (unsigned i = 0; i < count; i++) {
		assay_progress_tell(&journal->progress, ASSAY_STAGE_COMPARE, i, count,
		                    inputs->manifest->delivered[i].file);
		if (assay_cli_compare(inputs, dir->outputs, i, &result->comparisons[i], err) < 0)
			return -1;
		result->comparison_count++;
		if (assay_cli_journal_compared(journal, &result->comparisons[i], err) < 0)
			return -1;
	}
	return 0;
}

/* Whether output i differs from the delivered file only where it differs from varied builds. */
static int look_inside(const struct assay_varying *varying, const struct assay_result *result,
                       unsigned i, bool *inside, struct assay_error *err)
{
	static const char *const builds[] = { "all", "second" };
	const char *output = varying->inputs->manifest->delivered[i].output;
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", varying->dir->outputs, output);
	ASSAY_AUTO_MAP struct assay_map first = { 0 };
	struct assay_comparison varied[ASSAY_ARRAY_LEN(builds)] = { 0 };
	struct assay_judge judge = { 0 };
	size_t count = 0;
	int failed = assay_map_open(path, &first, err);

	for (size_t k = 0; failed == 0 && k < ASSAY_ARRAY_LEN(builds); k++) {
		ASSAY_AUTO_FREE char *other = assay_asprintf("%s/vary/%s/outputs/%s",
		                                             varying->dir->path, builds[k], output);
		ASSAY_AUTO_MAP struct assay_map map = { 0 };

		if (access(other, F_OK) < 0)
			continue; /* that build failed: it shows no place */
		failed = assay_map_open(other, &map, err);
		if (failed == 0)
			failed = assay_judge_pair(
				&judge, &(struct assay_side){ output, first.span },
				&(struct assay_side){ output, map.span }, &varied[count++], err);
	}
	if (failed == 0)
		*inside = assay_decide_inside(&result->comparisons[i], varied, count);
	while (count > 0)
		assay_comparison_fini(&varied[--count]);
	return failed;
}

/* The rebuild differs: is it noise? */
static int vary(const struct assay_inputs *inputs, const struct assay_result_dir *dir,
                const struct assay_progress *progress, struct assay_result *result,
                struct assay_error *err)
{
	struct assay_varying varying = {
		.inputs = inputs, .dir = dir, .progress = progress, .first = &result->record
	};
	struct assay_evidence evidence = { .inside = true };

	if (assay_cli_axes(&varying, NULL, NULL, err) < 0 ||
	    assay_cli_vary(&varying, &result->variation, err) < 0)
		return -1;
	evidence.repeats = result->variation.repeats;
	/* With what fails only there is no other output. */
	evidence.varies = result->variation.axes.count > result->variation.failed.count;
	for (unsigned i = 0; evidence.varies && evidence.inside && i < result->comparison_count;
	     i++)
		if (result->comparisons[i].tier == ASSAY_TIER_DIFFERENT &&
		    look_inside(&varying, result, i, &evidence.inside, err) < 0)
			return -1;
	result->variation.decision = assay_decide(&evidence);
	if (result->variation.decision == ASSAY_DECISION_NOT_DETERMINISTIC)
		result->status = ASSAY_EXIT_NOT_DETERMINISTIC;
	return evidence.varies ? assay_cli_solve(&varying, result, err) : 0;
}

static int verify(struct assay_inputs *inputs, const struct assay_result_dir *dir,
                  struct assay_run_journal *journal, struct assay_result *result,
                  struct assay_error *err)
{
	const struct assay_progress *progress = &journal->progress;
	enum assay_tree_check check = opt.full_check ? ASSAY_TREE_FULL : ASSAY_TREE_FAST;

	if (assay_cli_reviews(inputs->manifest, opt.review, &result->sources, err) < 0)
		return -1;
	if (opt.delivered != NULL && assay_inputs_take_delivered(inputs, opt.delivered, err) < 0)
		return -1;
	if (assay_inputs_provide(inputs, true, check, progress, err) < 0)
		return -1;
	result->tree = inputs->tree.sha256;
	if (assay_cli_journal_inputs(journal, inputs, err) < 0 ||
	    assay_cli_build(inputs, dir, progress, &result->record, err) < 0)
		return -1;
	result->built = true;
	assay_sources_check(&result->record.sources, &result->sources);
	if (assay_cli_journal_built(journal, &result->record, err) < 0)
		return -1;
	if (result->record.outcome == ASSAY_OUTCOME_BUILT &&
	    compare_all(inputs, dir, journal, result, err) < 0)
		return -1;
	assay_result_conclude(result);
	if (result->status != ASSAY_EXIT_DIFFERENT || opt.on_difference != NULL)
		return 0;
	return vary(inputs, dir, journal->show, result, err) < 0
	               ? -1
	               : assay_cli_journal_varied(journal, &result->variation, err);
}

/* The one word that changes something is "stop". */
static int check_options(struct assay_error *err)
{
	if (opt.on_difference == NULL || strcmp(opt.on_difference, "stop") == 0)
		return 0;
	if (strcmp(opt.on_difference, "vary") != 0)
		return assay_fail(err, ASSAY_E_USAGE, "--on-difference is vary or stop");
	opt.on_difference = NULL;
	return 0;
}

static int write_reports(const struct assay_result *result, const struct assay_result_dir *dir,
                         struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = assay_verify_json(result, !opt.no_times);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, machine = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer sources = { 0 };

	assay_json_pretty(json, &machine);
	assay_verify_text(result, &text);
	assay_inventory_write(&result->record.sources, &sources);
	if (sources.len > 0 &&
	    assay_result_dir_write(dir, "sources.jsonl", assay_buffer_span(&sources), err) < 0)
		return -1;
	if (assay_result_dir_write(dir, "report.txt", assay_buffer_span(&text), err) < 0 ||
	    assay_result_dir_write(dir, "result.json", assay_buffer_span(&machine), err) < 0 ||
	    assay_cli_write_statements(result, dir, !opt.no_times, err) < 0)
		return -1;
	assay_progress_clear();
	return assay_output_write(json, &text, err);
}

/* What is known before anything is fetched; a run that ends early has no better verdict. */
static void begin(const struct assay_inputs *inputs, struct assay_result *result)
{
	result->started = assay_clock_wall();
	result->manifest = inputs->manifest;
	result->manifest_id = inputs->manifest_id;
	result->lock_id = inputs->lock_id;
	(void)assay_sha256_parse(inputs->manifest->toolchain.tree, &result->tree);
	result->tier = ASSAY_TIER_INCONCLUSIVE;
	result->accept = opt.accept == ASSAY_ACCEPT_OF_MANIFEST ? inputs->manifest->compare.accept
	                                                        : opt.accept;
}

static void finish_journal(struct assay_run_journal *journal)
{
	assay_journal_close(&journal->journal);
}

/* Everything that was found is written down: in the journal, in reports and statements. */
static int write_down(struct assay_run_journal *journal, const struct assay_result_dir *dir,
                      struct assay_result *result, struct assay_error *err)
{
	return assay_cli_journal_end(journal, result, err) < 0 ||
	                       write_reports(result, dir, err) < 0 ||
	                       assay_cli_journal_written(journal, dir, err) < 0
	               ? -1
	               : 0;
}

static int run_opt(struct assay_error *err)
{
	ASSAY_AUTO_INPUTS struct assay_inputs inputs = { 0 };
	ASSAY_AUTO_RESULT struct assay_result result = { 0 };
	ASSAY_AUTO_RESULT_DIR struct assay_result_dir dir = { 0 };
	ASSAY_AUTO(finish_journal)
	struct assay_run_journal journal = { .journal = ASSAY_JOURNAL_INIT };
	struct assay_error writing = ASSAY_ERROR_INIT;
	int verified;

	if (check_options(err) < 0 ||
	    assay_inputs_load_with(opt.manifest, opt.lock, assay_common.store, &inputs, err) < 0)
		return -1;
	if (assay_result_dir_open(opt.output, inputs.manifest->product.name,
	                          inputs.manifest->product.version, &dir, err) < 0)
		return -1;
	begin(&inputs, &result);
	if (assay_cli_journal_begin(&dir, &result, assay_progress_open(assay_common.quiet),
	                            &journal, err) < 0)
		return -1;
	verified = verify(&inputs, &dir, &journal, &result, err);
	result.ended = assay_clock_wall();
	if (verified < 0) {
		result.error = *err;
		result.status = assay_error_exit(err->code);
		/* The first error is the one to tell. */
		(void)write_down(&journal, &dir, &result, &writing);
		return -1;
	}
	if (write_down(&journal, &dir, &result, err) < 0)
		return -1;
	return (int)result.status;
}

int assay_cli_verify(const struct assay_verify_request *request, struct assay_error *err)
{
	opt = *request;
	return run_opt(err);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	opt.manifest = argv[0];
	return run_opt(err);
}

const struct assay_command assay_cmd_verify = {
	.name = "verify",
	.args = "MANIFEST",
	.summary = "rebuild what a manifest names and compare it with what was delivered",
	.example = "assay verify manifests/arm-trusted-firmware-sun50i_a64.yaml\n"
		   "assay verify --delivered bl31.deb --json result.json product.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
