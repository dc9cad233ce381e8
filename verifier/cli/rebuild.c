/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay rebuild`: the rebuild alone. */
#include "cli/rebuild.h"

#include <stdlib.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "rebuild/rebuild.h"
#include "report/verify.h"

static const char *output, *runtime;

static const struct assay_option options[] = {
	{ "output", 'o', "DIR", "where results go (default: assay-NAME-VERSION)", ASSAY_OPTION_TEXT,
	  &output },
	{ "runtime", 0, "NAME", "let another container runtime build: runc or crun",
	  ASSAY_OPTION_TEXT, &runtime },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	{ .name = NULL },
};

int assay_cli_build(const struct assay_inputs *inputs, const struct assay_result_dir *dir,
                    const struct assay_progress *progress, struct assay_build_record *record,
                    struct assay_error *err)
{
	ASSAY_AUTO_FREE char *runtime_dir = NULL;
	struct assay_rebuild_request request = {
		.manifest = inputs->manifest,
		.tree = inputs->tree.path,
		.sources = inputs->source_fds,
		.output_dir = dir->outputs,
		.log_path = dir->log,
		.progress = progress,
		.runtime = runtime,
	};

	if (runtime != NULL) {
		ASSAY_AUTO_FREE char *real = realpath(dir->path, NULL);

		if (real == NULL)
			return assay_fail_errno(err, "%s", dir->path);
		request.runtime_dir = runtime_dir = assay_asprintf("%s/runtime", real);
	}
	return assay_rebuild(&request, record, err);
}

static int report(const struct assay_result_dir *dir, const struct assay_build_record *record,
                  struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = assay_build_json(record);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, machine = { 0 };

	assay_json_set_str(json, "schema", "assay.rebuild/1");
	assay_json_pretty(json, &machine);
	assay_build_text(record, &text);
	if (assay_result_dir_write(dir, "report.txt", assay_buffer_span(&text), err) < 0 ||
	    assay_result_dir_write(dir, "result.json", assay_buffer_span(&machine), err) < 0)
		return -1;
	assay_progress_clear();
	return assay_output_write(json, &text, err);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_INPUTS struct assay_inputs inputs = { 0 };
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };
	ASSAY_AUTO_RESULT_DIR struct assay_result_dir dir = { 0 };
	const struct assay_progress *progress = assay_progress_open(assay_common.quiet);

	if (assay_inputs_load(argv[0], assay_common.store, &inputs, err) < 0)
		return -1;
	if (assay_result_dir_open(output, inputs.manifest->product.name,
	                          inputs.manifest->product.version, &dir, err) < 0)
		return -1;
	if (assay_inputs_provide(&inputs, false, ASSAY_TREE_FAST, progress, err) < 0)
		return -1;
	if (assay_cli_build(&inputs, &dir, progress, &record, err) < 0)
		return -1;
	if (report(&dir, &record, err) < 0)
		return -1;
	return (int)assay_outcome_exit(record.outcome);
}

const struct assay_command assay_cmd_rebuild = {
	.name = "rebuild",
	.args = "MANIFEST",
	.summary = "rebuild what a manifest names, without comparing",
	.example = "assay rebuild --output result manifests/hello.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
