/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "store/tree.h"

#define OPEN_FOLDER (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static const struct timespec times[2] = { { .tv_sec = ASSAY_TREE_MTIME },
	                                  { .tv_sec = ASSAY_TREE_MTIME } };

void assay_writer_fini(struct assay_writer *writer)
{
	if (writer->parentfd >= 0)
		(void)close(writer->parentfd);
	free(writer->parent);
	writer->parentfd = -1;
	writer->parent = NULL;
}

static int fail_folder(const char *path, size_t len, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *part = assay_strndup(path, len);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(part);

	if (errno == ENOTDIR || errno == ELOOP)
		return assay_fail(err, ASSAY_E_FORMAT, "%s on its way is not a folder", quoted);
	return assay_fail_errno(err, "folder %s", quoted);
}

/* Open one component, making it when it is not there. */
static int enter(int fd, const char *name)
{
	int next = openat(fd, name, OPEN_FOLDER);

	if (next >= 0 || errno != ENOENT)
		return next;
	if (mkdirat(fd, name, 0755) < 0 && errno != EEXIST) /* another thread may be as far */
		return -1;
	return openat(fd, name, OPEN_FOLDER);
}

static int open_folder(int rootfd, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	size_t at = 0;

	fd = openat(rootfd, ".", OPEN_FOLDER);
	while (fd >= 0 && path[at] != '\0') {
		size_t len = strcspn(path + at, "/");
		ASSAY_AUTO_FREE char *name = assay_strndup(path + at, len);
		int next = enter(fd, name);

		at += len;
		if (next < 0)
			return fail_folder(path, at, err);
		(void)close(fd);
		fd = next;
		at += path[at] == '/';
	}
	return fd < 0 ? fail_folder(path, at, err) : assay_steal_fd(&fd);
}

/* Open the folder that a path's last component stands in. Out: *name, in path */
static int reach(struct assay_writer *writer, const char *path, const char **name,
                 struct assay_error *err)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	ASSAY_AUTO_FREE char *parent = assay_strndup(path, len);

	*name = slash != NULL ? slash + 1 : path;
	if (writer->parent != NULL && strcmp(writer->parent, parent) == 0)
		return 0;
	assay_writer_fini(writer);
	writer->parentfd = open_folder(writer->rootfd, parent, err);
	if (writer->parentfd < 0)
		return -1;
	writer->parent = assay_steal(&parent);
	return 0;
}

int assay_writer_folder(struct assay_writer *writer, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	const char *name;

	if (reach(writer, path, &name, err) < 0)
		return -1;
	fd = enter(writer->parentfd, name);
	return fd < 0 ? fail_folder(path, strlen(path), err) : 0;
}

int assay_writer_link(struct assay_writer *writer, const char *path, const char *target,
                      struct assay_error *err)
{
	const char *name;

	if (reach(writer, path, &name, err) < 0)
		return -1;
	if (symlinkat(target, writer->parentfd, name) < 0)
		return errno == EEXIST ? ASSAY_WRITER_EXISTS : assay_fail_errno(err, "make link");
	if (utimensat(writer->parentfd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return assay_fail_errno(err, "set time");
	return 0;
}

int assay_writer_create(struct assay_writer *writer, const char *path, int *fd,
                        struct assay_error *err)
{
	const char *name;

	if (reach(writer, path, &name, err) < 0)
		return -1;
	*fd = openat(writer->parentfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	             0600);
	if (*fd < 0)
		return errno == EEXIST ? ASSAY_WRITER_EXISTS : assay_fail_errno(err, "create");
	return 0;
}

int assay_writer_seal(int fd, mode_t mode, struct assay_error *err)
{
	if (fchmod(fd, mode) < 0 || futimens(fd, times) < 0)
		return assay_fail_errno(err, "set mode and time");
	return 0;
}

int assay_writer_file(struct assay_writer *writer, const char *path, struct assay_span content,
                      mode_t mode, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	int result = assay_writer_create(writer, path, &fd, err);

	if (result != 0)
		return result;
	if (assay_write_full(fd, content, err) < 0)
		return -1;
	return assay_writer_seal(fd, mode, err);
}

int assay_writer_open(struct assay_writer *writer, const char *path, struct assay_error *err)
{
	const char *name;
	int fd;

	if (reach(writer, path, &name, err) < 0)
		return -1;
	fd = openat(writer->parentfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? assay_fail_errno(err, "open") : fd;
}

int assay_writer_remove(struct assay_writer *writer, const char *path, struct assay_error *err)
{
	const char *name;

	if (reach(writer, path, &name, err) < 0)
		return -1;
	if (unlinkat(writer->parentfd, name, 0) < 0)
		return assay_fail_errno(err, "remove");
	return 0;
}

int assay_writer_seal_folders(int rootfd, struct assay_error *err)
{
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };

	if (assay_tree_scan(rootfd, &scan, err) < 0)
		return -1;
	for (size_t i = 0; i < scan.count; i++) {
		const char *path = scan.entries[i].path;

		if (!S_ISDIR(scan.entries[i].st.st_mode))
			continue;
		if (fchmodat(rootfd, path, 0755, 0) < 0 || utimensat(rootfd, path, times, 0) < 0)
			return assay_fail_errno(err, "set mode and time of a folder");
	}
	if (fchmod(rootfd, 0755) < 0 || futimens(rootfd, times) < 0)
		return assay_fail_errno(err, "set mode and time of the root");
	return 0;
}
