/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/untar.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/libarchive.h"
#include "base/memory.h"
#include "base/quote.h"
#include "rebuild/beneath.h"

#define BLOCK 65536    /* bytes read at a time; ours */
#define TAR_BLOCK 512  /* bytes; tar(5) */
#define NAME_SHOWN 512 /* bytes of a name in a message, which has room for 1024 */

struct untar {
	const struct assay_untar *job;
	const struct assay_archive_library *library;
	struct archive *archive;
	uint64_t total; /* bytes of content so far */
};

static void close_archive(struct untar *untar)
{
	if (untar->archive != NULL)
		(void)untar->library->read_free(untar->archive);
}

static int fail_archive(const struct untar *untar, struct assay_error *err)
{
	const char *text = untar->library->error_string(untar->archive);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(text != NULL ? text : "malformed");

	return assay_fail(err, ASSAY_E_FORMAT, "%s", quoted);
}

static int fail_member(const char *name, const char *what, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(name);

	return assay_fail(err, ASSAY_E_FORMAT, "member %.*s: %s", NAME_SHOWN, quoted, what);
}

/* A system call on a member failed; what it says depends on why. */
static int fail_write(const char *name, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *quoted = assay_quoted(name);

	switch (errno) {
	case EEXIST:
		return fail_member(name, "its name is taken by an earlier member or source", err);
	case ELOOP:
	case ENOTDIR:
	case EXDEV:
		return fail_member(name, "its path leads through a link or a file", err);
	case ENAMETOOLONG:
		return fail_member(name, "its name is too long", err);
	case ENOSPC:
		return assay_fail(err, ASSAY_E_LIMIT, "member %s: build.limits.disk is reached",
		                  quoted);
	default:
		return assay_fail_errno(err, "member %.*s", NAME_SHOWN, quoted);
	}
}

/*
 * The path below the build folder for a name in the archive: without "." and empty components,
 * less the ones that are stripped, behind "into".
 *
 * Return: 1 with *path, 0 when all of it was stripped, -1
 */
static int make_path(const struct assay_untar *job, const char *name, struct assay_buffer *path,
                     struct assay_error *err)
{
	uint32_t strip = job->strip;
	size_t kept = 0;

	if (name == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a member has a name that is not UTF-8");
	if (name[0] == '/')
		return fail_member(name, "its name is absolute", err);
	assay_buffer_add_str(path, job->into);
	for (const char *p = name; *p != '\0'; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		if (len == 2 && p[0] == '.' && p[1] == '.')
			return fail_member(name, "its name goes up with \"..\"", err);
		if (len == 1 && p[0] == '.') {
			p += len;
			continue;
		}
		if (strip > 0) {
			strip--;
		} else {
			assay_buffer_printf(path, "/%.*s", (int)len, p);
			kept++;
		}
		p += len;
	}
	return kept > 0;
}

bool assay_untar_link_stays(const char *link, const char *target)
{
	int64_t depth = -1; /* the last component is the link itself */

	for (const char *p = link; *p != '\0'; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		depth += !(len == 1 && *p == '.');
		p += len;
	}
	if (target[0] == '/' || target[0] == '\0')
		return false;
	for (const char *p = target; *p != '\0'; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		if (len == 2 && p[0] == '.' && p[1] == '.')
			depth--;
		else
			depth += !(len == 1 && *p == '.');
		if (depth < 0)
			return false;
		p += len;
	}
	return true;
}

static int fail_total(const struct untar *untar, struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_LIMIT,
	                  "holds more than build.limits.disk: %" PRIu64 " bytes",
	                  untar->job->limit);
}

static int write_at(int fd, struct assay_span span, la_int64_t offset)
{
	for (size_t done = 0; done < span.len;) {
		ssize_t put =
			pwrite(fd, span.ptr + done, span.len - done, offset + (la_int64_t)done);

		if (put < 0)
			return -1;
		done += (size_t)put;
	}
	return 0;
}

static int add_content(struct untar *untar, int fd, const char *path, struct assay_error *err)
{
	la_int64_t offset;
	const void *ptr;
	size_t len;
	int got;

	while ((got = untar->library->read_data_block(untar->archive, &ptr, &len, &offset)) ==
	       ARCHIVE_OK) {
		untar->total += len;
		if (untar->total > untar->job->limit)
			return fail_total(untar, err);
		if (write_at(fd, assay_span_of(ptr, len), offset) < 0)
			return fail_write(path, err);
	}
	return got == ARCHIVE_EOF ? 0 : fail_archive(untar, err);
}

