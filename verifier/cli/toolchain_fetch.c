/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay toolchain fetch: what a lock pins, downloaded and unpacked. */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/toolchain.h"
#include "supply/toolchain.h"
#include "toolchain/lock.h"

static const struct assay_option options[] = {
	ASSAY_OPTION_JSON, ASSAY_OPTION_STORE, ASSAY_OPTION_QUIET, ASSAY_OPTION_TIMEOUT, { 0 },
};

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	ASSAY_AUTO_STORE struct assay_store *store = NULL;
	ASSAY_AUTO_TREE struct assay_tree tree = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	const struct assay_fetch_options fetch = assay_toolchain_fetching(NULL);
	int result;

	(void)argc;
	if (assay_lock_load(argv[0], &lock, err) < 0 ||
	    assay_lock_check_intent(lock, argv[0], err) < 0 ||
	    assay_store_open(assay_common.store, &store, err) < 0)
		return -1;
	result = assay_toolchain_tree(store, lock, ASSAY_TREE_FAST, &fetch, &tree, err);
	assay_progress_clear();
	if (result < 0)
		return -1;
	json = assay_toolchain_summary(lock, &tree, &text);
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_toolchain_fetch = {
	.name = "toolchain fetch",
	.args = "LOCK",
	.summary = "download what a lock pins and make its tree",
	.example = "assay toolchain fetch toolchains/debian-12-cross-arm64.lock.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
