/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>

#include "base/memory.h"

#define FORMAT "assay-store/1\n"

/* What must stay free besides what is asked for: metadata, and other people's work. */
#define SPARE (UINT64_C(16) << 20)

static const char *const folders[] = {
	ASSAY_STORE_BLOBS, ASSAY_STORE_TREES, ASSAY_STORE_LISTINGS, ASSAY_STORE_STAMPS, "tmp",
	"locks",
};

static char *default_path(struct assay_error *err)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");

	/* XDG Base Directory Specification: a relative path is to be ignored. */
	if (data != NULL && *data == '/')
		return assay_asprintf("%s/assay", data);
	if (home != NULL && *home == '/')
		return assay_asprintf("%s/.local/share/assay", home);
	(void)assay_fail(err, ASSAY_E_USAGE,
	                 "neither XDG_DATA_HOME nor HOME says where the store "
	                 "is; name it with --store DIR");
	return NULL;
}

static int make_folders(int dirfd, struct assay_error *err)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(folders); i++)
		if (assay_mkdirs(dirfd, folders[i], err) < 0)
			return -1;
	return 0;
}

static int check_format(int dirfd, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	if (faccessat(dirfd, "format", F_OK, 0) < 0)
		return assay_file_write(dirfd, "format", assay_span_of_str(FORMAT), 0644, err);
	if (assay_file_read(dirfd, "format", 4096, &text, err) < 0)
		return -1;
	if (!assay_span_is(assay_span_of_bytes(&text), FORMAT))
		return assay_fail(
			err, ASSAY_E_FORMAT,
			"made by another version of assay; name another with --store DIR");
	return 0;
}

/*
 * Hold the store shared. Whoever happens to be alone first clears away what dead processes
 * left; a conversion of the lock lets others in for a moment, which does no harm here.
 */
static int lock_store(struct assay_store *store, struct assay_error *err)
{
	store->lockfd = openat(store->dirfd, "locks/store", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (store->lockfd < 0)
		return assay_fail_errno(err, "open locks/store");
	if (flock(store->lockfd, LOCK_EX | LOCK_NB) == 0 && assay_store_sweep(store, err) < 0)
		return -1;
	while (flock(store->lockfd, LOCK_SH) < 0)
		if (errno != EINTR)
			return assay_fail_errno(err, "lock locks/store");
	return 0;
}

static int open_folders(struct assay_store *store, const char *path, struct assay_error *err)
{
	if (assay_mkdirs(AT_FDCWD, path, err) < 0)
		return -1;
	store->path = realpath(path, NULL);
	if (store->path == NULL)
		return assay_fail_errno(err, "find");
	store->dirfd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->dirfd < 0)
		return assay_fail_errno(err, "open");
	if (make_folders(store->dirfd, err) < 0 || check_format(store->dirfd, err) < 0)
		return -1;
	return lock_store(store, err);
}

int assay_store_open(const char *path, struct assay_store **out, struct assay_error *err)
{
	ASSAY_AUTO_STORE struct assay_store *store = assay_calloc(1, sizeof(*store));
	ASSAY_AUTO_FREE char *place = path != NULL ? assay_strdup(path) : default_path(err);

	store->dirfd = -1;
	store->lockfd = -1;
	if (place == NULL)
		return -1;
	if (open_folders(store, place, err) < 0) {
		bool denied = err->sys_errno == EACCES || err->sys_errno == EROFS ||
		              err->sys_errno == EPERM;

		(void)assay_fail_in(err, "store %s%s", place,
		                    denied ? " cannot be written to (name another with --store DIR)"
		                           : "");
		return -1;
	}
	*out = assay_steal(&store);
	return 0;
}

void assay_store_close(struct assay_store *store)
{
	if (store == NULL)
		return;
	if (store->lockfd >= 0)
		(void)close(store->lockfd);
	if (store->dirfd >= 0)
		(void)close(store->dirfd);
	free(store->path);
	free(store);
}

const char *assay_store_path(const struct assay_store *store)
{
	return store->path;
}

int assay_store_want_space(const struct assay_store *store, uint64_t bytes, struct assay_error *err)
{
	uint64_t available;

	if (assay_disk_free(store->path, &available, err) < 0)
		return -1;
	if (available < SPARE || available - SPARE < bytes)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "store %s: disk full: %" PRIu64 " MiB are free, %" PRIu64
		                  " MiB are needed; `assay toolchain gc' removes what is not used",
		                  store->path, available >> 20, (bytes >> 20) + (SPARE >> 20));
	return 0;
}

void assay_store_name(const char *folder, const struct assay_sha256 *digest,
                      char out[ASSAY_STORE_NAME])
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(digest, hex);
	(void)snprintf(out, ASSAY_STORE_NAME, "%s/%s", folder, hex);
}

static int read_names(DIR *dir, struct assay_strings *out, struct assay_error *err)
{
	const struct dirent *entry;

	while ((errno = 0, entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			assay_strings_add(out, entry->d_name);
	return errno != 0 ? assay_fail_errno(err, "read folder") : 0;
}

int assay_store_folder_names(const struct assay_store *store, const char *folder,
                             struct assay_strings *out, struct assay_error *err)
{
	int fd = openat(store->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		(void)assay_fail_errno(err, "open %s/%s", store->path, folder);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	result = read_names(dir, out, err);
	(void)closedir(dir);
	assay_strings_sort(out);
	return result < 0 ? assay_fail_in(err, "%s/%s", store->path, folder) : 0;
}

int assay_store_sync_folder(const struct assay_store *store, const char *folder,
                            struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;

	fd = openat(store->dirfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return assay_fail_errno(err, "sync %s", folder);
	return 0;
}
