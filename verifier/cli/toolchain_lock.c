/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay toolchain lock: from an intent to exact packages and the tree that they make. */
#include <fcntl.h>
#include <string.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/toolchain.h"
#include "store/work.h"
#include "supply/toolchain.h"
#include "toolchain/intent.h"
#include "toolchain/lock.h"
#include "toolchain/resolve.h"

static struct {
	const char *output;
} opt;

static const struct assay_option options[] = {
	{ "output", 'o', "FILE", "where to write it (default: beside the intent; - is stdout)",
	  ASSAY_OPTION_TEXT, &opt.output },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	ASSAY_OPTION_TIMEOUT,
	{ 0 },
};

/* NAME.intent.yaml becomes NAME.lock.yaml. */
static char *default_output(const char *intent)
{
	static const char ending[] = ".intent.yaml";
	size_t len = strlen(intent), tail = strlen(ending);

	if (len > tail && strcmp(intent + len - tail, ending) == 0)
		len -= tail;
	return assay_asprintf("%.*s.lock.yaml", (int)len, intent);
}

/* The .dsc files whose build-dependencies are wanted, as paths of blobs. */
static int fetch_sources(struct assay_store *store, const struct assay_intent *intent,
                         const struct assay_fetch_options *fetch, struct assay_strings *paths,
                         struct assay_error *err)
{
	ASSAY_AUTO_FREE struct assay_fetch_item *items =
		assay_calloc(intent->build_depends_count, sizeof(*items));

	for (unsigned i = 0; i < intent->build_depends_count; i++) {
		const struct assay_build_depends *depends = &intent->build_depends[i];
		ASSAY_AUTO_FREE char *path = NULL;

		if (!assay_sha256_parse(depends->sha256, &items[i].sha256))
			return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest", depends->sha256);
		items[i].name = depends->dsc;
		items[i].size = depends->size;
		items[i].from = (const char *const *)&depends->from;
		items[i].from_count = 1;
		path = assay_store_blob_path(store, &items[i].sha256);
		assay_strings_add(paths, path);
	}
	return assay_fetch(store, items, intent->build_depends_count, fetch, err);
}

/* One resolver at a time: apt's lists are shared. */
static int resolve(struct assay_store *store, const struct assay_intent *intent,
                   const struct assay_fetch_options *fetch, struct assay_lock **out,
                   struct assay_error *err)
{
	ASSAY_AUTO_STORE_LOCK struct assay_store_lock lock = ASSAY_STORE_LOCK_INIT;
	ASSAY_AUTO_FREE char *state = assay_asprintf("%s/apt", assay_store_path(store));
	ASSAY_AUTO_STRINGS struct assay_strings sources = { 0 };

	if (fetch_sources(store, intent, fetch, &sources, err) < 0 ||
	    assay_store_take_lock(store, "apt", true, &lock, err) < 0)
		return -1;
	return assay_resolve(intent, state, (const char *const *)sources.items, fetch->progress,
	                     out, err);
}

static int lock_intent(const char *path, struct assay_lock **out, struct assay_error *err)
{
	ASSAY_AUTO_INTENT struct assay_intent *intent = NULL;
	ASSAY_AUTO_STORE struct assay_store *store = NULL;
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	ASSAY_AUTO_TREE struct assay_tree tree = { 0 };
	ASSAY_AUTO_FREE char *folder = assay_path_folder(path);
	const struct assay_fetch_options fetch = assay_toolchain_fetching(folder);

	if (assay_intent_load(path, &intent, err) < 0 ||
	    assay_store_open(assay_common.store, &store, err) < 0 ||
	    resolve(store, intent, &fetch, &lock, err) < 0 ||
	    assay_toolchain_tree(store, lock, ASSAY_TREE_FULL, &fetch, &tree, err) < 0)
		return -1;
	assay_toolchain_take_tree(lock, &tree);
	*out = assay_steal(&lock);
	return 0;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	ASSAY_AUTO_FREE char *output =
		opt.output != NULL ? assay_strdup(opt.output) : default_output(argv[0]);

	(void)argc;
	if (assay_toolchain_check_output(output, err) < 0)
		return -1;
	if (lock_intent(argv[0], &lock, err) < 0) {
		assay_progress_clear();
		return -1;
	}
	return assay_toolchain_finish(lock, output, err);
}

const struct assay_command assay_cmd_toolchain_lock = {
	.name = "toolchain lock",
	.args = "INTENT",
	.summary = "pin the packages that an intent asks for, and the tree that they make",
	.example = "assay toolchain lock toolchains/debian-12-cross-arm64.intent.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
