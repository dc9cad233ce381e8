/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/work.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "store/internal.h"

static int wait_for(int fd, bool wait, struct assay_error *err)
{
	while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
		if (errno == EWOULDBLOCK)
			return 0;
		if (errno != EINTR)
			return assay_fail_errno(err, "lock");
	}
	return 1;
}

/*
 * A lock file is removed by whoever holds it. One that waited for it then holds a file that no
 * longer has a name, and must try again with the new one.
 */
int assay_store_take_lock(struct assay_store *store, const char *name, bool wait,
                          struct assay_store_lock *out, struct assay_error *err)
{
	struct stat st = { 0 };
	int got = 1;

	out->dirfd = store->dirfd;
	(void)snprintf(out->name, sizeof(out->name), "locks/%s", name);
	while (got > 0 && st.st_nlink == 0) {
		if (out->fd >= 0)
			(void)close(out->fd);
		out->fd = openat(store->dirfd, out->name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (out->fd < 0)
			return assay_fail_errno(err, "open %s/%s", store->path, out->name);
		got = wait_for(out->fd, wait, err);
		if (got > 0 && fstat(out->fd, &st) < 0)
			return assay_fail_errno(err, "stat %s", out->name);
	}
	if (got <= 0) {
		(void)close(out->fd);
		out->fd = -1;
	}
	return got;
}

void assay_store_unlock(struct assay_store_lock *lock)
{
	if (lock->fd < 0)
		return;
	(void)unlinkat(lock->dirfd, lock->name, 0);
	(void)close(lock->fd);
	lock->fd = -1;
}

static bool is_part(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".part") == 0;
}

int assay_store_sweep(struct assay_store *store, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };

	if (assay_store_folder_names(store, "tmp", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("tmp/%s", names.items[i]);

		if (!is_part(names.items[i]) && assay_remove_tree(store->dirfd, path, err) < 0)
			return -1;
	}
	return 0;
}

int assay_store_make_folder(struct assay_store *store, const char *name, char **path,
                            struct assay_error *err)
{
	ASSAY_AUTO_FREE char *below = assay_asprintf("tmp/%s", name);
	int fd;

	if (assay_remove_tree(store->dirfd, below, err) < 0)
		return -1;
	if (mkdirat(store->dirfd, below, 0755) < 0)
		return assay_fail_errno(err, "make folder %s/%s", store->path, below);
	fd = openat(store->dirfd, below, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return assay_fail_errno(err, "open folder %s/%s", store->path, below);
	*path = assay_asprintf("%s/%s", store->path, below);
	return fd;
}

void assay_store_drop_folder(struct assay_store *store, const char *name)
{
	ASSAY_AUTO_FREE char *below = assay_asprintf("tmp/%s", name);
	struct assay_error ignored = ASSAY_ERROR_INIT;

	/* What stays is swept by the next process that has the store for itself. */
	(void)!assay_remove_tree(store->dirfd, below, &ignored);
}
