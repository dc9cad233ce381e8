/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/toolchain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "model/tier.h"
#include "toolchain/lock.h"

#define TIMEOUT_MAX 86400 /* seconds: a day */

struct assay_toolchain_options assay_toolchain_opt;

struct assay_fetch_options assay_toolchain_fetching(const char *folder)
{
	uint64_t seconds = assay_toolchain_opt.timeout;

	if (seconds > TIMEOUT_MAX)
		seconds = TIMEOUT_MAX;
	return (struct assay_fetch_options){
		.folder = folder,
		.progress = assay_progress_open(assay_common.quiet),
		.connect_ms = (uint32_t)seconds * 1000,
		.stall_ms = (uint32_t)seconds * 1000,
	};
}

void assay_toolchain_add_size(struct assay_buffer *text, uint64_t bytes)
{
	if (bytes < 1000000)
		assay_buffer_printf(text, "%" PRIu64 " bytes", bytes);
	else
		assay_buffer_printf(text, "%" PRIu64 ".%" PRIu64 " MB", bytes / 1000000,
		                    bytes / 100000 % 10);
}

json_t *assay_toolchain_summary(const struct assay_lock *lock, const struct assay_tree *tree,
                                struct assay_buffer *text)
{
	json_t *json = json_object(), *tree_json = json_object();
	char id[ASSAY_SHA256_HEX];
	bool image = lock->image_count > 0;
	struct assay_sha256 digest;
	uint64_t bytes = 0;

	assay_lock_id(lock, &digest);
	assay_sha256_hex(&digest, id);
	for (unsigned i = 0; i < lock->packages_count; i++)
		bytes += lock->packages[i].size;
	for (unsigned i = 0; i < lock->image_count; i++)
		bytes += lock->image[i].size;

	assay_buffer_printf(text, "toolchain %s\nlock id   %s\ntree      %s\n", lock->name, id,
	                    lock->tree.sha256);
	if (image)
		assay_buffer_printf(text, "image     %s\nlayers    %u, ", lock->image[0].sha256,
		                    lock->image_count - 2);
	else
		assay_buffer_printf(text, "packages  %u, ", lock->packages_count);
	assay_toolchain_add_size(text, bytes);
	assay_buffer_printf(text, "\nunpacked  %" PRIu64 " entries, ", lock->tree.entries);
	assay_toolchain_add_size(text, lock->tree.bytes);
	assay_buffer_printf(text, "%s%s\n", tree != NULL ? "\nin        " : "",
	                    tree != NULL ? tree->path : "");

	assay_json_set_str(json, "schema", "assay.toolchain-summary/1");
	assay_json_set_str(json, "name", lock->name);
	assay_json_set_str(json, "id", id);
	if (lock->intent != NULL)
		assay_json_set_str(json, "intent", lock->intent);
	if (image)
		assay_json_set_str(json, "image", lock->image[0].sha256);
	assay_json_set_int(json, image ? "layers" : "packages",
	                   image ? lock->image_count - 2 : lock->packages_count);
	assay_json_set_int(json, image ? "layers_bytes" : "packages_bytes", bytes);
	assay_json_set_str(tree_json, "sha256", lock->tree.sha256);
	assay_json_set_int(tree_json, "entries", lock->tree.entries);
	assay_json_set_int(tree_json, "bytes", lock->tree.bytes);
	if (tree != NULL)
		assay_json_set_str(tree_json, "path", tree->path);
	assay_json_set(json, "tree", tree_json);
	return json;
}

void assay_toolchain_take_tree(struct assay_lock *lock, const struct assay_tree *tree)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(&tree->sha256, hex);
	lock->tree.sha256 = assay_strdup(hex);
	lock->tree.entries = tree->entries;
	lock->tree.bytes = tree->bytes;
}

int assay_toolchain_check_output(const char *output, struct assay_error *err)
{
	if (strcmp(output, "-") == 0 && assay_common.json != NULL &&
	    strcmp(assay_common.json, "-") == 0)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "the lock and --json cannot both be written "
		                  "to standard output");
	return 0;
}

static int write_lock(const struct assay_lock *lock, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_lock_text(lock, &text);
	if (strcmp(path, "-") == 0)
		return assay_write_full(STDOUT_FILENO, assay_buffer_span(&text), err);
	return assay_file_write(AT_FDCWD, path, assay_buffer_span(&text), 0666, err);
}

int assay_toolchain_finish(const struct assay_lock *lock, const char *output,
                           struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	assay_progress_clear();
	if (write_lock(lock, output, err) < 0)
		return -1;
	json = assay_toolchain_summary(lock, NULL, &text);
	if (strcmp(output, "-") == 0) /* standard output has the lock */
		text.len = 0;
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}
