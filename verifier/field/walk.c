/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder, listed as it is: no link is followed, and whoever changes it meanwhile is found out. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "field/tree.h"

#define FILES_MAX 1000000
#define DEPTH_MAX 128
#define CAPABILITY_MAX 64 /* bytes; linux/capability.h, struct vfs_ns_cap_data has 24 */

struct walk {
	struct assay_reference_files *out;
	struct assay_strings *troubles;
	dev_t device; /* of the folder itself */
};

static void trouble(const struct walk *walk, const char *path, const char *why)
{
	assay_strings_printf(walk->troubles, "%s: %s", *path != '\0' ? path : ".", why);
}

/* Whether two looks at a file saw the same, as far as one can see from outside. */
static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
	       a->st_uid == b->st_uid && a->st_gid == b->st_gid && a->st_size == b->st_size &&
	       a->st_rdev == b->st_rdev && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool set_type(mode_t mode, enum assay_file_type *out)
{
	static const struct {
		mode_t mode;
		enum assay_file_type type;
	} rows[] = {
		{ S_IFREG, ASSAY_FILE_REGULAR }, { S_IFDIR, ASSAY_FILE_FOLDER },
		{ S_IFLNK, ASSAY_FILE_SYMLINK }, { S_IFCHR, ASSAY_FILE_CHARACTER },
		{ S_IFBLK, ASSAY_FILE_BLOCK },   { S_IFIFO, ASSAY_FILE_FIFO },
		{ S_IFSOCK, ASSAY_FILE_SOCKET },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if ((mode & S_IFMT) == rows[i].mode) {
			*out = rows[i].type;
			return true;
		}
	return false;
}

static struct assay_reference_file *add(const struct walk *walk, const char *path,
                                        const struct stat *st)
{
	struct assay_reference_file *file = assay_reference_file_add(walk->out);

	file->path = assay_strdup(path);
	(void)set_type(st->st_mode, &file->type);
	file->mode = st->st_mode & 07777;
	file->uid = st->st_uid;
	file->gid = st->st_gid;
	if (file->type == ASSAY_FILE_CHARACTER || file->type == ASSAY_FILE_BLOCK)
		file->device = (uint64_t)major(st->st_rdev) << 32 | minor(st->st_rdev);
	return file;
}

static const char *read_capability(int fd, struct assay_reference_file *file)
{
	ASSAY_AUTO_BUFFER struct assay_buffer hex = { 0 };
	uint8_t value[CAPABILITY_MAX];
	ssize_t len = fgetxattr(fd, "security.capability", value, sizeof(value));

	if (len < 0)
		return errno == ENODATA || errno == ENOTSUP ? NULL
		                                            : "its capability cannot be read";
	assay_buffer_add_hex(&hex, assay_span_of(value, (size_t)len));
	file->capability = assay_strdup(assay_buffer_str(&hex));
	return NULL;
}

/* Return: NULL, or why it is not known what is in it */
static const char *read_file(int folder, const char *name, const struct stat *before,
                             struct assay_reference_file *file)
{
	/* O_NONBLOCK: it may have become a pipe since it was looked at. */
	ASSAY_AUTO_CLOSE int fd =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct assay_error err = ASSAY_ERROR_INIT;
	struct stat opened, after;
	const char *why;

	if (fd < 0)
		return errno == ELOOP ? "became a link while it was read" : strerror(errno);
	if (fstat(fd, &opened) < 0 || !same(before, &opened))
		return "changed while it was read";
	if (assay_sha256_fd(fd, &file->sha256, &file->size, &err) < 0)
		return "cannot be read";
	why = read_capability(fd, file);
	if (why != NULL)
		return why;
	if (fstat(fd, &after) < 0 || !same(before, &after) ||
	    file->size != (uint64_t)before->st_size)
		return "changed while it was read";
	return NULL;
}

static const char *read_link(int folder, const char *name, const struct stat *before,
                             struct assay_reference_file *file)
{
	char target[4097];
	ssize_t len = readlinkat(folder, name, target, sizeof(target));
	struct stat after;

	if (len < 0 || (size_t)len >= sizeof(target))
		return "its target cannot be read";
	target[len] = '\0';
	file->link = assay_quoted(target);
	if (fstatat(folder, name, &after, AT_SYMLINK_NOFOLLOW) < 0 || !same(before, &after))
		return "changed while it was read";
	return NULL;
}

static int walk_folder(const struct walk *walk, int folder, const char *path, unsigned depth,
                       struct assay_error *err);

/* Open a folder in a folder, and go on there. */
static int enter(const struct walk *walk, int folder, const char *name, const char *path,
                 unsigned depth, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd =
		openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct assay_reference_file *seen = &walk->out->items[walk->out->count - 1];
	const char *why = NULL;
	struct stat st;

	if (fd < 0)
		why = strerror(errno);
	else if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 07777) != seen->mode)
		why = "changed while it was read";
	else if (st.st_dev != walk->device)
		why = "another file system is mounted here";
	else if (depth >= DEPTH_MAX)
		why = "too deep";
	if (why == NULL)
		return walk_folder(walk, fd, path, depth + 1, err);
	seen->unread = true;
	trouble(walk, path, why);
	return 0;
}

