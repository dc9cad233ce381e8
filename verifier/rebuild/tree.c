/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/memory.h"

#define STACK_SIZE 16384 /* bytes, for a function that makes three system calls */

static int hold(void *parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == *(pid_t *)parent)
		(void)pause();
	return 0;
}

/*
 * A process that only holds a user namespace, whose id map the mount will use. It shares our
 * memory, of which it needs nothing but a stack: so it costs no copy.
 */
static pid_t hold_namespace(char stack[STACK_SIZE], pid_t *parent)
{
	return clone(hold, stack + STACK_SIZE, CLONE_NEWUSER | CLONE_VM | SIGCHLD, parent);
}

static int write_map(pid_t pid, const char *which, uint32_t from, uint32_t to)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	char path[64], text[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, which);
	(void)snprintf(text, sizeof(text), "%" PRIu32 " %" PRIu32 " 1", from, to);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

/* A user namespace that maps the owner of the tree to the build's ids. Return: fd, -1 */
static int make_map(const struct stat *st, const struct assay_identity *identity)
{
	ASSAY_AUTO_FREE char *stack = assay_calloc(1, STACK_SIZE);
	pid_t parent = getpid(), pid = hold_namespace(stack, &parent);
	char path[64];
	int fd = -1;

	if (pid < 0)
		return -1;
	if (write_map(pid, "uid_map", st->st_uid, identity->uid) == 0 &&
	    write_map(pid, "gid_map", st->st_gid, identity->gid) == 0) {
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return fd;
}

void assay_tree_mapped(const char *path, const struct assay_identity *identity, int *fd,
                       char why[256])
{
	ASSAY_AUTO_CLOSE int mount = -1, map = -1;
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	struct stat st;

	*fd = -1;
	why[0] = '\0';
	if (stat(path, &st) < 0 || st.st_uid == identity->uid)
		return;
	if (!identity->foreign) {
		(void)snprintf(why, 256, "the toolchain tree belongs to uid %u, not to the caller",
		               st.st_uid);
		return;
	}
	mount = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	map = mount < 0 ? -1 : make_map(&st, identity);
	attr.userns_fd = (uint64_t)map;
	if (map < 0 || mount_setattr(mount, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		(void)snprintf(why, 256, "the store's file system has no id-mapped mounts: %s",
		               strerror(errno));
	else
		*fd = assay_steal_fd(&mount);
}

int assay_tree_plain(const char *path, struct assay_error *err)
{
	int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	return fd < 0 ? assay_fail_errno(err, "mount the toolchain tree %s", path) : fd;
}

int assay_tree_protect(int fd, struct assay_error *err)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
	};

	if (mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return assay_fail_errno(err, "make the toolchain tree read-only");
	return 0;
}
