/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers about files: what the kernel says, with times moved to the pinned clock. Init asks the
 * kernel in the name of the program: from its working folder, its descriptors, its /proc/self.
 *
 * Source: stat(2), statx(2), proc(5).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/answer.h"

#define PAGE 4096     /* the smallest page of all machines: what is mapped is mapped in these */
#define SOME 256      /* bytes of a path read at once: most have fewer; ours */
#define PREFIX 64     /* bytes: "/proc/PID/fd/N/" */
#define PATH_MAX 4096 /* with the NUL: linux/limits.h */

/* Copy a path out of the program. Return: 0, or -errno */
static int64_t take_path(const struct seccomp_notif *request, unsigned arg, char out[PATH_MAX])
{
	uint64_t address = request->data.args[arg];
	size_t len = 0;

	while (len < PATH_MAX) {
		/* Not into a page that need not be there. */
		size_t some = PAGE - (size_t)((address + len) % PAGE);
		struct iovec from = { (void *)(uintptr_t)(address + len), 0 };
		struct iovec to = { out + len, 0 };

		some = some < SOME ? some : SOME;
		some = some < PATH_MAX - len ? some : PATH_MAX - len;
		from.iov_len = to.iov_len = some;
		if (process_vm_readv((pid_t)request->pid, &to, 1, &from, 1, 0) != (ssize_t)some)
			return -EFAULT;
		if (memchr(out + len, '\0', some) != NULL)
			return 0;
		len += some;
	}
	return -ENAMETOOLONG;
}

/* What programs reach under their own name and we under ours. */
static const struct {
	const char *path, *below; /* below /proc/PID/ */
} own[] = {
	{ "/proc/self", "" },     { "/proc/thread-self", "" }, { "/dev/fd", "fd" },
	{ "/dev/stdin", "fd/0" }, { "/dev/stdout", "fd/1" },   { "/dev/stderr", "fd/2" },
};

/* An absolute path as init has to write it. Return: false: as it is */
static bool translate(uint32_t pid, const char *path, int flags, char out[PATH_MAX + PREFIX])
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(own); i++) {
		size_t len = strlen(own[i].path);

		if (strncmp(path, own[i].path, len) != 0 || (path[len] != '\0' && path[len] != '/'))
			continue;
		if (path[len] == '\0' && (flags & AT_SYMLINK_NOFOLLOW) != 0)
			return false; /* the link itself is asked for */
		(void)snprintf(out, PATH_MAX + PREFIX, "/proc/%" PRIu32 "/%s%s", pid, own[i].below,
		               path + len);
		return true;
	}
	return false;
}

/*
 * Write down, as a path for init, what a program means by a descriptor and a path.
 *
 * In, out: *flags of the call that asks, then those to ask the kernel with
 * Return: 0, or -errno
 */
static int64_t place(const struct seccomp_notif *request, int dir, const char *path, int *flags,
                     char out[PATH_MAX + PREFIX])
{
	char folder[PREFIX];

	if (dir == AT_FDCWD)
		(void)snprintf(folder, sizeof(folder), "/proc/%" PRIu32 "/cwd", request->pid);
	else if (dir >= 0)
		(void)snprintf(folder, sizeof(folder), "/proc/%" PRIu32 "/fd/%d", request->pid,
		               dir);
	else if (path[0] != '/')
		return -EBADF;
	if (path[0] == '\0') {
		if ((*flags & AT_EMPTY_PATH) == 0)
			return -ENOENT;
		*flags &= ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
		(void)snprintf(out, PATH_MAX + PREFIX, "%s", folder);
	} else if (path[0] != '/') {
		(void)snprintf(out, PATH_MAX + PREFIX, "%s/%s", folder, path);
	} else if (!translate(request->pid, path, *flags, out)) {
		(void)snprintf(out, PATH_MAX + PREFIX, "%s", path);
	}
	return 0;
}

