/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "store/internal.h"
#include "store/work.h"

void assay_store_blob_name(const struct assay_sha256 *digest, char out[ASSAY_STORE_NAME])
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	(void)snprintf(out, ASSAY_STORE_NAME, ASSAY_STORE_BLOBS "/%.2s/%s", hex, hex + 2);
}

bool assay_store_has_blob(const struct assay_store *store, const struct assay_sha256 *digest)
{
	char name[ASSAY_STORE_NAME];
	struct stat st;

	assay_store_blob_name(digest, name);
	return fstatat(store->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

char *assay_store_blob_path(const struct assay_store *store, const struct assay_sha256 *digest)
{
	char name[ASSAY_STORE_NAME];

	assay_store_blob_name(digest, name);
	return assay_asprintf("%s/%s", store->path, name);
}

static int fail_damaged(const struct assay_store *store, const char *name,
                        const struct assay_sha256 *found, struct assay_error *err)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(found, hex);
	return assay_fail(
		err, ASSAY_E_PIN,
		"%s/%s was damaged: its bytes have SHA-256 %s; "
		"`assay toolchain check --remove' removes it, so that it is fetched again",
		store->path, name, hex);
}

int assay_store_open_blob(const struct assay_store *store, const struct assay_sha256 *digest,
                          struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	char name[ASSAY_STORE_NAME];
	struct assay_sha256 found;

	assay_store_blob_name(digest, name);
	fd = openat(store->dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return assay_fail_errno(err, "open %s/%s", store->path, name);
	if (assay_sha256_fd(fd, &found, NULL, err) < 0)
		return assay_fail_in(err, "%s/%s", store->path, name);
	if (!assay_sha256_equal(&found, digest))
		return fail_damaged(store, name, &found, err);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return assay_fail_errno(err, "rewind %s", name);
	return assay_steal_fd(&fd);
}

int assay_store_map_blob(const struct assay_store *store, const struct assay_sha256 *digest,
                         struct assay_map *out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_store_blob_path(store, digest);
	ASSAY_AUTO_MAP struct assay_map map = { 0 };
	char name[ASSAY_STORE_NAME];
	struct assay_sha256 found;

	if (assay_map_open(path, &map, err) < 0)
		return -1;
	assay_sha256(map.span, &found);
	assay_store_blob_name(digest, name);
	if (!assay_sha256_equal(&found, digest))
		return fail_damaged(store, name, &found, err);
	*out = map;
	map.span = assay_span_of(NULL, 0);
	return 0;
}

static void part_name(const struct assay_sha256 *digest, char out[ASSAY_STORE_NAME])
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	(void)snprintf(out, ASSAY_STORE_NAME, "tmp/%s.part", hex);
}

void assay_store_blob_lock_name(const struct assay_sha256 *digest, char out[ASSAY_STORE_NAME])
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	(void)snprintf(out, ASSAY_STORE_NAME, "blob-%s", hex);
}

int assay_store_open_part(struct assay_store *store, const struct assay_sha256 *digest,
                          struct assay_error *err)
{
	char name[ASSAY_STORE_NAME];
	int fd;

	part_name(digest, name);
	fd = openat(store->dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return assay_fail_errno(err, "create %s/%s", store->path, name);
	return fd;
}

int assay_store_commit_part(struct assay_store *store, int fd, const struct assay_sha256 *digest,
                            struct assay_error *err)
{
	char from[ASSAY_STORE_NAME], to[ASSAY_STORE_NAME], folder[ASSAY_STORE_NAME];

	part_name(digest, from);
	assay_store_blob_name(digest, to);
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(to, '/') - to), to);
	if (assay_mkdirs(store->dirfd, folder, err) < 0)
		return assay_fail_in(err, "%s", store->path);
	if (fsync(fd) < 0)
		return assay_fail_errno(err, "sync %s/%s", store->path, from);
	if (renameat(store->dirfd, from, store->dirfd, to) < 0)
		return assay_fail_errno(err, "rename to %s/%s", store->path, to);
	return assay_store_sync_folder(store, folder, err);
}

void assay_store_drop_part(struct assay_store *store, const struct assay_sha256 *digest)
{
	char name[ASSAY_STORE_NAME];

	part_name(digest, name);
	(void)unlinkat(store->dirfd, name, 0);
}

/* Copy into an empty part and say what was copied. */
static int fill_part(int from, int part, struct assay_sha256 *found, struct assay_error *err)
{
	if (ftruncate(part, 0) < 0)
		return assay_fail_errno(err, "empty a part");
	if (assay_fd_copy(from, part, NULL, err) < 0)
		return -1;
	if (lseek(part, 0, SEEK_SET) < 0)
		return assay_fail_errno(err, "rewind a part");
	return assay_sha256_fd(part, found, NULL, err);
}

static int must_equal(const struct assay_sha256 *found, const struct assay_sha256 *expected,
                      struct assay_error *err)
{
	char hex[2][ASSAY_SHA256_HEX];

	if (assay_sha256_equal(found, expected))
		return 0;
	assay_sha256_hex(expected, hex[0]);
	assay_sha256_hex(found, hex[1]);
	return assay_fail(err, ASSAY_E_PIN, "its SHA-256 is %s, pinned is %s", hex[1], hex[0]);
}

int assay_store_put_blob(struct assay_store *store, int fd, const struct assay_sha256 *expected,
                         struct assay_error *err)
{
	ASSAY_AUTO_STORE_LOCK struct assay_store_lock lock = ASSAY_STORE_LOCK_INIT;
	ASSAY_AUTO_CLOSE int part = -1;
	char name[ASSAY_STORE_NAME];
	struct assay_sha256 found;

	assay_store_blob_lock_name(expected, name);
	if (assay_store_take_lock(store, name, true, &lock, err) < 0)
		return -1;
	/* What is there already says nothing about the bytes that were handed in now. */
	if (assay_store_has_blob(store, expected))
		return assay_sha256_fd(fd, &found, NULL, err) < 0
		               ? -1
		               : must_equal(&found, expected, err);
	part = assay_store_open_part(store, expected, err);
	if (part < 0)
		return -1;
	if (fill_part(fd, part, &found, err) < 0) {
		assay_store_drop_part(store, expected);
		return assay_fail_in(err, "store %s", store->path);
	}
	if (must_equal(&found, expected, err) == 0)
		return assay_store_commit_part(store, part, expected, err);
	assay_store_drop_part(store, expected);
	return -1;
}
