/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay toolchain export: a toolchain's tree as a container image for other tools. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/toolchain.h"
#include "supply/layout.h"
#include "supply/toolchain.h"
#include "toolchain/lock.h"

static const char *output_option;

static const struct assay_option options[] = {
	{ "output", 'o', "FILE", "where the image goes (default: NAME.oci.tar)", ASSAY_OPTION_TEXT,
	  &output_option },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	ASSAY_OPTION_QUIET,
	ASSAY_OPTION_TIMEOUT,
	{ 0 },
};

/* Write it beside its place, and then there. */
static int write_image(const struct assay_tree *tree, const char *architecture, const char *path,
                       struct assay_sha256 *manifest, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *part = assay_asprintf("%s.part", path);
	ASSAY_AUTO_CLOSE int fd = -1;

	if (unlink(part) < 0 && errno != ENOENT)
		return assay_fail_errno(err, "replace %s", part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return assay_fail_errno(err, "create %s", part);
	if (assay_layout_export(tree, architecture, fd, manifest, err) < 0) {
		(void)unlink(part);
		return assay_fail_in(err, "%s", path);
	}
	if (fsync(fd) < 0 || rename(part, path) < 0)
		return assay_fail_errno(err, "write %s", path);
	return 0;
}

static int report(const struct assay_lock *lock, const char *path,
                  const struct assay_sha256 *manifest, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = json_object();
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(manifest, hex);
	assay_buffer_printf(&text, "toolchain %s\ntree      %s\nimage     %s\nin        %s\n",
	                    lock->name, lock->tree.sha256, hex, path);
	assay_json_set_str(json, "schema", "assay.toolchain-export/1");
	assay_json_set_str(json, "name", lock->name);
	assay_json_set_str(json, "tree", lock->tree.sha256);
	assay_json_set_str(json, "image", hex);
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	ASSAY_AUTO_STORE struct assay_store *store = NULL;
	ASSAY_AUTO_TREE struct assay_tree tree = { 0 };
	ASSAY_AUTO_FREE char *output = NULL;
	const struct assay_fetch_options fetch = assay_toolchain_fetching(NULL);
	struct assay_sha256 manifest;
	int result;

	(void)argc;
	if (assay_lock_load(argv[0], &lock, err) < 0 ||
	    assay_lock_check_intent(lock, argv[0], err) < 0 ||
	    assay_store_open(assay_common.store, &store, err) < 0)
		return -1;
	output = output_option != NULL ? assay_strdup(output_option)
	                               : assay_asprintf("%s.oci.tar", lock->name);
	result = assay_toolchain_tree(store, lock, ASSAY_TREE_FULL, &fetch, &tree, err);
	assay_progress_clear();
	if (result < 0 || write_image(&tree, lock->architecture, output, &manifest, err) < 0)
		return -1;
	return report(lock, output, &manifest, err);
}

const struct assay_command assay_cmd_toolchain_export = {
	.name = "toolchain export",
	.args = "LOCK",
	.summary = "write a toolchain's tree as an archive that container tools load",
	.example = "assay toolchain export toolchains/debian-12-cross-arm64.lock.yaml",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
