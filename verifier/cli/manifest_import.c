/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay manifest import: a manifest to start from, out of somebody else's recipe. */
#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/process.h"
#include "cli/command.h"
#include "cli/output.h"
#include "manifest/import/recipe.h"

#define GPGV_MS UINT64_C(60000) /* ours */

static const char *keyring;

static const struct assay_option options[] = {
	{ "keyring", 0, "FILE", "refuse a recipe that no key in it has signed (with gpgv)",
	  ASSAY_OPTION_TEXT, &keyring },
	ASSAY_OPTION_JSON,
	{ .name = NULL },
};

/*
 * What a key in the keyring has signed, which is not all that is in the file: gpgv writes it.
 *
 * Errors: ASSAY_E_TRUST  no good signature, or no gpgv
 */
static int take_signed(const char *path, struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *keys = realpath(keyring, NULL), *file = realpath(path, NULL);
	const char *argv[] = { "gpgv", "--quiet", "--keyring", keys, "--output",
		               "-",    "--",      file,        NULL };
	const struct assay_process process = { .argv = argv,
		                               .timeout_ms = GPGV_MS,
		                               .output_max = ASSAY_RECIPE_MAX };

	if (keys == NULL || file == NULL)
		return assay_fail_errno(err, "%s", keys == NULL ? keyring : path);
	if (assay_process_run(&process, out, err) < 0) {
		err->code = ASSAY_E_TRUST;
		return assay_fail_in(err, "its signature was not verified");
	}
	return 0;
}

/* The recipe, or that of it which is signed. */
static int parse(const char *path, struct assay_span file, struct assay_recipe *out,
                 struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (keyring == NULL)
		return assay_recipe_parse(file, out, err);
	if (take_signed(path, &text, err) < 0 ||
	    assay_recipe_parse(assay_buffer_span(&text), out, err) < 0)
		return -1;
	assay_strings_add(&out->remarks, "its signature was verified");
	return 0;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_RECIPE struct assay_recipe recipe = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = json_object();
	struct assay_sha256 digest;

	if (assay_file_read(AT_FDCWD, argv[0], ASSAY_RECIPE_MAX, &file, err) < 0)
		return -1;
	if (parse(argv[0], assay_span_of_bytes(&file), &recipe, err) < 0)
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
	.example = "assay manifest import hello_2.10-3_amd64.buildinfo >hello.yaml\n"
		   "assay manifest import --keyring debian.gpg hello_2.10-3_amd64.buildinfo",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
