/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/check.h"

#include <dirent.h>
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
static int list_folder(int storefd, const char *folder, const char *prefix,
                       struct assay_digests *out, struct assay_error *err)
{
	int fd = openat(storefd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (dir == NULL) {
		(void)assay_fail_errno(err, "open %s", folder);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	while ((entry = readdir(dir)) != NULL) {
		ASSAY_AUTO_FREE char *hex = assay_asprintf("%s%s", prefix, entry->d_name);
		struct assay_sha256 digest;

		if (assay_sha256_parse(hex, &digest))
			assay_digests_add(out, &digest);
	}
	(void)closedir(dir);
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
		if (list_folder(store->dirfd, folder, prefix, out, err) < 0)
			return assay_fail_in(err, "store %s", store->path);
	}
	assay_digests_sort(out);
	return 0;
}

int assay_store_list_trees(const struct assay_store *store, struct assay_digests *out,
                           struct assay_error *err)
{
	if (list_folder(store->dirfd, ASSAY_STORE_TREES, "", out, err) < 0)
		return assay_fail_in(err, "store %s", store->path);
	assay_digests_sort(out);
	return 0;
}

int assay_store_remove_blob(struct assay_store *store, const struct assay_sha256 *digest,
                            uint64_t *freed, struct assay_error *err)
{
	char name[ASSAY_STORE_NAME];
	struct stat st;

	assay_store_blob_name(digest, name);
	if (fstatat(store->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : assay_fail_errno(err, "stat %s/%s", store->path, name);
	if (unlinkat(store->dirfd, name, 0) < 0)
		return assay_fail_errno(err, "remove %s/%s", store->path, name);
	if (freed != NULL)
		*freed += (uint64_t)st.st_size;
	return 0;
}

static uint64_t tree_bytes(const struct assay_store *store, const char *name)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };
	ASSAY_AUTO_CLOSE int fd = -1;
	struct assay_error ignored = ASSAY_ERROR_INIT;

	fd = openat(store->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || assay_tree_scan(fd, &scan, &ignored) < 0)
		return 0;
	return scan.bytes;
}

int assay_store_remove_tree(struct assay_store *store, const struct assay_sha256 *digest,
                            uint64_t *freed, struct assay_error *err)
{
	char name[ASSAY_STORE_NAME], hidden[ASSAY_STORE_NAME];
	static const char *const beside[] = { ASSAY_STORE_STAMPS, ASSAY_STORE_LISTINGS };

	assay_store_name(ASSAY_STORE_TREES, digest, name);
	assay_store_name("tmp", digest, hidden);
	if (freed != NULL)
		*freed += tree_bytes(store, name);
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
	return assay_store_sweep(store, true, err);
}
