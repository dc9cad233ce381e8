/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supply/deb.h"

#include <string.h>

#include "base/libarchive.h"
#include "formats/reader.h"

#define CONTROL_BYTES_MAX (UINT64_C(16) << 20)

static const struct {
	const char *suffix;
	int filter;
} filters[] = {
	{ "", ARCHIVE_FILTER_NONE },      { ".gz", ARCHIVE_FILTER_GZIP },
	{ ".xz", ARCHIVE_FILTER_XZ },     { ".zst", ARCHIVE_FILTER_ZSTD },
	{ ".bz2", ARCHIVE_FILTER_BZIP2 }, { ".lzma", ARCHIVE_FILTER_LZMA },
};

static int take_part(const struct assay_entry *entry, const char *what, struct assay_tarball *out,
                     struct assay_error *err)
{
	size_t len = strlen(what);

	for (size_t i = 0; strncmp(entry->name, what, len) == 0 && i < ASSAY_ARRAY_LEN(filters);
	     i++) {
		if (strcmp(entry->name + len, filters[i].suffix) != 0)
			continue;
		*out = (struct assay_tarball){ what, entry->content, filters[i].filter, 0 };
		return 0;
	}
	return assay_fail(err, ASSAY_E_FORMAT, "not a Debian package: no %s in its place", what);
}

/* deb(5) has room for more members; packages of Debian have three. */
static int take_members(const struct assay_contents *contents, struct assay_deb *out,
                        struct assay_error *err)
{
	const struct assay_entry *entries = contents->entries;

	if (contents->entry_count != 3 || strcmp(entries[0].name, "debian-binary") != 0 ||
	    !assay_span_starts(entries[0].content, "2.", 2))
		return assay_fail(err, ASSAY_E_FORMAT, "not a Debian package of format 2");
	if (contents->parts[contents->part_count - 1].entry == ASSAY_NO_ENTRY)
		return assay_fail(err, ASSAY_E_FORMAT, "bytes behind the last member");
	if (take_part(&entries[1], "control.tar", &out->control, err) < 0)
		return -1;
	return take_part(&entries[2], "data.tar", &out->data, err);
}

int assay_deb_open(struct assay_span package, struct assay_deb *out, struct assay_error *err)
{
	const struct assay_unpack_limits limits = { .members = 64, .tables = 1 << 20 };
	struct assay_budget budget = assay_budget_for(&limits, package.len);
	ASSAY_AUTO_CONTENTS struct assay_contents contents = { 0 };
	const struct assay_reader *reader = assay_reader_for(package);

	if (reader == NULL || strcmp(reader->name, "ar") != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not a Debian package: no ar archive");
	if (assay_contents_read(reader, package, &budget, &contents, err) < 0 ||
	    take_members(&contents, out, err) < 0)
		return -1;
	out->control.bytes_max = CONTROL_BYTES_MAX;
	out->data.bytes_max = assay_tarball_bytes_max(package.len);
	return 0;
}
