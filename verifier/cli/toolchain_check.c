/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay toolchain check: whether every byte in the store is still the one that its name says. */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/toolchain.h"
#include "store/check.h"
#include "toolchain/lock.h"

static struct {
	bool remove;
} opt;

static const struct assay_option options[] = {
	{ "remove", 'r', NULL, "remove what is damaged, so that it is fetched and made again",
	  ASSAY_OPTION_FLAG, &opt.remove },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_STORE,
	{ 0 },
};

struct checking {
	struct assay_store *store;
	struct assay_digests blobs, trees;
	pthread_mutex_t lock;
	bool *blob_damaged; /* for each blob */
	uint64_t missing, damaged;
	json_t *findings;
	struct assay_buffer text;
	const struct assay_sha256 *tree; /* that is being looked at */
};

static void add_finding(struct checking *checking, const char *kind,
                        const struct assay_sha256 *digest, const char *path, const char *what)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(path);
	json_t *finding = json_object();
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	assay_json_set_str(finding, "kind", kind);
	assay_json_set_str(finding, "sha256", hex);
	if (*path != '\0')
		assay_json_set_str(finding, "path", path);
	assay_json_set_str(finding, "what", what);
	assay_json_append(checking->findings, finding);
	assay_buffer_printf(&checking->text, "%s %s: %s%s%s\n", kind, hex, quoted,
	                    *path != '\0' ? " " : "", what);
}

/* From several threads. What is found is told afterwards, in order. */
static int check_blob(void *context, size_t index, struct assay_error *err)
{
	struct checking *checking = context;
	int fd = assay_store_open_blob(checking->store, &checking->blobs.items[index], err);

	if (fd >= 0) {
		(void)close(fd);
		return 0;
	}
	checking->blob_damaged[index] = err->code == ASSAY_E_PIN;
	return err->code == ASSAY_E_PIN ? 0 : -1;
}

static int check_blobs(struct checking *checking, struct assay_error *err)
{
	checking->blob_damaged = assay_calloc(checking->blobs.count, sizeof(bool));
	if (assay_parallel(checking->blobs.count, check_blob, checking, err) < 0)
		return -1;
	for (size_t i = 0; i < checking->blobs.count; i++) {
		if (!checking->blob_damaged[i])
			continue;
		checking->damaged++;
		add_finding(checking, "blob", &checking->blobs.items[i], "", "has other bytes");
		if (opt.remove &&
		    assay_store_remove_blob(checking->store, &checking->blobs.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static void tell_damage(void *context, const char *path, const char *what)
{
	struct checking *checking = context;

	add_finding(checking, "tree", checking->tree, path, what);
}

static int check_trees(struct checking *checking, struct assay_error *err)
{
	for (size_t i = 0; i < checking->trees.count; i++) {
		const struct assay_store_witness witness = { tell_damage, checking };
		int good;

		checking->tree = &checking->trees.items[i];
		good = assay_store_check_tree(checking->store, checking->tree, ASSAY_TREE_FULL,
		                              NULL, &witness, err);
		if (good < 0)
			return -1;
		checking->damaged += good == 0;
		if (good == 0 && opt.remove &&
		    assay_store_remove_tree(checking->store, checking->tree, err) < 0)
			return -1;
	}
	return 0;
}

/* Take a digest of the lock, if the store has it; else say that it has not. */
static int select_one(struct checking *checking, const char *hex, const struct assay_digests *all,
                      const char *kind, struct assay_digests *out, struct assay_error *err)
{
	struct assay_sha256 digest;

	if (!assay_sha256_parse(hex, &digest))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a digest", hex);
	if (assay_digests_has(all, &digest)) {
		assay_digests_add(out, &digest);
		return 0;
	}
	checking->missing++;
	add_finding(checking, kind, &digest, "", "is not in the store");
	return 0;
}

static int select_from_lock(struct checking *checking, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	ASSAY_AUTO_DIGESTS struct assay_digests blobs = { 0 }, trees = { 0 };
	const char *pin, *what;

	if (assay_lock_load(path, &lock, err) < 0 || assay_lock_check_intent(lock, path, err) < 0 ||
	    assay_store_list_blobs(checking->store, &blobs, err) < 0 ||
	    assay_store_list_trees(checking->store, &trees, err) < 0)
		return -1;
	for (unsigned i = 0; (pin = assay_lock_pin(lock, i, &what)) != NULL; i++)
		if (select_one(checking, pin, &blobs, "blob", &checking->blobs, err) < 0)
			return -1;
	return select_one(checking, lock->tree.sha256, &trees, "tree", &checking->trees, err);
}

static int select_all(struct checking *checking, struct assay_error *err)
{
	if (assay_store_list_blobs(checking->store, &checking->blobs, err) < 0)
		return -1;
	return assay_store_list_trees(checking->store, &checking->trees, err);
}

static int report(struct checking *checking, struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = json_object();

	assay_json_set_str(json, "schema", "assay.toolchain-check/1");
	assay_json_set_int(json, "blobs", checking->blobs.count);
	assay_json_set_int(json, "trees", checking->trees.count);
	assay_json_set_int(json, "damaged", checking->damaged);
	assay_json_set_int(json, "missing", checking->missing);
	assay_json_set_bool(json, "removed", opt.remove && checking->damaged > 0);
	assay_json_set(json, "findings", json_incref(checking->findings));
	assay_buffer_printf(
		&checking->text,
		"%zu blobs and %zu trees read: %" PRIu64 " damaged%s, %" PRIu64 " missing\n",
		checking->blobs.count, checking->trees.count, checking->damaged,
		opt.remove && checking->damaged > 0 ? " and removed" : "", checking->missing);
	return assay_output_write(json, &checking->text, err);
}

static void checking_fini(struct checking *checking)
{
	free(checking->blob_damaged);
	assay_digests_fini(&checking->blobs);
	assay_digests_fini(&checking->trees);
	assay_buffer_fini(&checking->text);
	json_decref(checking->findings);
	assay_store_close(checking->store);
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO(checking_fini) struct checking checking = { .findings = json_array() };

	if (assay_store_open(assay_common.store, &checking.store, err) < 0 ||
	    (argc > 0 ? select_from_lock(&checking, argv[0], err) : select_all(&checking, err)) <
	            0 ||
	    check_blobs(&checking, err) < 0 || check_trees(&checking, err) < 0 ||
	    report(&checking, err) < 0)
		return -1;
	if (checking.damaged > 0)
		return ASSAY_EXIT_PIN;
	return checking.missing > 0 ? ASSAY_EXIT_TROUBLE : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_toolchain_check = {
	.name = "toolchain check",
	.args = "[LOCK]",
	.summary = "read every byte of the store, or of what a lock pins, and name what is damaged",
	.example = "assay toolchain check\n"
		   "assay toolchain check toolchains/debian-12-cross-arm64.lock.yaml",
	.options = options,
	.min_args = 0,
	.max_args = 1,
	.run = run,
};
