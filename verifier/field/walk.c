/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder, listed as it is: no link is followed, and whoever changes it meanwhile is found out. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "field/attributes.h"
#include "field/tree.h"

#define FILES_MAX 1000000
#define DEPTH_MAX 128
#define ATTRIBUTES_MAX 65536 /* bytes; XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h */

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

/* Where the attributes of a file are asked for. */
struct place {
	int fd;           /* of the file itself, when path is NULL */
	const char *path; /* its last name is not followed */
};

static ssize_t list_attributes(const struct place *place, char *out, size_t size)
{
	return place->path != NULL ? llistxattr(place->path, out, size)
	                           : flistxattr(place->fd, out, size);
}

/* Return: 0, -1 */
static int add_attribute(const struct place *place, const char *name,
                         struct assay_reference_file *file)
{
	ASSAY_AUTO_FREE uint8_t *value = assay_calloc(ATTRIBUTES_MAX, 1);
	struct assay_error ignored = ASSAY_ERROR_INIT;
	ssize_t len = place->path != NULL ? lgetxattr(place->path, name, value, ATTRIBUTES_MAX)
	                                  : fgetxattr(place->fd, name, value, ATTRIBUTES_MAX);

	if (len < 0)
		return -1;
	return assay_attributes_add(file, assay_span_of_str(name),
	                            assay_span_of(value, (size_t)len), &ignored);
}

/* Return: NULL, or why they are not known */
static const char *read_attributes(const struct place *place, struct assay_reference_file *file)
{
	static const char why[] = "its attributes cannot be read";
	ssize_t size = list_attributes(place, NULL, 0), len;
	ASSAY_AUTO_FREE char *names = NULL;

	if (size == 0 || (size < 0 && errno == ENOTSUP))
		return NULL;
	if (size < 0)
		return why;
	names = assay_calloc(ATTRIBUTES_MAX + 1, 1);
	len = list_attributes(place, names, ATTRIBUTES_MAX);
	if (len < 0)
		return why;
	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(names + at) + 1)
		if (add_attribute(place, names + at, file) < 0)
			return why;
	return NULL;
}

/* There is no call for a name in a folder, and what is no file or folder cannot be opened. */
static const char *read_attributes_at(int folder, const char *name,
                                      struct assay_reference_file *file)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("/proc/self/fd/%d/%s", folder, name);

	return read_attributes(&(struct place){ .path = path }, file);
}

/* Only root of the first user namespace sees them all: Linux fs/xattr.c, xattr_permission(). */
static bool sees_trusted(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes map = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;
	/* Every id is itself. */
	static const char all[] = "         0          0 4294967295\n";

	if (syscall(SYS_capget, &header, sets) < 0 ||
	    (sets[0].effective & 1u << CAP_SYS_ADMIN) == 0 ||
	    assay_file_read(AT_FDCWD, "/proc/self/uid_map", 4096, &map, &ignored) < 0)
		return false;
	return assay_span_is(assay_span_of_bytes(&map), all);
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
	why = read_attributes(&(struct place){ .fd = fd }, file);
	if (why != NULL)
		return why;
	if (fstat(fd, &after) < 0 || !same(before, &after) ||
	    file->size != (uint64_t)before->st_size)
		return "changed while it was read";
	return NULL;
}

static const char *read_target(int folder, const char *name, struct assay_reference_file *file)
{
	char target[4097];
	ssize_t len = readlinkat(folder, name, target, sizeof(target));

	if (len < 0 || (size_t)len >= sizeof(target))
		return "its target cannot be read";
	target[len] = '\0';
	file->link = assay_quoted(target);
	return NULL;
}

/* A link, a device, a pipe or a socket: not opened. */
static const char *read_other(int folder, const char *name, const struct stat *before,
                              struct assay_reference_file *file)
{
	const char *why = S_ISLNK(before->st_mode) ? read_target(folder, name, file) : NULL;
	struct stat after;

	if (why == NULL)
		why = read_attributes_at(folder, name, file);
	if (why != NULL)
		return why;
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
	else
		why = read_attributes(&(struct place){ .fd = fd }, seen);
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
	const char *why;
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
	why = S_ISREG(st.st_mode) ? read_file(folder, name, &st, file)
	                          : read_other(folder, name, &st, file);
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
	const char *why;
	struct stat st;

	if (fd < 0)
		return assay_fail_errno(err, "open %s", folder);
	if (fstat(fd, &st) < 0)
		return assay_fail_errno(err, "stat %s", folder);
	walk.device = st.st_dev;
	out->mounted = true;
	out->trusted_hidden = !sees_trusted();
	why = read_attributes(&(struct place){ .fd = fd }, add(&walk, "", &st));
	if (why != NULL)
		trouble(&walk, "", why);
	if (walk_folder(&walk, fd, "", 0, err) < 0)
		return assay_fail_in(err, "%s", folder);
	return assay_reference_files_sort(out, err);
}
