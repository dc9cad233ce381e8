/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/memory.h"

static int open_regular(int dirfd, const char *path, int flags, struct stat *st,
                        struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer before we can refuse it. */
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	if (fstat(fd, st) < 0)
		return assay_fail_errno(err, "stat %s", path);
	if (!S_ISREG(st->st_mode))
		return assay_fail(err, ASSAY_E_USAGE, "%s: not a regular file", path);
	return assay_steal_fd(&fd);
}

static int read_full(int fd, uint8_t *buf, size_t len, struct assay_error *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = read(fd, buf + done, len - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return assay_fail_errno(err, "read");
		if (got == 0)
			return assay_fail(err, ASSAY_E_SYSTEM, "became shorter while it was read");
		done += (size_t)got;
	}
	return 0;
}

int assay_file_read(int dirfd, const char *path, uint64_t limit, struct assay_bytes *out,
                    struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	ASSAY_AUTO_FREE uint8_t *buf = NULL;
	struct stat st;
	size_t len;

	fd = open_regular(dirfd, path, 0, &st, err);
	if (fd < 0)
		return -1;
	if ((uint64_t)st.st_size > limit)
		return assay_fail(err, ASSAY_E_LIMIT, "%s: %jd bytes, limit %" PRIu64, path,
		                  (intmax_t)st.st_size, limit);

	len = (size_t)st.st_size;
	buf = assay_calloc(len + 1, 1); /* one more, so that text ends in a NUL */
	if (read_full(fd, buf, len, err) < 0)
		return assay_fail_in(err, "%s", path);
	*out = (struct assay_bytes){ assay_steal(&buf), len };
	return 0;
}

static int map_regular(int dirfd, const char *path, int flags, struct assay_map *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	struct stat st;
	void *ptr;

	fd = open_regular(dirfd, path, flags, &st, err);
	if (fd < 0)
		return -1;
	out->span = assay_span_of(NULL, 0);
	if (st.st_size == 0)
		return 0;
	ptr = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (ptr == MAP_FAILED)
		return assay_fail_errno(err, "map %s", path);
	out->span = assay_span_of(ptr, (size_t)st.st_size);
	return 0;
}

int assay_map_open(const char *path, struct assay_map *out, struct assay_error *err)
{
	return map_regular(AT_FDCWD, path, 0, out, err);
}

int assay_map_openat(int dirfd, const char *path, struct assay_map *out, struct assay_error *err)
{
	return map_regular(dirfd, path, O_NOFOLLOW, out, err);
}

void assay_map_fini(struct assay_map *map)
{
	if (map->span.ptr != NULL)
		(void)munmap((void *)(uintptr_t)map->span.ptr, map->span.len);
	map->span = assay_span_of(NULL, 0);
}

int assay_write_full(int fd, struct assay_span span, struct assay_error *err)
{
	size_t done = 0;

	while (done < span.len) {
		ssize_t put = write(fd, span.ptr + done, span.len - done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return assay_fail_errno(err, "write");
		done += (size_t)put;
	}
	return 0;
}

static int write_temporary(int dirfd, const char *temp, struct assay_span span, mode_t mode,
                           struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;

	fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return assay_fail_errno(err, "create %s", temp);
	if (assay_write_full(fd, span, err) < 0)
		return assay_fail_in(err, "%s", temp);
	if (fsync(fd) < 0)
		return assay_fail_errno(err, "sync %s", temp);
	return 0;
}

int assay_file_write(int dirfd, const char *path, struct assay_span span, mode_t mode,
                     struct assay_error *err)
{
	ASSAY_AUTO_FREE char *temp = assay_asprintf("%s.%d.tmp", path, (int)getpid());

	(void)unlinkat(dirfd, temp, 0);
	if (write_temporary(dirfd, temp, span, mode, err) < 0) {
		(void)unlinkat(dirfd, temp, 0);
		return -1;
	}
	if (renameat(dirfd, temp, dirfd, path) < 0) {
		(void)assay_fail_errno(err, "rename to %s", path);
		(void)unlinkat(dirfd, temp, 0);
		return -1;
	}
	return 0;
}

int assay_fd_copy(int from, int to, uint64_t *size, struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *block = assay_calloc(1, 1 << 17);
	uint64_t total = 0;
	ssize_t got;

	while ((got = read(from, block, 1 << 17)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return assay_fail_errno(err, "read");
		if (assay_write_full(to, assay_span_of(block, (size_t)got), err) < 0)
			return -1;
		total += (uint64_t)got;
	}
	if (size != NULL)
		*size = total;
	return 0;
}

int assay_mkdirs(int dirfd, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *copy = assay_strdup(path);

	for (char *p = copy + 1; *copy != '\0'; p++) {
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		if (mkdirat(dirfd, copy, 0777) < 0 && errno != EEXIST)
			return assay_fail_errno(err, "make folder %s", copy);
		if (saved == '\0')
			break;
		*p = saved;
	}
	return 0;
}

char *assay_path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return assay_strdup(".");
	return assay_strndup(path, slash > path ? (size_t)(slash - path) : 1);
}

int assay_disk_free(const char *path, uint64_t *out, struct assay_error *err)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return assay_fail_errno(err, "free space at %s", path);
	*out = (uint64_t)fs.f_bavail * fs.f_frsize;
	return 0;
}

char *assay_path_place(const char *name)
{
	char *place = assay_calloc(strlen(name) + 1, 1);
	size_t len = 0;

	while (*name != '\0') {
		size_t part = strcspn(name, "/");

		if (part == 2 && memcmp(name, "..", 2) == 0) {
			free(place);
			return NULL;
		}
		if (part > 0 && !(part == 1 && *name == '.')) {
			if (len > 0)
				place[len++] = '/';
			memcpy(place + len, name, part);
			len += part;
		}
		name += part + (name[part] == '/');
	}
	return place;
}

const char *assay_path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int assay_folder_names(int dirfd, const char *path, size_t limit, struct assay_strings *out,
                       struct assay_error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), failed = 0;
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (stream == NULL) {
		(void)assay_fail_errno(err, "read folder %s", path);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	while (failed == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (out->count == limit)
			failed = assay_fail(err, ASSAY_E_LIMIT, "%s: more than %zu files", path,
			                    limit);
		else
			assay_strings_add(out, entry->d_name);
	}
	if (failed == 0 && errno != 0)
		failed = assay_fail_errno(err, "read folder %s", path);
	(void)closedir(stream);
	assay_strings_sort(out);
	return failed;
}
