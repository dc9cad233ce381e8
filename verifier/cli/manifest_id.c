/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay manifest id: what identifies a manifest, and the text that it is the digest of. */
#include "cli/command.h"
#include "cli/output.h"
#include "manifest/manifest.h"

static struct {
	bool canonical;
} opt;

static const struct assay_option options[] = {
	{ "canonical", 'c', NULL, "write the canonical JSON that the id is the SHA-256 of",
	  ASSAY_OPTION_FLAG, &opt.canonical },
	{ 0 },
};

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
	json = assay_manifest_json(manifest);
	assay_json_digest(json, &id);
	assay_sha256_hex(&id, hex);
	if (opt.canonical)
		assay_json_canonical(json, &text); /* no newline: sha256sum sees what we digest */
	else
		assay_buffer_printf(&text, "%s\n", hex);
	return assay_output_write(NULL, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_manifest_id = {
	.name = "manifest id",
	.args = "FILE",
	.summary = "print the id of a manifest: the SHA-256 of its canonical JSON",
	.example = "assay manifest id manifests/arm-trusted-firmware.yaml\n"
		   "assay manifest id --canonical manifests/arm-trusted-firmware.yaml | sha256sum",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