/* Why the kernel said no: a descriptor that is not open is to init a file missing in /proc. */
static int64_t fail_at(const struct seccomp_notif *request, int dir, const char *path)
{
	int told = errno;
	char link[PREFIX];

	if (told != ENOENT || dir < 0 || path[0] == '/')
		return -told;
	(void)snprintf(link, sizeof(link), "/proc/%" PRIu32 "/fd/%d", request->pid, dir);
	return faccessat(AT_FDCWD, link, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ? -EBADF : -told;
}

/*
 * Of files that are not the build's own, those of the toolchain for one, the times of reading and
 * of unpacking are the store's: they get the time of the last change, which the tree pins.
 */
static void move_other(const struct assay_notify *notify, struct timespec *time, bool ours,
                       const struct timespec *modified)
{
	if (ours)
		(void)assay_moment_file(&notify->moment, time);
	else
		*time = *modified;
}

static int64_t give_stat(struct assay_notify *notify, const struct seccomp_notif *request,
                         unsigned arg, struct stat *st)
{
	bool ours = st->st_dev == notify->disk;

	(void)assay_moment_file(&notify->moment, &st->st_mtim);
	move_other(notify, &st->st_atim, ours, &st->st_mtim);
	move_other(notify, &st->st_ctim, ours, &st->st_mtim);
	return assay_answer_give(request, arg, st, sizeof(*st));
}

static int64_t stat_at(struct assay_notify *notify, const struct seccomp_notif *request, int dir,
                       const char *path, int flags)
{
	char place_of[PATH_MAX + PREFIX];
	struct stat st;
	int64_t failed = place(request, dir, path, &flags, place_of);

	if (failed < 0)
		return failed;
	/* The kernel's own struct: glibc's is the same on all 64-bit machines. */
	if (syscall(SYS_newfstatat, AT_FDCWD, place_of, &st, flags) < 0)
		return fail_at(request, dir, path);
	return give_stat(notify, request, request->data.nr == SYS_newfstatat ? 2 : 1, &st);
}

static int64_t stat_path(struct assay_notify *notify, const struct seccomp_notif *request,
                         int flags)
{
	char path[PATH_MAX];
	int64_t failed = take_path(request, 0, path);

	return failed < 0 ? failed : stat_at(notify, request, AT_FDCWD, path, flags);
}

int64_t assay_answer_stat(struct assay_notify *notify, const struct seccomp_notif *request)
{
	return stat_path(notify, request, 0);
}

int64_t assay_answer_lstat(struct assay_notify *notify, const struct seccomp_notif *request)
{
	return stat_path(notify, request, AT_SYMLINK_NOFOLLOW);
}

int64_t assay_answer_fstat(struct assay_notify *notify, const struct seccomp_notif *request)
{
	int fd = (int)request->data.args[0];

	return fd < 0 ? -EBADF : stat_at(notify, request, fd, "", AT_EMPTY_PATH);
}

int64_t assay_answer_newfstatat(struct assay_notify *notify, const struct seccomp_notif *request)
{
	char path[PATH_MAX];
	int64_t failed = take_path(request, 1, path);

	return failed < 0 ? failed
	                  : stat_at(notify, request, (int)request->data.args[0], path,
	                            (int)request->data.args[3]);
}

static void move_statx(const struct assay_notify *notify, struct statx_timestamp *time, bool ours,
                       const struct statx_timestamp *modified)
{
	struct timespec moved = { (time_t)time->tv_sec, (long)time->tv_nsec };

	if (!ours) {
		*time = *modified;
	} else if (assay_moment_file(&notify->moment, &moved)) {
		time->tv_sec = moved.tv_sec;
		time->tv_nsec = (uint32_t)moved.tv_nsec;
	}
}

int64_t assay_answer_statx(struct assay_notify *notify, const struct seccomp_notif *request)
{
	char path[PATH_MAX], place_of[PATH_MAX + PREFIX];
	int dir = (int)request->data.args[0], flags = (int)request->data.args[2];
	int64_t failed = take_path(request, 1, path);
	struct statx st;
	bool ours;

	if (failed == 0)
		failed = place(request, dir, path, &flags, place_of);
	if (failed < 0)
		return failed;
	if (statx(AT_FDCWD, place_of, flags, (unsigned)request->data.args[3], &st) < 0)
		return fail_at(request, dir, path);
	ours = makedev(st.stx_dev_major, st.stx_dev_minor) == notify->disk;
	move_statx(notify, &st.stx_mtime, true, &st.stx_mtime);
	move_statx(notify, &st.stx_atime, ours, &st.stx_mtime);
	move_statx(notify, &st.stx_ctime, ours, &st.stx_mtime);
	move_statx(notify, &st.stx_btime, ours, &st.stx_mtime);
	return assay_answer_give(request, 4, &st, sizeof(st));
}
