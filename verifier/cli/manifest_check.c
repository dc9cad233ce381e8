/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay manifest check: everything about a manifest that can be known without its files. */
#include "base/quote.h"
#include "cli/command.h"
#include "cli/output.h"
#include "manifest/manifest.h"

static const struct assay_option options[] = { ASSAY_OPTION_JSON, { 0 } };

static json_t *answer(const struct assay_manifest *manifest, const char *id)
{
	json_t *json = json_object();

	assay_json_set_str(json, "schema", "assay.manifest-check/1");
	assay_json_set_str(json, "id", id);
	assay_json_set(json, "manifest", assay_manifest_json(manifest));
	return json;
}

static void describe(const char *path, const struct assay_manifest *manifest, const char *id,
                     struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s: ", path);
	assay_quote(out, assay_span_of_str(manifest->product.name));
	assay_buffer_add_str(out, " ");
	assay_quote(out, assay_span_of_str(manifest->product.version));
	assay_buffer_printf(out, "\nsources %u, steps %u, outputs %u, delivered %u, accepts %s\n",
	                    manifest->sources_count, manifest->build.steps_count,
	                    manifest->outputs_count, manifest->delivered_count,
	                    assay_tier_name(manifest->compare.accept));
	assay_buffer_printf(out, "id %s\n", id);
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	char hex[ASSAY_SHA256_HEX];
	struct assay_sha256 id;

	(void)argc;
	if (assay_manifest_load(argv[0], &manifest, err) < 0)
		return -1;
	assay_manifest_id(manifest, &id);
	assay_sha256_hex(&id, hex);
	describe(argv[0], manifest, hex, &text);
	json = answer(manifest, hex);
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_manifest_check = {
	.name = "manifest check",
	.args = "FILE",
	.summary = "check a manifest: every key, every pin, and what they say together",
	.example = "assay manifest check manifests/arm-trusted-firmware.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
