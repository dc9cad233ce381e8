/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every way to get at a file's bytes, or to hide it. usage: reads WAY FILE; ends with 0 when the way
 * is there, with 3 when it was refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char block[4096];

static int open_or_end(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		exit(errno == EPERM ? 3 : 4);
	return fd;
}

static int way_read(const char *path)
{
	return read(open_or_end(path, O_RDONLY), block, sizeof(block)) > 0;
}

static int way_pread(const char *path)
{
	return pread(open_or_end(path, O_RDONLY), block, 1, 2) == 1;
}

static int way_mmap(const char *path)
{
	const char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open_or_end(path, O_RDONLY), 0);

	return p != MAP_FAILED && p[0] != 0;
}

static int way_shared(const char *path)
{
	const char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, open_or_end(path, O_RDONLY), 0);

	return p != MAP_FAILED && p[0] != 0;
}

static int way_sendfile(const char *path)
{
	int to = memfd_create("x", 0);

	return sendfile(to, open_or_end(path, O_RDONLY), NULL, 16) > 0;
}

static int way_splice(const char *path)
{
	int ends[2];

	return pipe(ends) == 0 &&
	       splice(open_or_end(path, O_RDONLY), NULL, ends[1], NULL, 16, 0) > 0;
}

static int way_copy(const char *path)
{
	int to = open("copy.tmp", O_RDWR | O_CREAT, 0600);

	return copy_file_range(open_or_end(path, O_RDONLY), NULL, to, NULL, 16, 0) > 0;
}

static int way_link(const char *path)
{
	return link(path, "link.tmp") == 0 && way_read("link.tmp") && unlink("link.tmp") == 0;
}

static int way_rename(const char *path)
{
	return rename(path, "other.tmp") == 0 && rename("other.tmp", path) == 0;
}

static int way_remove(const char *path)
{
	return unlink(path) == 0;
}

static int way_write(const char *path)
{
	return write(open_or_end(path, O_WRONLY), "x", 1) == 1;
}

/* Read it and put its times back. */
static int way_restore(const char *path)
{
	struct stat st;
	struct timespec times[2];

	if (stat(path, &st) < 0 || !way_read(path))
		return 0;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return utimensat(AT_FDCWD, path, times, 0) == 0;
}

/* Read it through a copy under its name, and put that one's times right. */
static int way_replace(const char *path)
{
	struct stat st;
	struct timespec times[2];
	int fd = open("new.tmp", O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || stat(path, &st) < 0 || !way_read(path))
		return 0;
	if (write(fd, block, (size_t)st.st_size) != st.st_size)
		return 0;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return utimensat(AT_FDCWD, "new.tmp", times, 0) == 0 && rename("new.tmp", path) == 0;
}

static int way_noatime(const char *path)
{
	return read(open_or_end(path, O_RDONLY | O_NOATIME), block, 16) > 0;
}

/* Past the C library, which uses openat. */
static int way_open(const char *path)
{
#ifdef SYS_open
	int fd = (int)syscall(SYS_open, path, O_RDONLY | O_NOATIME);
#else
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_NOATIME);
#endif

	if (fd < 0)
		exit(errno == EPERM ? 3 : 4);
	return read(fd, block, 16) > 0;
}

static int way_fcntl(const char *path)
{
	int fd = open_or_end(path, O_RDONLY);

	if (fcntl(fd, F_SETFL, O_NOATIME) < 0)
		exit(errno == EPERM ? 3 : 4);
	return read(fd, block, 16) > 0;
}

static int way_openat2(const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_NOATIME };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd < 0)
		exit(errno == ENOSYS ? 3 : 4);
	return read(fd, block, 16) > 0;
}

static int way_path(const char *path)
{
	int fd = open_or_end(path, O_PATH);
	char name[64];

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return way_read(name);
}

static int way_stat(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && access(path, R_OK) == 0;
}

static int way_opened(const char *path)
{
	return open_or_end(path, O_RDONLY) >= 0;
}

static const struct {
	const char *name;
	int (*way)(const char *path);
} ways[] = {
	{ "read", way_read },       { "pread", way_pread },       { "mmap", way_mmap },
	{ "shared", way_shared },   { "sendfile", way_sendfile }, { "splice", way_splice },
	{ "copy", way_copy },       { "link", way_link },         { "rename", way_rename },
	{ "remove", way_remove },   { "write", way_write },       { "restore", way_restore },
	{ "replace", way_replace }, { "noatime", way_noatime },   { "open", way_open },
	{ "fcntl", way_fcntl },     { "openat2", way_openat2 },   { "path", way_path },
	{ "stat", way_stat },       { "opened", way_opened },
};

int main(int argc, char *argv[])
{
	for (size_t i = 0; argc == 3 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			return ways[i].way(argv[2]) ? 0 : 1;
	return 64;
}
