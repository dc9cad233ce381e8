/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folders of a bundle: what the containers of a build have in common. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/accounts.h"
#include "rebuild/beneath.h"
#include "rebuild/runtime/runtime.h"
#include "rebuild/sources.h"
#include "rebuild/untar.h"
#include "store/tree.h"

#define ENTRIES_MAX 4096        /* of the tree's top folder; ours */
#define ACCOUNTS_MAX (1u << 20) /* bytes of /etc/passwd or /etc/group; ours */

/* Folders that are the container's own, whatever the tree has there. */
static bool is_own(const char *name)
{
	return strcmp(name, "dev") == 0 || strcmp(name, "proc") == 0 || strcmp(name, "tmp") == 0;
}

static bool is_empty(int dir, const char *name)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	return assay_folder_names(dir, name, 1, &names, &ignored) == 0 && names.count == 0;
}

/* A place in the root for an entry of the tree, which is mounted there; links are made. */
static int add_entry(struct assay_runtime *runtime, int tree, int root, const char *name,
                     struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	char target[4096];
	struct stat st;
	ssize_t len;

	if (fstatat(tree, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return assay_fail_errno(err, "look at /%s of the toolchain tree", name);
	if (S_ISLNK(st.st_mode)) {
		len = readlinkat(tree, name, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		return len < 0 || symlinkat(target, root, name) < 0
		               ? assay_fail_errno(err, "make the link /%s", name)
		               : 0;
	}
	if (S_ISDIR(st.st_mode) && mkdirat(root, name, 0755) < 0)
		return assay_fail_errno(err, "make /%s", name);
	if (S_ISDIR(st.st_mode) && is_empty(tree, name))
		return 0; /* build.path may lie below it */
	if (!S_ISDIR(st.st_mode)) {
		fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
		if (fd < 0)
			return assay_fail_errno(err, "make /%s", name);
	}
	assay_strings_add(&runtime->entries, name);
	return 0;
}

static int add_tree(struct assay_runtime *runtime, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	ASSAY_AUTO_CLOSE int tree =
		open(runtime->request->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSAY_AUTO_CLOSE int root =
		openat(runtime->dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (tree < 0 || root < 0)
		return assay_fail_errno(err, "open the toolchain tree");
	if (assay_folder_names(tree, ".", ENTRIES_MAX, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		if (!is_own(names.items[i]) &&
		    add_entry(runtime, tree, root, names.items[i], err) < 0)
			return -1;
	return 0;
}

typedef bool accounts_fn(struct assay_span text, const struct assay_user *user,
                         struct assay_buffer *out);

/* /etc/passwd or /etc/group with the build's user, unless the tree's has it already. */
static int plan_accounts(struct assay_runtime *runtime, const char *path, accounts_fn *accounts,
                         struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int tree =
		open(runtime->request->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSAY_AUTO_CLOSE int fd = assay_beneath_open(tree, path, O_RDONLY | O_NOFOLLOW);
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer content = { 0 };
	char link[64];

	if (fd < 0)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "the toolchain tree has no /%s: add it to the files of the lock",
		                  path);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (assay_file_read(AT_FDCWD, link, ACCOUNTS_MAX, &text, err) < 0)
		return assay_fail_in(err, "the toolchain tree's /%s", path);
	if (accounts(assay_span_of_bytes(&text), &runtime->request->manifest->build.user, &content))
		assay_buffer_add(assay_plan_file(&runtime->plan, path), content.ptr, content.len);
	return 0;
}

static int write_files(const struct assay_runtime *runtime, struct assay_error *err)
{
	for (size_t i = 0; i < runtime->plan.file_count; i++) {
		const struct assay_pinned_file *file = &runtime->plan.files[i];
		ASSAY_AUTO_FREE char *path = assay_asprintf("files/%s", file->path);
		ASSAY_AUTO_CLOSE int fd = assay_beneath_create(runtime->dir, path, 0444);

		if (fd < 0)
			return assay_fail_errno(err, "make %s", path);
		if (assay_write_full(fd, assay_buffer_span(&file->content), err) < 0)
			return -1;
	}
	return 0;
}

int assay_runtime_furnish(struct assay_runtime *runtime, struct assay_error *err)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = {
		{ "root", 0755 }, { "build", 0755 }, { "tmp", 01777 },
		{ "shm", 01777 }, { "files", 0755 }, { "state", 0700 },
	};
	const char *dir = runtime->request->runtime_dir;

	if (assay_remove_tree(AT_FDCWD, dir, err) < 0 || assay_mkdirs(AT_FDCWD, dir, err) < 0)
		return -1;
	runtime->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (runtime->dir < 0)
		return assay_fail_errno(err, "open %s", dir);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(folders); i++)
		if (mkdirat(runtime->dir, folders[i].name, 0700) < 0 ||
		    fchmodat(runtime->dir, folders[i].name, folders[i].mode, 0) < 0)
			return assay_fail_errno(err, "make %s/%s", dir, folders[i].name);
	runtime->build = openat(runtime->dir, "build", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (runtime->build < 0)
		return assay_fail_errno(err, "open %s/build", dir);
	if (add_tree(runtime, err) < 0 ||
	    plan_accounts(runtime, "etc/passwd", assay_accounts_passwd, err) < 0 ||
	    plan_accounts(runtime, "etc/group", assay_accounts_group, err) < 0)
		return -1;
	return write_files(runtime, err);
}

static int check_pin(const struct assay_source *source, int fd, struct assay_error *err)
{
	struct assay_sha256 digest;
	char hex[ASSAY_SHA256_HEX];

	if (lseek(fd, 0, SEEK_SET) < 0 || assay_sha256_fd(fd, &digest, NULL, err) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		return assay_fail(err, ASSAY_E_SYSTEM, "source %s cannot be read", source->name);
	assay_sha256_hex(&digest, hex);
	return strcmp(hex, source->sha256) == 0
	               ? 0
	               : assay_fail(err, ASSAY_E_PIN,
	                            "source %s: its bytes are not those that are pinned",
	                            source->name);
}

int assay_runtime_place(const struct assay_runtime *runtime, unsigned index,
                        struct assay_error *err)
{
	const struct assay_manifest *manifest = runtime->request->manifest;
	const struct assay_source *source = &manifest->sources[index];
	const struct assay_untar untar = { .input = runtime->request->sources[index],
		                           .dir = runtime->build,
		                           .into = source->into,
		                           .strip = source->strip,
		                           .limit = manifest->build.limits.disk };
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", source->into, source->name);
	ASSAY_AUTO_CLOSE int fd = -1;

	if (check_pin(source, untar.input, err) < 0 || source->unpack == ASSAY_UNPACK_PATCH)
		return err->code == ASSAY_E_NONE ? 0 : -1;
	if (source->unpack == ASSAY_UNPACK_TAR) {
		if (assay_beneath_folders(runtime->build, source->into) < 0)
			return assay_fail_errno(err, "make %s", source->into);
		return assay_untar(&untar, err) < 0 ? assay_fail_in(err, "source %s", source->name)
		                                    : 0;
	}
	fd = assay_beneath_create(runtime->build, path, 0644);
	if (fd < 0)
		return assay_fail_errno(err, "source %s: make %s", source->name, path);
	return assay_fd_copy(untar.input, fd, NULL, err);
}

int assay_runtime_hand_over(const struct assay_runtime *runtime, struct assay_error *err)
{
	const struct assay_user *user = &runtime->request->manifest->build.user;
	ASSAY_AUTO_TREE_SCAN struct assay_tree_scan scan = { 0 };

	if (!runtime->is_root)
		return 0;
	if (assay_tree_scan(runtime->build, &scan, err) < 0)
		return -1;
	for (size_t i = 0; i < scan.count; i++)
		if (fchownat(runtime->build, scan.entries[i].path, user->uid, user->gid,
		             AT_SYMLINK_NOFOLLOW) < 0)
			return assay_fail_errno(err, "give sources to the build's user");
	return fchown(runtime->build, user->uid, user->gid) < 0
	               ? assay_fail_errno(err, "give the build folder to the build's user")
	               : 0;
}
