/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay toolchain gc: what of the store nobody needs. */
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/yaml.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/toolchain.h"
#include "manifest/manifest.h"
#include "store/check.h"
#include "toolchain/lock.h"

#define FILE_MAX (UINT64_C(16) << 20) /* bytes: as a lock */

static struct {
	bool remove;
} opt;

static const struct assay_option options[] = {
	{ "remove", 'r', NULL, "remove it; without this, only say what would be removed",
	  ASSAY_OPTION_FLAG, &opt.remove },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	{ 0 },
};

struct collecting {
	struct assay_store *store;
	struct assay_digests keep;
	uint64_t blobs, trees, bytes; /* that go, or would go */
	json_t *removed;
	struct assay_buffer text;
};

static int keep_digest(struct collecting *collecting, const char *hex, struct assay_error *err)
{
	struct assay_sha256 digest;

	if (!assay_sha256_parse(hex, &digest))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest", hex);
	assay_digests_add(&collecting->keep, &digest);
	return 0;
}

static int keep_lock(struct collecting *collecting, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	const char *pin, *what;

	if (assay_lock_load(path, &lock, err) < 0)
		return -1;
	for (unsigned i = 0; (pin = assay_lock_pin(lock, i, &what)) != NULL; i++)
		if (keep_digest(collecting, pin, err) < 0)
			return -1;
	return keep_digest(collecting, lock->tree.sha256, err);
}

/* A manifest keeps its sources, what was delivered, and its toolchain. */
static int keep_manifest(struct collecting *collecting, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	ASSAY_AUTO_FREE char *folder = assay_path_folder(path);
	ASSAY_AUTO_FREE char *lock = NULL;

	if (assay_manifest_load(path, &manifest, err) < 0)
		return -1;
	for (unsigned i = 0; i < manifest->sources_count; i++)
		if (keep_digest(collecting, manifest->sources[i].sha256, err) < 0)
			return -1;
	for (unsigned i = 0; i < manifest->delivered_count; i++)
		if (keep_digest(collecting, manifest->delivered[i].sha256, err) < 0)
			return -1;
	lock = manifest->toolchain.lock[0] == '/'
	               ? assay_strdup(manifest->toolchain.lock)
	               : assay_asprintf("%s/%s", folder, manifest->toolchain.lock);
	return keep_lock(collecting, lock, err);
}

static int keep_file(struct collecting *collecting, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	const struct assay_yaml_node *schema;

	if (assay_yaml_read(path, FILE_MAX, &yaml, err) < 0)
		return -1;
	schema = assay_yaml_find(yaml, "schema");
	if (schema != NULL && schema->text != NULL &&
	    strncmp(schema->text, "assay.manifest/", strlen("assay.manifest/")) == 0)
		return keep_manifest(collecting, path, err);
	return keep_lock(collecting, path, err);
}

static void add_removed(struct collecting *collecting, const char *kind,
                        const struct assay_sha256 *digest)
{
	json_t *item = json_object();

	assay_json_set_str(item, "kind", kind);
	assay_json_set_sha256(item, "sha256", digest);
	assay_json_append(collecting->removed, item);
}

static int collect_blobs(struct collecting *collecting, struct assay_error *err)
{
	ASSAY_AUTO_DIGESTS struct assay_digests all = { 0 };

	if (assay_store_list_blobs(collecting->store, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (assay_digests_has(&collecting->keep, &all.items[i]))
			continue;
		collecting->bytes += assay_store_blob_size(collecting->store, &all.items[i]);
		collecting->blobs++;
		add_removed(collecting, "blob", &all.items[i]);
		if (opt.remove &&
		    assay_store_remove_blob(collecting->store, &all.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int collect_trees(struct collecting *collecting, struct assay_error *err)
{
	ASSAY_AUTO_DIGESTS struct assay_digests all = { 0 };

	if (assay_store_list_trees(collecting->store, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		char hex[ASSAY_SHA256_HEX];

		if (assay_digests_has(&collecting->keep, &all.items[i]))
			continue;
		assay_sha256_hex(&all.items[i], hex);
		assay_buffer_printf(&collecting->text, "tree %s\n", hex);
		collecting->bytes += assay_store_tree_size(collecting->store, &all.items[i]);
		collecting->trees++;
		add_removed(collecting, "tree", &all.items[i]);
		if (opt.remove &&
		    assay_store_remove_tree(collecting->store, &all.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int report(struct collecting *collecting, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = json_object();

	assay_json_set_str(json, "schema", "assay.toolchain-gc/1");
	assay_json_set_bool(json, "removed", opt.remove);
	assay_json_set_int(json, "blobs", collecting->blobs);
	assay_json_set_int(json, "trees", collecting->trees);
	assay_json_set_int(json, "bytes", collecting->bytes);
	assay_json_set(json, "items", json_incref(collecting->removed));
	assay_buffer_printf(&collecting->text, "%" PRIu64 " blobs and %" PRIu64 " trees, ",
	                    collecting->blobs, collecting->trees);
	assay_toolchain_add_size(&collecting->text, collecting->bytes);
	assay_buffer_add_str(&collecting->text, opt.remove ? ": removed\n"
	                                                   : ": not kept by any file named; "
	                                                     "--remove removes them\n");
	return assay_output_write(json, &collecting->text, err);
}

static void collecting_fini(struct collecting *collecting)
{
	assay_digests_fini(&collecting->keep);
	assay_buffer_fini(&collecting->text);
	json_decref(collecting->removed);
	assay_store_close(collecting->store);
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO(collecting_fini) struct collecting collecting = { .removed = json_array() };

	for (int i = 0; i < argc; i++)
		if (keep_file(&collecting, argv[i], err) < 0)
			return -1;
	assay_digests_sort(&collecting.keep);
	if (assay_store_open(assay_common.store, &collecting.store, err) < 0)
		return -1;
	if (opt.remove && assay_store_lock_alone(collecting.store, err) < 0)
		return -1;
	if (collect_blobs(&collecting, err) < 0 || collect_trees(&collecting, err) < 0 ||
	    (opt.remove && assay_store_tidy(collecting.store, err) < 0))
		return -1;
	return report(&collecting, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_toolchain_gc = {
	.name = "toolchain gc",
	.args = "[LOCK|MANIFEST]…",
	.summary = "remove from the store what none of the given locks and manifests needs",
	.example = "assay toolchain gc toolchains/*.lock.yaml\n"
		   "assay toolchain gc --remove manifests/*.yaml",
	.options = options,
	.min_args = 0,
	.max_args = -1,
	.run = run,
};
