/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"

/* Deeper than any tree that we make; a deeper one is left with an error, not with a full stack. */
#define DEPTH_MAX 512

static int remove_at(int dirfd, const char *name, dev_t dev, unsigned depth,
                     struct assay_error *err);

static int empty_folder(int fd, dev_t dev, unsigned depth, struct assay_error *err)
{
	struct dirent *entry;
	DIR *dir = fdopendir(fd);
	int result = 0;

	if (dir == NULL) {
		(void)assay_fail_errno(err, "read folder");
		(void)close(fd);
		return -1;
	}
	while (result == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		result = remove_at(dirfd(dir), entry->d_name, dev, depth + 1, err);
	}
	(void)closedir(dir);
	return result;
}

static int remove_folder(int dirfd, const char *name, dev_t dev, unsigned depth,
                         struct assay_error *err)
{
	int fd;

	if (depth > DEPTH_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "%s: more than %d folders deep", name,
		                  DEPTH_MAX);
	(void)!fchmodat(dirfd, name, 0700, 0); /* a folder we cannot open shows itself below */
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return assay_fail_errno(err, "open folder %s", name);
	if (empty_folder(fd, dev, depth, err) < 0)
		return -1;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return assay_fail_errno(err, "remove folder %s", name);
	return 0;
}

static int remove_at(int dirfd, const char *name, dev_t dev, unsigned depth,
                     struct assay_error *err)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : assay_fail_errno(err, "stat %s", name);
	if (S_ISDIR(st.st_mode) && st.st_dev != dev)
		return assay_fail(err, ASSAY_E_USAGE, "%s: another file system is mounted there",
		                  name);
	if (S_ISDIR(st.st_mode))
		return remove_folder(dirfd, name, dev, depth, err);
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return assay_fail_errno(err, "remove %s", name);
	return 0;
}

int assay_remove_tree(int dirfd, const char *path, struct assay_error *err)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : assay_fail_errno(err, "stat %s", path);
	return remove_at(dirfd, path, st.st_dev, 0, err);
}
