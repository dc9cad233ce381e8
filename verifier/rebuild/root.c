/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The container's root: a small tmpfs into which the toolchain's folders, the build's own disk,
 * pinned files and a few devices are mounted.
 *
 * Everything is arranged below descriptors of that tmpfs, with lookups that cannot leave it, and
 * only then becomes the root; so a link in the toolchain cannot lead to a file of the host.
 *
 * Source: mount_namespaces(7), pivot_root(2), openat2(2), move_mount(2), tmpfs(5).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/accounts.h"
#include "rebuild/chance.h"
#include "rebuild/container.h"

/* Where the tmpfs is put before it becomes the root: a folder that every host has. */
#define ATTACH_AT "/tmp"
#define BASE_OPTIONS "mode=0755,size=16m,nr_inodes=4096"
#define CHANCE_SIZE (UINT64_C(1) << 20) /* bytes; ours: seeds and names need a few */
#define BASE_FLAGS (MS_NOSUID | MS_NODEV)

struct root {
	const struct assay_container *container;
	int base; /* the tmpfs: root, pins, disk and tree are folders in it */
	int root; /* what becomes / */
};

static void close_root(struct root *root)
{
	assay_cleanup_close(&root->base);
	assay_cleanup_close(&root->root);
}

/* Look a path up as the container will, without leaving its root. Return: O_PATH fd, -1 */
static int find(int root, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags,
		                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Mount what is at from below the base (or at an absolute path) onto a path of the root. */
static int attach(const struct root *root, const char *from, const char *path,
                  struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int mount =
		open_tree(root->base, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	ASSAY_AUTO_CLOSE int target = -1;

	if (mount < 0)
		return assay_fail_errno(err, "mount %s in the container", from);
	target = find(root->root, path, 0);
	if (target < 0 || move_mount(mount, "", target, "",
	                             MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return assay_fail_errno(err, "mount on /%s in the container", path);
	return 0;
}

static int make_file(int dir, const char *path, struct assay_span content, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;

	fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
	if (fd < 0)
		return assay_fail_errno(err, "make /%s for the container", path);
	return assay_write_full(fd, content, err);
}

/* As make_file, with the folders above it where they are not there yet. */
static int make_pin(int dir, const char *path, struct assay_span content, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *parent = assay_strdup(path);
	struct assay_error first = ASSAY_ERROR_INIT;

	if (make_file(dir, path, content, &first) == 0)
		return 0;
	if (first.sys_errno != ENOENT) {
		*err = first;
		return -1;
	}
	*strrchr(parent, '/') = '\0';
	return assay_mkdirs(dir, parent, err) < 0 ? -1 : make_file(dir, path, content, err);
}

/* What /dev/random and /dev/urandom give, from the start, to everybody who opens them. */
static int make_chance(const struct root *root, struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *bytes = assay_calloc(1, CHANCE_SIZE);

	assay_chance_fill(root->container->plan->manifest->build.machine.random->seed,
	                  ASSAY_CHANCE_DEVICE, 0, bytes, CHANCE_SIZE);
	return make_file(root->base, "pins/random", assay_span_of(bytes, CHANCE_SIZE), err);
}

static int make_pins(const struct root *root, struct assay_error *err)
{
	const struct assay_plan *plan = root->container->plan;

	if (assay_mkdirs(root->base, "pins/proc", err) < 0 ||
	    assay_mkdirs(root->base, "pins/empty-folder", err) < 0 ||
	    make_file(root->base, "pins/empty-file", assay_span_of(NULL, 0), err) < 0)
		return -1;
	if (plan->manifest->build.machine.random != NULL && make_chance(root, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->file_count; i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("pins/%s", plan->files[i].path);

		if (make_pin(root->base, path, assay_buffer_span(&plan->files[i].content), err) < 0)
			return -1;
	}
	return 0;
}

/* The base, with the toolchain tree at "tree" and the build's own disk at "disk". */
static int make_base(struct root *root, struct assay_error *err)
{
	static const char *const folders[] = { "root", "tree", "disk" };
	const struct assay_plan *plan = root->container->plan;
	char options[128];

	if (mount("assay", ATTACH_AT, "tmpfs", BASE_FLAGS, BASE_OPTIONS) < 0)
		return assay_fail_errno(err, "mount a tmpfs on " ATTACH_AT);
	root->base = open(ATTACH_AT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root->base < 0 || fchdir(root->base) < 0)
		return assay_fail_errno(err, "open " ATTACH_AT);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(folders); i++)
		if (mkdirat(root->base, folders[i], 0755) < 0)
			return assay_fail_errno(err, "make a folder for the container");
	if (move_mount(root->container->tree, "", root->base, "tree", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return assay_fail_errno(err, "move the toolchain tree into the container");
	(void)snprintf(options, sizeof(options), "mode=0755,size=%" PRIu64 ",nr_inodes=%" PRIu64,
	               plan->manifest->build.limits.disk, plan->inodes);
	if (mount("assay", "disk", "tmpfs", BASE_FLAGS, options) < 0)
		return assay_fail_errno(err, "mount a tmpfs of %" PRIu64 " bytes for the build",
		                        plan->manifest->build.limits.disk);
	if (mount("root", "root", NULL, MS_BIND, NULL) < 0)
		return assay_fail_errno(err, "make the container's root");
	root->root = openat(root->base, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root->root < 0 ? assay_fail_errno(err, "open the container's root") : 0;
}

/* Folders that are the container's own, whatever the tree has there. */
static const char *const own_folders[] = { "dev", "proc", "tmp" };

static bool is_own(const char *name)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(own_folders); i++)
		if (strcmp(name, own_folders[i]) == 0)
			return true;
	return false;
}

/* As readdir(3) on it, but what it reads ahead is little: some folders of a tree are large. */
static bool is_empty_folder(int dir, const char *name)
{
	ASSAY_AUTO_CLOSE int fd =
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	union {
		struct dirent64 entry; /* for its alignment */
		char room[512];        /* more than "." and ".." need, and any third name */
	} buf;
	bool empty = fd >= 0;
	ssize_t got = -1;

	while (empty && (got = getdents64(fd, &buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; empty && at < got;) {
			const struct dirent64 *entry = (const void *)(buf.room + at);

			empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
			at += entry->d_reclen;
		}
	return empty && got == 0;
}

/* Put one entry of the tree's top folder into the root. */
static int add_entry(const struct root *root, int tree, const char *name, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *from = assay_asprintf("tree/%s", name);
	char target[4096];
	struct stat st;
	ssize_t len;

	if (fstatat(tree, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return assay_fail_errno(err, "look at /%s of the toolchain tree", name);
	if (S_ISLNK(st.st_mode)) {
		len = readlinkat(tree, name, target, sizeof(target) - 1);
		if (len < 0)
			return assay_fail_errno(err, "read the link /%s", name);
		target[len] = '\0';
		return symlinkat(target, root->root, name) < 0
		               ? assay_fail_errno(err, "make the link /%s", name)
		               : 0;
	}
	if (S_ISDIR(st.st_mode)) {
		if (mkdirat(root->root, name, 0755) < 0)
			return assay_fail_errno(err, "make /%s", name);
		/* An empty one stays a folder of the root: build.path may lie below it. */
		return is_empty_folder(tree, name) ? 0 : attach(root, from, name, err);
	}
	if (!S_ISREG(st.st_mode))
		return assay_fail(err, ASSAY_E_USAGE, "/%s of the toolchain tree is a special file",
		                  name);
	if (make_file(root->root, name, assay_span_of(NULL, 0), err) < 0)
		return -1;
	return attach(root, from, name, err);
}

/* Names of a folder, sorted, without "." and "..". */
static int list_folder(int dir, const char *path, struct assay_strings *names,
                       struct assay_error *err)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (stream == NULL)
		return assay_fail_errno(err, "list /%s", path);
	while ((entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			assay_strings_add(names, entry->d_name);
	(void)closedir(stream);
	assay_strings_sort(names);
	return 0;
}

static int add_tree(const struct root *root, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	ASSAY_AUTO_CLOSE int tree = -1;

	tree = openat(root->base, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree < 0)
		return assay_fail_errno(err, "open the toolchain tree");
	if (list_folder(tree, ".", &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (!is_own(names.items[i]) && add_entry(root, tree, names.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(own_folders); i++)
		if (mkdirat(root->root, own_folders[i], 0755) < 0)
			return assay_fail_errno(err, "make /%s", own_folders[i]);
	return 0;
}

#define ACCOUNTS_MAX (1 << 20) /* bytes of /etc/passwd or /etc/group; ours */

typedef bool accounts_fn(struct assay_span text, const struct assay_user *user,
                         struct assay_buffer *out);

static int add_account_file(const struct root *root, const char *path, accounts_fn *accounts,
                            struct assay_error *err)
{
	const struct assay_user *user = &root->container->plan->manifest->build.user;
	ASSAY_AUTO_FREE char *pin = assay_asprintf("pins/%s", path);
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer content = { 0 };
	ASSAY_AUTO_CLOSE int there = find(root->root, path, 0);
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", there);
	if (there >= 0 && assay_file_read(AT_FDCWD, link, ACCOUNTS_MAX, &text, err) < 0)
		return assay_fail_in(err, "the toolchain tree's /%s", path);
	if (!accounts(assay_span_of_bytes(&text), user, &content))
		return 0;
	if (make_pin(root->base, pin, assay_buffer_span(&content), err) < 0)
		return -1;
	/* Without such a file in the tree there is a place for one only if /etc is not the tree's. */
	if (there < 0 && ((mkdirat(root->root, "etc", 0755) < 0 && errno != EEXIST) ||
	                  make_file(root->root, path, assay_span_of(NULL, 0), err) < 0))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "the toolchain tree has no /%s: add it to the "
		                  "files of the lock",
		                  path);
	return attach(root, pin, path, err);
}

static int add_accounts(const struct root *root, struct assay_error *err)
{
	if (add_account_file(root, "etc/passwd", assay_accounts_passwd, err) < 0)
		return -1;
	return add_account_file(root, "etc/group", assay_accounts_group, err);
}

/* Make a folder of the container's path, as far as it is not in the toolchain already. */
static int make_in_root(const struct root *root, const char *path, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *copy = assay_strdup(path + strspn(path, "/"));

	for (char *p = copy;; p++) {
		ASSAY_AUTO_CLOSE int fd = -1;
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		fd = find(root->root, copy, O_DIRECTORY);
		if (fd < 0 && errno == ENOENT && mkdirat(root->root, copy, 0755) < 0)
			return assay_fail(
				err, ASSAY_E_USAGE,
				"build.path %s: the toolchain tree has no /%s and it cannot be "
				"made there: add it to the directories of the lock",
				path, copy);
		*p = saved;
		if (saved == '\0')
			return 0;
	}
}

/* The build folder, /tmp and /dev/shm: one tmpfs, so that one limit holds for all of them. */
static int add_disk(const struct root *root, struct assay_error *err)
{
	static const struct {
		const char *from;
		const char *path; /* NULL: build.path */
		mode_t mode;
	} rows[] = {
		{ "disk/tmp", "tmp", 01777 },
		{ "disk/shm", "dev/shm", 01777 },
		{ "disk/build", NULL, 0755 }, /* last: it may lie below /tmp */
	};
	const char *build = root->container->plan->manifest->build.path;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		if (rows[i].path == NULL && make_in_root(root, build, err) < 0)
			return -1;
		if (mkdirat(root->base, rows[i].from, rows[i].mode) < 0 ||
		    fchmodat(root->base, rows[i].from, rows[i].mode, 0) < 0)
			return assay_fail_errno(err, "make %s", rows[i].from);
		if (attach(root, rows[i].from, rows[i].path != NULL ? rows[i].path : build, err) <
		    0)
			return -1;
	}
	return 0;
}

static int add_devices(const struct root *root, struct assay_error *err)
{
	const struct assay_machine *machine = &root->container->plan->manifest->build.machine;
	static const char *const devices[] = { "null", "zero", "full", "random", "urandom" };
	static const struct {
		const char *name, *target;
	} links[] = {
		{ "dev/fd", "/proc/self/fd" },
		{ "dev/stdin", "/proc/self/fd/0" },
		{ "dev/stdout", "/proc/self/fd/1" },
		{ "dev/stderr", "/proc/self/fd/2" },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(devices); i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("/dev/%s", devices[i]);
		bool chance = strstr(path, "random") != NULL && machine->random != NULL;

		if (make_file(root->root, path + 1, assay_span_of(NULL, 0), err) < 0 ||
		    attach(root, chance ? "pins/random" : path, path + 1, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(links); i++)
		if (symlinkat(links[i].target, root->root, links[i].name) < 0)
			return assay_fail_errno(err, "make /%s", links[i].name);
	return mkdirat(root->root, "dev/shm", 0755) < 0 ? assay_fail_errno(err, "make /dev/shm")
	                                                : 0;
}

/* Processes, and links to what is about processes. */
static bool is_about_processes(const char *name, unsigned char type)
{
	return name[strspn(name, "0123456789")] == '\0' || type == DT_LNK;
}

/* Whether the plan has the file /proc/NAME, or files in a folder of that name. */
static bool is_pinned(const struct assay_plan *plan, const char *name)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("proc/%s", name);
	size_t len = strlen(path);

	for (size_t i = 0; i < plan->file_count; i++) {
		const char *file = plan->files[i].path;

		if (strncmp(file, path, len) == 0 && (file[len] == '\0' || file[len] == '/'))
			return true;
	}
	return false;
}

/*
 * Put a pinned file, or nothing, over an entry of the fresh /proc. We are in the base folder, and
 * nobody but the kernel has put anything there: plain paths are safe, and five times as fast.
 */
static int cover(const struct assay_plan *plan, const struct dirent *entry, struct assay_error *err)
{
	const char *nothing = entry->d_type == DT_DIR ? "pins/empty-folder" : "pins/empty-file";
	ASSAY_AUTO_FREE char *pin = assay_asprintf("pins/proc/%s", entry->d_name);
	ASSAY_AUTO_FREE char *target = assay_asprintf("root/proc/%s", entry->d_name);

	return mount(is_pinned(plan, entry->d_name) ? pin : nothing, target, NULL, MS_BIND, NULL) <
	                       0
	               ? assay_fail_errno(err, "cover /proc/%s", entry->d_name)
	               : 0;
}

/* Cover everything in /proc that is about the machine, known to us or not. */
static int cover_proc(const struct assay_plan *plan, struct assay_error *err)
{
	DIR *stream = opendir("root/proc");
	struct dirent *entry;
	int failed = 0;

	if (stream == NULL)
		return assay_fail_errno(err, "list /proc");
	while (failed == 0 && (entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !is_about_processes(entry->d_name, entry->d_type))
			failed = cover(plan, entry, err);
	(void)closedir(stream);
	return failed;
}

static int add_proc(const struct assay_plan *plan, struct assay_error *err)
{
	/* hidepid: of process 1, which is ours, the build learns nothing; proc(5). */
	if (mount("proc", "root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
	          "hidepid=invisible") < 0)
		return assay_fail_errno(err, "mount /proc (`assay doctor' says more)");
	return cover_proc(plan, err);
}

/* /bin/sh is the toolchain's bash, when it has both and they are files of their own. */
static int change_shell(const struct root *root, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int shell = find(root->root, "bin/sh", 0);
	ASSAY_AUTO_CLOSE int bash = find(root->root, "bin/bash", 0);
	char from[64], to[64];

	if (shell < 0 || bash < 0)
		return 0;
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", bash);
	(void)snprintf(to, sizeof(to), "/proc/self/fd/%d", shell);
	return mount(from, to, NULL, MS_BIND, NULL) < 0
	               ? assay_fail_errno(err, "put another shell in its place")
	               : 0;
}

/* Take the host away: the root folder becomes the root, and the old one goes with all below it. */
static int leave(const struct root *root, struct assay_error *err)
{
	if (fchdir(root->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return assay_fail_errno(err, "change the root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return assay_fail_errno(err, "leave the host's root");
	/* The whole file system, pinned files and all, through whichever mount it is reached. */
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | BASE_FLAGS, BASE_OPTIONS) < 0)
		return assay_fail_errno(err, "make the container's root read-only");
	return 0;
}

int assay_root_make(const struct assay_container *container, struct assay_error *err)
{
	ASSAY_AUTO(close_root)
	struct root root = { .container = container, .base = -1, .root = -1 };
	assay_others others = container->request->others;

	return make_base(&root, err) < 0 || make_pins(&root, err) < 0 || add_tree(&root, err) < 0 ||
	                       add_accounts(&root, err) < 0 || add_devices(&root, err) < 0 ||
	                       add_disk(&root, err) < 0 ||
	                       (others & ASSAY_OTHER_SHELL && change_shell(&root, err) < 0) ||
	                       add_proc(container->plan, err) < 0 || leave(&root, err) < 0
	               ? -1
	               : 0;
}
