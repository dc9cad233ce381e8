/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay vary`: what of its surroundings the output of a build depends on. */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/rebuild.h"
#include "cli/varying.h"
#include "explain/decide.h"
#include "report/verify.h"

static struct {
	const char *output;
	const char *only;
	const char *except;
} opt;

static const struct assay_option options[] = {
	{ "only", 0, "AXES", "vary these axes, with commas in between (default: all)",
	  ASSAY_OPTION_TEXT, &opt.only },
	{ "except", 0, "AXES", "do not vary these", ASSAY_OPTION_TEXT, &opt.except },
	{ "output", 'o', "DIR", "where results go (default: assay-NAME-VERSION)", ASSAY_OPTION_TEXT,
	  &opt.output },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	{ .name = NULL },
};

static int report(const struct assay_result_dir *dir, const struct assay_build_record *build,
                  const struct assay_variation_record *record, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = json_object();
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, machine = { 0 };

	assay_json_set_str(json, "schema", "assay.vary/1");
	assay_json_set(json, "build", assay_build_json(build));
	if (record->builds > 0) {
		assay_json_set(json, "variation", assay_variation_json(record));
		assay_variation_text(record, &text);
	}
	assay_json_pretty(json, &machine);
	assay_build_text(build, &text);
	if (assay_result_dir_write(dir, "report.txt", assay_buffer_span(&text), err) < 0 ||
	    assay_result_dir_write(dir, "result.json", assay_buffer_span(&machine), err) < 0)
		return -1;
	assay_progress_clear();
	return assay_output_write(json, &text, err);
}

/* Nothing was delivered: what there is to decide is about the build alone. */
static enum assay_exit conclude(const struct assay_build_record *build,
                                const struct assay_variation_record *record)
{
	if (build->outcome != ASSAY_OUTCOME_BUILT)
		return assay_outcome_exit(build->outcome);
	if (!record->repeats)
		return ASSAY_EXIT_NOT_DETERMINISTIC;
	return record->varies ? ASSAY_EXIT_DIFFERENT : ASSAY_EXIT_MATCH;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_INPUTS struct assay_inputs inputs = { 0 };
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record build = { 0 };
	ASSAY_AUTO_VARIATION_RECORD struct assay_variation_record record = { 0 };
	ASSAY_AUTO_RESULT_DIR struct assay_result_dir dir = { 0 };
	struct assay_varying varying = { .inputs = &inputs, .dir = &dir, .first = &build };

	varying.progress = assay_progress_open(assay_common.quiet);
	if (assay_inputs_load(argv[0], assay_common.store, &inputs, err) < 0 ||
	    assay_cli_axes(&varying, opt.only, opt.except, err) < 0 ||
	    assay_result_dir_open(opt.output, inputs.manifest->product.name,
	                          inputs.manifest->product.version, &dir, err) < 0)
		return -1;
	if (assay_inputs_provide(&inputs, false, ASSAY_TREE_FAST, varying.progress, err) < 0 ||
	    assay_cli_build(&inputs, &dir, varying.progress, &build, err) < 0)
		return -1;
	if (build.outcome == ASSAY_OUTCOME_BUILT && assay_cli_vary(&varying, &record, err) < 0)
		return -1;
	return report(&dir, &build, &record, err) < 0 ? -1 : (int)conclude(&build, &record);
}

const struct assay_command assay_cmd_vary = {
	.name = "vary",
	.args = "MANIFEST",
	.summary = "find what of its surroundings the output of a build depends on",
	.example = "assay vary manifests/hello.yaml\n"
		   "assay vary --only time,zone,locale product.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
