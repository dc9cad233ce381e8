/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/toolchain.h"

#include <inttypes.h>

#include "cli/options.h"
#include "cli/progress.h"
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
	struct assay_sha256 digest;
	uint64_t bytes = 0;

	assay_lock_id(lock, &digest);
	assay_sha256_hex(&digest, id);
	for (unsigned i = 0; i < lock->packages_count; i++)
		bytes += lock->packages[i].size;

	assay_buffer_printf(text, "toolchain %s\nlock id   %s\ntree      %s\npackages  %u, ",
	                    lock->name, id, lock->tree.sha256, lock->packages_count);
	assay_toolchain_add_size(text, bytes);
	assay_buffer_printf(text, "\nunpacked  %" PRIu64 " entries, ", lock->tree.entries);
	assay_toolchain_add_size(text, lock->tree.bytes);
	assay_buffer_printf(text, "%s%s\n", tree != NULL ? "\nin        " : "",
	                    tree != NULL ? tree->path : "");

	assay_json_set_str(json, "schema", "assay.toolchain-summary/1");
	assay_json_set_str(json, "name", lock->name);
	assay_json_set_str(json, "id", id);
	assay_json_set_str(json, "intent", lock->intent);
	assay_json_set_int(json, "packages", lock->packages_count);
	assay_json_set_int(json, "packages_bytes", bytes);
	assay_json_set_str(tree_json, "sha256", lock->tree.sha256);
	assay_json_set_int(tree_json, "entries", lock->tree.entries);
	assay_json_set_int(tree_json, "bytes", lock->tree.bytes);
	if (tree != NULL)
		assay_json_set_str(tree_json, "path", tree->path);
	assay_json_set(json, "tree", tree_json);
	return json;
}
