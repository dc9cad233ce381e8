/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay bundle sign`: one signature more on a bundle's index. */
#include <stdio.h>

#include "base/memory.h"
#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/keys.h"

static const struct assay_option options[] = {
	ASSAY_OPTION_KEY,           ASSAY_OPTION_PASSPHRASE_FILE,
	ASSAY_OPTION_PASSPHRASE_FD, ASSAY_OPTION_PKCS11_MODULE,
	{ .name = NULL },
};

static int sign(struct assay_opened_bundle *opened, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (assay_cli_key_open(assay_key_opt.key, &key, err) < 0 ||
	    assay_envelope_sign(&opened->index.envelope, key, err) < 0)
		return assay_fail_in(err, "%s", path);
	assay_envelope_write(&opened->index.envelope, &text);
	for (size_t i = 0; i < opened->bundle.count; i++)
		if (strcmp(opened->bundle.files[i].name, ASSAY_BUNDLE_INDEX) == 0)
			opened->bundle.files[i].bytes = assay_buffer_span(&text);
	if (assay_cli_bundle_write(&opened->bundle, path, err) < 0)
		return -1;
	(void)printf("signatures %zu\n", opened->index.envelope.count);
	return ASSAY_EXIT_MATCH;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_OPENED_BUNDLE struct assay_opened_bundle opened = { 0 };

	if (assay_key_opt.key == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--key: say whose signature it is to be");
	if (assay_cli_bundle_open(argv[0], &opened, err) < 0)
		return -1;
	return sign(&opened, argv[0], err);
}

const struct assay_command assay_cmd_bundle_sign = {
	.name = "bundle sign",
	.args = "BUNDLE",
	.summary = "add a signature to a bundle's index",
	.example = "assay bundle sign --key checker.key router-4.2.1.bundle.tar",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
