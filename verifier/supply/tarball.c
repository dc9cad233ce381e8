/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/tarball.h"

#include <string.h>
#include <sys/stat.h>

#include "base/libarchive.h"
#include "base/memory.h"
#include "base/quote.h"
#include "base/rules.h"

#define ENTRIES_MAX (1u << 20)
#define RATIO_MAX 1000
#define RATIO_FROM (UINT64_C(64) << 20) /* bytes that may always be unpacked */

uint64_t assay_tarball_bytes_max(size_t packed)
{
	uint64_t most;

	if (__builtin_mul_overflow((uint64_t)packed, (uint64_t)RATIO_MAX, &most))
		most = UINT64_MAX;
	return most > RATIO_FROM ? most : RATIO_FROM;
}

/* An archive while it is read. */
struct assay_tarball_opened {
	const struct assay_archive_library *library;
	struct archive *archive;
};

static void close_archive(struct assay_tarball_opened *opened)
{
	if (opened->archive != NULL)
		(void)opened->library->read_free(opened->archive);
}

static int fail_archive(const struct assay_tarball_opened *opened, struct assay_error *err)
{
	const char *why = opened->library->error_string(opened->archive);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(why != NULL ? why : "cannot be read");

	return assay_fail(err, ASSAY_E_FORMAT, "%s", quoted);
}

static int open_archive(const struct assay_tarball *tarball, struct assay_tarball_opened *opened,
                        struct assay_error *err)
{
	const struct assay_archive_library *library = assay_archive(err);
	struct archive *archive;

	if (library == NULL)
		return -1;
	archive = library->read_new();
	if (archive == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM, "libarchive: no memory");
	*opened = (struct assay_tarball_opened){ library, archive };
	/*
	 * Names are bytes: this program never leaves the "C" locale. (dpkg-deb writes GNU tar; a
	 * name in a pax header that is not ASCII would be converted, and is refused.)
	 */
	if (library->read_support_format_tar(archive) != ARCHIVE_OK ||
	    library->read_append_filter(archive, tarball->filter) != ARCHIVE_OK ||
	    library->read_open_memory(archive, tarball->bytes.ptr, tarball->bytes.len) !=
	            ARCHIVE_OK)
		return fail_archive(opened, err);
	return 0;
}

/* "./usr/bin/" is usr/bin, "./" the root. Return: NULL when the name cannot be trusted */
static const char *normalise(char *name)
{
	size_t len;

	while (name[0] == '.' && name[1] == '/')
		name += strspn(name + 1, "/") + 1;
	len = strlen(name);
	while (len > 0 && name[len - 1] == '/')
		name[--len] = '\0';
	if (len == 0 || strcmp(name, ".") == 0)
		return "";
	return assay_rule_relative_path(name) == NULL ? name : NULL;
}

/* What of an entry depends on its type. name and target: copies that may be written to. */
static int fill_entry(const struct assay_archive_library *library, struct archive_entry *entry,
                      char *name, char *target, struct assay_tarball_entry *out,
                      struct assay_error *err)
{
	mode_t type = library->entry_filetype(entry);

	out->path = *name != '/' ? normalise(name) : NULL;
	out->target = target;
	out->mode = library->entry_perm(entry) & 0777;
	out->size = 0;
	if (out->path == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "the name leads out of the tree");
	if (library->entry_hardlink(entry) != NULL) {
		out->type = ASSAY_TARBALL_HARD_LINK;
		out->target = *target != '/' ? normalise(target) : NULL;
		if (out->target == NULL || *out->target == '\0')
			return assay_fail(err, ASSAY_E_FORMAT, "a hard link leads out of the tree");
	} else if (type == AE_IFREG) {
		out->type = ASSAY_TARBALL_FILE;
		if (!library->entry_size_is_set(entry) || library->entry_size(entry) < 0)
			return assay_fail(err, ASSAY_E_FORMAT, "a file without a size");
		out->size = (uint64_t)library->entry_size(entry);
	} else if (type == AE_IFDIR) {
		out->type = ASSAY_TARBALL_FOLDER;
	} else if (type == AE_IFLNK && *target != '\0') {
		out->type = ASSAY_TARBALL_LINK;
	} else {
		return assay_fail(err, ASSAY_E_FORMAT, "neither a file, a folder nor a link");
	}
	if (*out->path == '\0' && out->type != ASSAY_TARBALL_FOLDER)
		return assay_fail(err, ASSAY_E_FORMAT, "the root is not a folder");
	return 0;
}

static int visit_entry(struct assay_tarball_opened *opened, struct archive_entry *entry,
                       uint64_t *bytes_left, assay_tarball_visit *visit, void *context,
                       struct assay_error *err)
{
	const struct assay_archive_library *library = opened->library;
	const char *name = library->entry_pathname(entry);
	const char *target = library->entry_hardlink(entry);
	ASSAY_AUTO_FREE char *own_name = NULL, *own_target = NULL, *quoted = NULL;
	struct assay_tarball_entry out = { .content = opened };

	if (target == NULL)
		target = library->entry_symlink(entry);
	if (name == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "an entry without a name");
	own_name = assay_strdup(name);
	own_target = assay_strdup(target != NULL ? target : "");
	quoted = assay_quoted(name);
	if (fill_entry(library, entry, own_name, own_target, &out, err) < 0)
		return assay_fail_in(err, "%s", quoted);
	if (out.size > *bytes_left)
		return assay_fail(err, ASSAY_E_LIMIT, "%s: unpacks to too many bytes", quoted);
	*bytes_left -= out.size;
	return visit(context, &out, err) < 0 ? assay_fail_in(err, "%s", quoted) : 0;
}

int assay_tarball_walk(const struct assay_tarball *tarball, assay_tarball_visit *visit,
                       void *context, struct assay_error *err)
{
	ASSAY_AUTO(close_archive) struct assay_tarball_opened opened = { 0 };
	uint64_t bytes_left = tarball->bytes_max;
	struct archive_entry *entry;
	unsigned count = 0;
	int got;

	if (open_archive(tarball, &opened, err) < 0)
		return assay_fail_in(err, "%s", tarball->what);
	while ((got = opened.library->read_next_header(opened.archive, &entry)) == ARCHIVE_OK) {
		if (++count > ENTRIES_MAX)
			return assay_fail(err, ASSAY_E_LIMIT, "%s: more than %u entries",
			                  tarball->what, ENTRIES_MAX);
		if (visit_entry(&opened, entry, &bytes_left, visit, context, err) < 0)
			return assay_fail_in(err, "%s", tarball->what);
	}
	if (got != ARCHIVE_EOF)
		(void)fail_archive(&opened, err);
	return got == ARCHIVE_EOF ? 0 : assay_fail_in(err, "%s", tarball->what);
}

ssize_t assay_tarball_read(const struct assay_tarball_entry *entry, void *block, size_t len,
                           struct assay_error *err)
{
	const struct assay_tarball_opened *opened = entry->content;
	ssize_t got = opened->library->read_data(opened->archive, block, len);

	return got < 0 ? fail_archive(opened, err) : got;
}