static int visit(const struct walk *walk, int folder, const char *name, const char *path,
                 unsigned depth, struct assay_error *err)
{
	struct assay_reference_file *file;
	const char *why = NULL;
	struct stat st;

	if (walk->out->count >= FILES_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d files", FILES_MAX);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		trouble(walk, path, errno == ENOENT ? "went away" : strerror(errno));
		return 0;
	}
	file = add(walk, path, &st);
	if (S_ISDIR(st.st_mode))
		return enter(walk, folder, name, path, depth, err);
	if (S_ISREG(st.st_mode))
		why = read_file(folder, name, &st, file);
	else if (S_ISLNK(st.st_mode))
		why = read_link(folder, name, &st, file);
	if (why != NULL) {
		file->unread = true;
		trouble(walk, path, why);
	}
	return 0;
}

/* The depth of the recursion is limited by enter. */
static int walk_folder(const struct walk *walk, int folder, const char *path, unsigned depth,
                       struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	struct assay_error why = ASSAY_ERROR_INIT;
	struct stat before, after;

	if (fstat(folder, &before) < 0 ||
	    assay_folder_names(folder, ".", FILES_MAX, &names, &why) < 0) {
		if (why.code == ASSAY_E_LIMIT)
			return assay_fail(err, ASSAY_E_LIMIT, "more than %d files", FILES_MAX);
		trouble(walk, path, "cannot be listed");
		return 0;
	}
	for (size_t i = 0; i < names.count; i++) {
		ASSAY_AUTO_FREE char *name = assay_quoted(names.items[i]);
		ASSAY_AUTO_FREE char *below =
			assay_asprintf("%s%s%s", path, *path != '\0' ? "/" : "", name);

		if (visit(walk, folder, names.items[i], below, depth, err) < 0)
			return -1;
	}
	if (fstat(folder, &after) < 0 || !same(&before, &after))
		trouble(walk, path, "changed while it was read");
	return 0;
}

int assay_field_walk(const char *folder, struct assay_reference_files *out,
                     struct assay_strings *troubles, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct walk walk = { .out = out, .troubles = troubles };
	struct stat st;

	if (fd < 0)
		return assay_fail_errno(err, "open %s", folder);
	if (fstat(fd, &st) < 0)
		return assay_fail_errno(err, "stat %s", folder);
	walk.device = st.st_dev;
	(void)add(&walk, "", &st);
	if (walk_folder(&walk, fd, "", 0, err) < 0)
		return assay_fail_in(err, "%s", folder);
	return assay_reference_files_sort(out, err);
}
