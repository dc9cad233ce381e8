/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/memory.h"

static int open_how(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
		           RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int assay_beneath_open(int dir, const char *path, int flags)
{
	return open_how(dir, path, flags, 0);
}

/* The folder above a path, made when it is not there. *name: the last component. */
static int open_parent(int dir, const char *path, const char **name)
{
	ASSAY_AUTO_FREE char *parent = assay_strdup(path);
	char *slash = strrchr(parent, '/');

	*name = slash == NULL ? path : path + (slash - parent) + 1;
	if (slash == NULL)
		return open_how(dir, ".", O_PATH | O_DIRECTORY, 0);
	*slash = '\0';
	if (assay_beneath_folders(dir, parent) < 0)
		return -1;
	return open_how(dir, parent, O_PATH | O_DIRECTORY, 0);
}

int assay_beneath_create(int dir, const char *path, mode_t mode)
{
	ASSAY_AUTO_CLOSE int parent = -1;
	const char *name;
	int fd = open_how(dir, path, O_WRONLY | O_CREAT | O_EXCL, mode);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	parent = open_parent(dir, path, &name);
	return parent < 0 ? -1 : open_how(parent, name, O_WRONLY | O_CREAT | O_EXCL, mode);
}

/* One folder, of whose path all but the last component exists. */
static int make_folder(int dir, const char *path)
{
	ASSAY_AUTO_FREE char *copy = assay_strdup(path);
	ASSAY_AUTO_CLOSE int fd = open_how(dir, path, O_PATH | O_DIRECTORY, 0);
	ASSAY_AUTO_CLOSE int parent = -1;
	char *slash = strrchr(copy, '/');

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -1 : 0;
	if (slash != NULL)
		*slash = '\0';
	parent = open_how(dir, slash == NULL ? "." : copy, O_PATH | O_DIRECTORY, 0);
	return parent < 0 ? -1 : mkdirat(parent, slash == NULL ? copy : slash + 1, 0755);
}

int assay_beneath_folders(int dir, const char *path)
{
	ASSAY_AUTO_FREE char *copy = assay_strdup(path);
	ASSAY_AUTO_CLOSE int fd = open_how(dir, path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -1 : 0;
	for (char *p = copy;; p++) {
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		if (make_folder(dir, copy) < 0)
			return -1;
		*p = saved;
		if (saved == '\0')
			return 0;
	}
}

int assay_beneath_symlink(int dir, const char *path, const char *target)
{
	ASSAY_AUTO_CLOSE int parent = -1;
	const char *name;

	parent = open_parent(dir, path, &name);
	return parent < 0 ? -1 : symlinkat(target, parent, name);
}

int assay_beneath_link(int dir, const char *target, const char *path)
{
	ASSAY_AUTO_CLOSE int from = -1, parent = -1, file = -1;
	const char *name, *target_name;
	struct stat st;

	file = assay_beneath_open(dir, target, O_PATH | O_NOFOLLOW);
	if (file < 0 || fstat(file, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	from = open_parent(dir, target, &target_name);
	parent = open_parent(dir, path, &name);
	return from < 0 || parent < 0 ? -1 : linkat(from, target_name, parent, name, 0);
}
