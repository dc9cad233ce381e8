/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "store/internal.h"
#include "store/tree.h"

void assay_digests_fini(struct assay_digests *list)
{
	free(list->items);
	*list = (struct assay_digests){ 0 };
}

void assay_digests_add(struct assay_digests *list, const struct assay_sha256 *digest)
{
	assay_grow(&list->items, &list->cap, list->count, sizeof(*list->items));
	list->items[list->count++] = *digest;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct assay_sha256));
}

void assay_digests_sort(struct assay_digests *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), by_bytes);
}

bool assay_digests_has(const struct assay_digests *list, const struct assay_sha256 *digest)
{
	return list->count > 0 &&
	       bsearch(digest, list->items, list->count, sizeof(*list->items), by_bytes) != NULL;
}

/* Collect names that, behind a prefix, are digests. Others are none of ours. */
static int list_folder(const struct assay_store *store, const char *folder, const char *prefix,
                       struct assay_digests *out, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };

	if (assay_store_folder_names(store, folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		ASSAY_AUTO_FREE char *hex = assay_asprintf("%s%s", prefix, names.items[i]);
		struct assay_sha256 digest;

		if (assay_sha256_parse(hex, &digest))
			assay_digests_add(out, &digest);
	}
	return 0;
}

int assay_store_list_blobs(const struct assay_store *store, struct assay_digests *out,
                           struct assay_error *err)
{
	for (unsigned first = 0; first < 256; first++) {
		char folder[ASSAY_STORE_NAME], prefix[3];

		(void)snprintf(prefix, sizeof(prefix), "%02x", first);
		(void)snprintf(folder, sizeof(folder), ASSAY_STORE_BLOBS "/%s", prefix);
		if (faccessat(store->dirfd, folder, F_OK, 0) < 0)
			continue;
		if (list_folder(store, folder, prefix, out, err) < 0)
			return -1;
	}
	assay_digests_sort(out);
	return 0;
}

int assay_store_list_trees(const struct assay_store *store, struct assay_digests *out,
                           struct assay_error *err)
{
	if (list_folder(store, ASSAY_STORE_TREES, "", out, err) < 0)
		return -1;
	assay_digests_sort(out);
	return 0;
}

uint64_t assay_store_blob_size(const struct assay_store *store, const struct assay_sha256 *digest)
{
	char name[ASSAY_STORE_NAME];
	struct stat st;

	assay_store_blob_name(digest, name);
	if (fstatat(store->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return (uint64_t)st.st_size;
}

uint64_t assay_store_tree_size(const struct assay_store *store, const struct assay_sha256 *digest)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };
	ASSAY_AUTO_CLOSE int fd = -1;
	struct assay_error ignored = ASSAY_ERROR_INIT;
	char name[ASSAY_STORE_NAME];

	assay_store_name(ASSAY_STORE_TREES, digest, name);
	fd = openat(store->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || assay_tree_scan(fd, &scan, &ignored) < 0)
		return 0;
	return scan.bytes;
}

int assay_store_remove_blob(struct assay_store *store, const struct assay_sha256 *digest,
                            struct assay_error *err)
{
	char name[ASSAY_STORE_NAME];

	assay_store_blob_name(digest, name);
	if (unlinkat(store->dirfd, name, 0) < 0 && errno != ENOENT)
		return assay_fail_errno(err, "remove %s/%s", store->path, name);
	return 0;
}

int assay_store_remove_tree(struct assay_store *store, const struct assay_sha256 *digest,
                            struct assay_error *err)
{
	char name[ASSAY_STORE_NAME], hidden[ASSAY_STORE_NAME];
	static const char *const beside[] = { ASSAY_STORE_STAMPS, ASSAY_STORE_LISTINGS };

	assay_store_name(ASSAY_STORE_TREES, digest, name);
	assay_store_name("tmp", digest, hidden);
	/* First out of sight in one step, so that nobody ever finds half of it. */
	if (assay_remove_tree(store->dirfd, hidden, err) < 0)
		return assay_fail_in(err, "store %s", store->path);
	if (renameat(store->dirfd, name, store->dirfd, hidden) < 0 && errno != ENOENT)
		return assay_fail_errno(err, "rename %s/%s", store->path, name);
	if (assay_remove_tree(store->dirfd, hidden, err) < 0)
		return assay_fail_in(err, "store %s", store->path);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(beside); i++) {
		assay_store_name(beside[i], digest, name);
		(void)unlinkat(store->dirfd, name, 0);
	}
	return 0;
}

int assay_store_lock_alone(struct assay_store *store, struct assay_error *err)
{
	if (flock(store->lockfd, LOCK_EX | LOCK_NB) < 0)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "store %s: another assay process is using it; "
		                  "try again when that has ended",
		                  store->path);
	return 0;
}

/* Whether a file beside the trees belongs to one of them. */
static bool belongs(const struct assay_digests *trees, const char *name)
{
	struct assay_sha256 digest;

	return assay_sha256_parse(name, &digest) && assay_digests_has(trees, &digest);
}

static bool is_store_lock(const struct assay_digests *trees, const char *name)
{
	(void)trees;
	return strcmp(name, "store") == 0;
}

static bool nothing(const struct assay_digests *trees, const char *name)
{
	(void)trees;
	(void)name;
	return false;
}

/* What stays in a folder when the store is tidied. */
static const struct {
	const char *folder;
	bool (*stays)(const struct assay_digests *trees, const char *name);
} tidied[] = {
	{ ASSAY_STORE_LISTINGS, belongs },
	{ ASSAY_STORE_STAMPS, belongs },
	{ "locks", is_store_lock },
	{ "tmp", nothing },
};

static int tidy_folder(struct assay_store *store, size_t index, const struct assay_digests *trees,
                       struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };

	if (assay_store_folder_names(store, tidied[index].folder, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		ASSAY_AUTO_FREE char *path =
			assay_asprintf("%s/%s", tidied[index].folder, names.items[i]);

		if (!tidied[index].stays(trees, names.items[i]) &&
		    assay_remove_tree(store->dirfd, path, err) < 0)
			return assay_fail_in(err, "store %s", store->path);
	}
	return 0;
}

int assay_store_tidy(struct assay_store *store, struct assay_error *err)
{
	ASSAY_AUTO_DIGESTS struct assay_digests trees = { 0 };

	if (assay_store_list_trees(store, &trees, err) < 0)
		return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tidied); i++)
		if (tidy_folder(store, i, &trees, err) < 0)
			return -1;
	if (assay_remove_tree(store->dirfd, "apt", err) < 0)
		return assay_fail_in(err, "store %s", store->path);
	return 0;
}