static int add_file(struct untar *untar, struct archive_entry *entry, const char *path,
                    struct assay_error *err)
{
	mode_t mode = (untar->library->entry_perm(entry) & 0111) != 0 ? 0755 : 0644;
	int64_t size = untar->library->entry_size(entry);
	ASSAY_AUTO_CLOSE int fd = -1;

	if (size < 0 || (uint64_t)size > untar->job->limit)
		return fail_total(untar, err);
	fd = assay_beneath_create(untar->job->dir, path, mode);
	if (fd < 0)
		return fail_write(path, err);
	if (add_content(untar, fd, path, err) < 0)
		return -1;
	/* What a sparse file ends in may be a hole. */
	return ftruncate(fd, size) < 0 ? fail_write(path, err) : 0;
}

static int add_link(const struct untar *untar, struct archive_entry *entry, const char *path,
                    struct assay_error *err)
{
	const char *target = untar->library->entry_symlink(entry);

	if (target == NULL || !assay_untar_link_stays(path, target))
		return fail_member(path, "it is a link that leads out of the build folder", err);
	return assay_beneath_symlink(untar->job->dir, path, target) < 0 ? fail_write(path, err) : 0;
}

static int add_hard_link(const struct untar *untar, struct archive_entry *entry, const char *path,
                         struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer target = { 0 };
	int got = make_path(untar->job, untar->library->entry_hardlink(entry), &target, err);

	if (got < 0)
		return -1;
	if (untar->library->entry_size(entry) > 0)
		return fail_member(path, "it is a hard link with content of its own", err);
	if (got == 0 || assay_beneath_link(untar->job->dir, assay_buffer_str(&target), path) < 0)
		return errno == ENOENT || errno == EINVAL || got == 0
		               ? fail_member(path, "it is a hard link to no earlier file", err)
		               : fail_write(path, err);
	return 0;
}

static int add_member(struct untar *untar, struct archive_entry *entry, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	int got = make_path(untar->job, untar->library->entry_pathname(entry), &path, err);
	const char *name = assay_buffer_str(&path);

	if (got <= 0)
		return got;
	if (untar->library->entry_hardlink(entry) != NULL)
		return add_hard_link(untar, entry, name, err);
	switch (untar->library->entry_filetype(entry)) {
	case AE_IFREG:
		return add_file(untar, entry, name, err);
	case AE_IFLNK:
		return add_link(untar, entry, name, err);
	case AE_IFDIR:
		/* Twice is no harm: folders have nothing that could differ here. */
		return assay_beneath_folders(untar->job->dir, name) < 0 ? fail_write(name, err) : 0;
	default:
		return fail_member(name, "it is a device, a fifo or a socket", err);
	}
}

static int unpack(struct untar *untar, struct assay_error *err)
{
	struct archive_entry *entry;
	la_int64_t end; /* uncompressed bytes read when the last member was done */
	int got;

	do {
		end = untar->library->filter_bytes(untar->archive, 0);
		got = untar->library->read_next_header(untar->archive, &entry);
		if (got != ARCHIVE_OK && got != ARCHIVE_EOF)
			return fail_archive(untar, err);
		if (got == ARCHIVE_OK && add_member(untar, entry, err) < 0)
			return -1;
	} while (got == ARCHIVE_OK);
	/* libarchive takes an archive without the two empty blocks at its end as complete. */
	if (untar->library->filter_bytes(untar->archive, 0) - end < TAR_BLOCK)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "cut short: the end of the archive is missing");
	return 0;
}

static int open_archive(const struct untar *untar, struct assay_error *err)
{
	const struct assay_archive_library *library = untar->library;
	struct archive *archive = untar->archive;

	if (archive == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM, "no memory for libarchive");
	(void)library->read_support_format_tar(archive);
	(void)library->read_support_filter_gzip(archive);
	(void)library->read_support_filter_bzip2(archive);
	(void)library->read_support_filter_xz(archive);
	(void)library->read_support_filter_lzma(archive);
	(void)library->read_support_filter_zstd(archive);
	return library->read_open_fd(archive, untar->job->input, BLOCK) == ARCHIVE_OK
	               ? 0
	               : fail_archive(untar, err);
}

int assay_untar(const struct assay_untar *job, struct assay_error *err)
{
	ASSAY_AUTO(close_archive)
	struct untar untar = { .job = job, .library = assay_archive(err) };
	mode_t mask;
	int failed;

	if (untar.library == NULL)
		return -1;
	untar.archive = untar.library->read_new();
	if (open_archive(&untar, err) < 0)
		return -1;
	mask = umask(022);
	failed = unpack(&untar, err);
	(void)umask(mask);
	return failed;
}
