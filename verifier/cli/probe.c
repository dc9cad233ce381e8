/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay probe`: what a build of a manifest can see, key by key. */
#include "base/memory.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "rebuild/rebuild.h"

static const struct assay_option options[] = {
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	{ .name = NULL },
};

static int look(struct assay_inputs *inputs, struct assay_build_record *record,
                struct assay_error *err)
{
	const struct assay_rebuild_request request = {
		.manifest = inputs->manifest,
		.tree = inputs->tree.path,
		.output_dir = "/",
		.log_path = "/dev/null",
		.look = true,
	};

	if (assay_rebuild(&request, record, err) < 0)
		return -1;
	return record->outcome == ASSAY_OUTCOME_BUILT
	               ? 0
	               : assay_fail(err, ASSAY_E_SYSTEM, "the container %s: %s",
	                            assay_outcome_name(record->outcome),
	                            record->detail != NULL ? record->detail : "no reason known");
}

static void write_lines(const char *title, const struct assay_strings *lines,
                        struct assay_buffer *out)
{
	for (size_t i = 0; i < lines->count; i++) {
		assay_buffer_printf(out, "%-9s", title);
		assay_quote(out, assay_span_of_str(lines->items[i]));
		assay_buffer_add_str(out, "\n");
	}
}

/* Lines "key: value" as an object. */
static json_t *lines_json(const struct assay_strings *lines)
{
	json_t *object = json_object();

	for (size_t i = 0; i < lines->count; i++) {
		size_t len = strcspn(lines->items[i], ":");
		ASSAY_AUTO_FREE char *key = assay_strndup(lines->items[i], len);

		assay_json_set_str(object, key, lines->items[i] + len + strlen(": "));
	}
	return object;
}

static int report(const struct assay_build_record *record, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = json_object();
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	char hex[ASSAY_SHA256_HEX];

	assay_json_set_str(json, "schema", "assay.probe/1");
	assay_json_set_str(json, "level", record->level);
	assay_json_set_sha256(json, "probe", &record->probe);
	assay_json_set_sha256(json, "environment", &record->environment);
	assay_json_set(json, "pinned", lines_json(&record->pinned));
	assay_json_set(json, "seen", lines_json(&record->seen));
	write_lines("pinned", &record->pinned, &text);
	write_lines("seen", &record->seen, &text);
	assay_sha256_hex(&record->environment, hex);
	assay_buffer_printf(&text, "\nLevel %s, environment sha256:%s\n", record->level, hex);
	assay_progress_clear();
	return assay_output_write(json, &text, err);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_INPUTS struct assay_inputs inputs = { 0 };
	ASSAY_AUTO_BUILD_RECORD struct assay_build_record record = { 0 };
	const struct assay_progress *progress = assay_progress_open(assay_common.quiet);

	if (assay_inputs_load(argv[0], assay_common.store, &inputs, err) < 0 ||
	    assay_inputs_provide_tree(&inputs, ASSAY_TREE_FAST, progress, err) < 0 ||
	    look(&inputs, &record, err) < 0 || report(&record, err) < 0)
		return -1;
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_probe = {
	.name = "probe",
	.args = "MANIFEST",
	.summary = "show what a build of a manifest can see, pinned or not",
	.example = "assay probe manifests/hello.yaml\n"
		   "assay probe --json - manifests/hello.yaml | jq -r .environment",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
