/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay manifest import: a manifest to start from, out of somebody else's recipe. */
#include <fcntl.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"
#include "manifest/import/recipe.h"

static const struct assay_option options[] = {
	ASSAY_OPTION_JSON,
	{ .name = NULL },
};

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_RECIPE struct assay_recipe recipe = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = json_object();
	struct assay_sha256 digest;

	if (assay_file_read(AT_FDCWD, argv[0], ASSAY_RECIPE_MAX, &file, err) < 0)
		return -1;
	if (assay_recipe_parse(assay_span_of_bytes(&file), &recipe, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	assay_recipe_write(&recipe, assay_path_name(argv[0]), &text);
	assay_sha256(assay_span_of_bytes(&file), &digest);
	assay_json_set_str(json, "schema", "assay.import/1");
	assay_json_set_str(json, "format", recipe.format);
	assay_json_set_sha256(json, "sha256", &digest);
	assay_json_set(json, "lossy", assay_json_strings(&recipe.lossy));
	assay_json_set(json, "remarks", assay_json_strings(&recipe.remarks));
	assay_json_set(json, "toolchain", assay_json_strings(&recipe.toolchain));
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_manifest_import = {
	.name = "manifest import",
	.args = "FILE",
	.summary = "write a manifest to start from, out of another tool's recipe",
	.example = "assay manifest import hello_2.10-3_amd64.buildinfo >hello.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
