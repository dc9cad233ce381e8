/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/entries.h"

#include <inttypes.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "formats/archive/cpio_header.h"
#include "formats/archive/tar_header.h"
#include "formats/content.h"

#define MODE_BITS 07777

static const char capability_name[] = "security.capability"; /* capabilities(7) */

/* One container and what is made of it. */
struct listing {
	struct assay_contents *contents;
	struct assay_budget *budget;
	struct assay_reference_files *files;
};

static struct assay_span part_named(const struct assay_contents *contents,
                                    const struct assay_entry *entry, const char *what)
{
	for (size_t i = 0; i < entry->part_count; i++) {
		const struct assay_part *part = &contents->parts[entry->first_part + i];

		if (strcmp(part->what, what) == 0)
			return assay_span_sub(contents->span, part->offset, part->length);
	}
	return assay_span_of(NULL, 0);
}

static void set_capability(struct assay_reference_file *out, struct assay_span value)
{
	ASSAY_AUTO_BUFFER struct assay_buffer hex = { 0 };

	assay_buffer_add_hex(&hex, value);
	free(out->capability);
	out->capability = assay_strdup(assay_buffer_str(&hex));
}

static bool set_type(enum assay_entry_type type, enum assay_file_type *out)
{
	static const struct {
		enum assay_entry_type from;
		enum assay_file_type to;
	} rows[] = {
		{ ASSAY_ENTRY_FILE, ASSAY_FILE_REGULAR },
		{ ASSAY_ENTRY_SYMLINK, ASSAY_FILE_SYMLINK },
		{ ASSAY_ENTRY_DIRECTORY, ASSAY_FILE_FOLDER },
		{ ASSAY_ENTRY_CHARACTER, ASSAY_FILE_CHARACTER },
		{ ASSAY_ENTRY_BLOCK, ASSAY_FILE_BLOCK },
		{ ASSAY_ENTRY_FIFO, ASSAY_FILE_FIFO },
		{ ASSAY_ENTRY_SOCKET, ASSAY_FILE_SOCKET },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if (rows[i].from == type) {
			*out = rows[i].to;
			return true;
		}
	return false;
}

/* --- squashfs: everything is an attribute ---------------------------------------------------- */

static const struct assay_attribute *attribute_of(const struct assay_contents *contents,
                                                  const struct assay_entry *entry, const char *key,
                                                  const char *name)
{
	for (size_t i = 0; i < entry->attribute_count; i++) {
		const struct assay_attribute *attribute =
			&contents->attributes[entry->first_attribute + i];

		if (strcmp(attribute->key, key) == 0 && assay_span_is(attribute->name, name))
			return attribute;
	}
	return NULL;
}

static uint64_t number_of(const struct assay_contents *contents, const struct assay_entry *entry,
                          const char *key)
{
	const struct assay_attribute *attribute = attribute_of(contents, entry, key, "");

	return attribute != NULL ? attribute->number : 0;
}

static int take_squashfs(const struct assay_contents *contents, const struct assay_entry *entry,
                         struct assay_reference_file *out, struct assay_error *err)
{
	const struct assay_attribute *capability =
		attribute_of(contents, entry, "xattr", capability_name);

	if (!set_type(entry->type, &out->type) || attribute_of(contents, entry, "mode", "") == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a type that has no file");
	out->mode = (uint32_t)number_of(contents, entry, "mode") & MODE_BITS;
	out->uid = number_of(contents, entry, "uid");
	out->gid = number_of(contents, entry, "gid");
	out->device = number_of(contents, entry, "device");
	if (capability != NULL)
		set_capability(out, capability->bytes);
	return 0;
}

/* --- tar: the header, and what pax says about owners ----------------------------------------- */

/* Digits of a base up to the end, a space or a NUL. */
static bool parse_digits(struct assay_span text, unsigned base, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] < '0' + base; i++)
		if (__builtin_mul_overflow(*out, (uint64_t)base, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(text.ptr[i] - '0'), out))
			return false;
	return i > 0 && (i == text.len || text.ptr[i] == ' ' || text.ptr[i] == '\0');
}

/* Source: tar_header.h; offsets and lengths of the ustar header. */
static int take_tar_header(struct assay_span header, const struct assay_entry *entry,
                           struct assay_reference_file *out, struct assay_error *err)
{
	static const struct {
		char type;
		enum assay_file_type file;
	} others[] = {
		{ '3', ASSAY_FILE_CHARACTER },
		{ '4', ASSAY_FILE_BLOCK },
		{ '6', ASSAY_FILE_FIFO },
	};
	uint64_t mode, major = 0, minor = 0;
	bool typed = set_type(entry->type, &out->type);

	if (header.len != ASSAY_TAR_BLOCK ||
	    !parse_digits(assay_span_sub(header, 100, 8), 8, &mode) ||
	    !parse_digits(assay_span_sub(header, 108, 8), 8, &out->uid) ||
	    !parse_digits(assay_span_sub(header, 116, 8), 8, &out->gid))
		return assay_fail(err, ASSAY_E_FORMAT, "mode or owner: not in octal digits");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(others); i++)
		if (others[i].type == (char)header.ptr[156]) {
			out->type = others[i].file;
			typed = true;
		}
	out->mode = (uint32_t)mode & MODE_BITS;
	if (out->type == ASSAY_FILE_CHARACTER || out->type == ASSAY_FILE_BLOCK)
		typed = typed && parse_digits(assay_span_sub(header, 329, 8), 8, &major) &&
		        parse_digits(assay_span_sub(header, 337, 8), 8, &minor) &&
		        major <= UINT32_MAX >> 1 && minor <= UINT32_MAX;
	out->device = major << 32 | minor;
	return typed || entry->type == ASSAY_ENTRY_LINK
	               ? 0
	               : assay_fail(err, ASSAY_E_FORMAT, "a type that has no file");
}

static int take_pax(struct assay_span records, struct assay_reference_file *out,
                    struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(records, false);

	while (assay_cursor_left(&cur) > 0) {
		struct assay_span key = { 0 }, value = { 0 };
		bool good = true;

		if (assay_tar_record(&cur, &key, &value, err) < 0)
			return -1;
		if (assay_span_is(key, "uid"))
			good = parse_digits(value, 10, &out->uid);
		else if (assay_span_is(key, "gid"))
			good = parse_digits(value, 10, &out->gid);
		else if (assay_span_is(key, "SCHILY.xattr.security.capability"))
			set_capability(out, value);
		if (!good)
			return assay_fail(err, ASSAY_E_FORMAT, "pax: no owner");
	}
	return 0;
}

static int take_tar(const struct assay_contents *contents, const struct assay_entry *entry,
                    struct assay_reference_file *out, struct assay_error *err)
{
	struct assay_reference_file ignored = { 0 };

	if (take_tar_header(part_named(contents, entry, "header"), entry, out, err) < 0)
		return -1;
	/* One that speaks for all files behind it: programs do not agree on it. */
	if (take_pax(part_named(contents, entry, "global pax header"), &ignored, err) < 0)
		return -1;
	if (ignored.uid != 0 || ignored.gid != 0 || ignored.capability != NULL) {
		free(ignored.capability);
		return assay_fail(err, ASSAY_E_FORMAT, "a global header with an owner");
	}
	return take_pax(part_named(contents, entry, "pax header"), out, err);
}

/* --- cpio ------------------------------------------------------------------------------------ */

static int take_cpio(const struct assay_contents *contents, const struct assay_entry *entry,
                     struct assay_reference_file *out, struct assay_error *err)
{
	struct assay_cpio_header header;

	if (assay_cpio_header(part_named(contents, entry, "header"), &header, err) < 0)
		return -1;
	if (!set_type(entry->type, &out->type))
		return assay_fail(err, ASSAY_E_FORMAT, "a type that has no file");
	/* The content of such a file stands with the last of its names. */
	if (header.nlink > 1 && out->type == ASSAY_FILE_REGULAR)
		return assay_fail(err, ASSAY_E_FORMAT, "a hard link in a cpio archive");
	out->mode = header.mode & MODE_BITS;
	out->uid = header.uid;
	out->gid = header.gid;
	if (out->type == ASSAY_FILE_CHARACTER || out->type == ASSAY_FILE_BLOCK)
		out->device = header.rdev;
	return 0;
}

static const struct {
	const char *reader;
	int (*take)(const struct assay_contents *contents, const struct assay_entry *entry,
	            struct assay_reference_file *out, struct assay_error *err);
} takers[] = {
	{ "squashfs", take_squashfs },
	{ "tar", take_tar },
	{ "cpio", take_cpio },
};

/* --- all of them ----------------------------------------------------------------------------- */

static int add_content(struct listing *listing, size_t index, struct assay_reference_file *file,
                       struct assay_error *err)
{
	ASSAY_AUTO_CONTENT struct assay_content content = { 0 };

	if (file->type != ASSAY_FILE_REGULAR)
		return 0;
	if (assay_content_open(listing->contents, index, listing->budget, &content, err) < 0)
		return -1;
	file->size = content.span.len;
	assay_sha256(content.span, &file->sha256);
	return 0;
}

static char *quoted_place(const char *name)
{
	ASSAY_AUTO_FREE char *place = assay_path_place(name);

	return place != NULL ? assay_quoted(place) : NULL;
}

/* A hard link is another name of a file that came before it. */
static int add_hard_link(struct listing *listing, const struct assay_entry *entry, const char *path,
                         struct assay_error *err)
{
	ASSAY_AUTO_FREE char *target = entry->link != NULL ? quoted_place(entry->link) : NULL;
	struct assay_reference_files *files = listing->files;

	for (size_t i = files->count; target != NULL && i > 0; i--) {
		struct assay_reference_file *link;
		struct assay_reference_file found = files->items[i - 1];

		if (strcmp(found.path, target) != 0)
			continue;
		link = assay_reference_file_add(files);
		*link = found;
		link->path = assay_strdup(path);
		link->link = found.link != NULL ? assay_strdup(found.link) : NULL;
		link->capability = found.capability != NULL ? assay_strdup(found.capability) : NULL;
		return 0;
	}
	return assay_fail(err, ASSAY_E_FORMAT, "a hard link to nothing");
}

static int add_entry(struct listing *listing, size_t taker, size_t index, const char *path,
                     struct assay_error *err)
{
	const struct assay_entry *entry = &listing->contents->entries[index];
	struct assay_reference_file *file;

	if (entry->type == ASSAY_ENTRY_LINK)
		return add_hard_link(listing, entry, path, err);
	file = assay_reference_file_add(listing->files);
	file->path = assay_strdup(path);
	if (takers[taker].take(listing->contents, entry, file, err) < 0)
		return -1;
	if (file->type == ASSAY_FILE_SYMLINK)
		file->link = assay_quoted(entry->link != NULL ? entry->link : "");
	return add_content(listing, index, file, err);
}

static int add_all(struct listing *listing, size_t taker, struct assay_error *err)
{
	if (listing->contents->partial != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not read to its end: %s",
		                  listing->contents->partial);
	if (listing->contents->trailing > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "%" PRIu64 " bytes behind its end",
		                  listing->contents->trailing);
	for (size_t i = 0; i < listing->contents->entry_count; i++) {
		const char *name = listing->contents->entries[i].name;
		ASSAY_AUTO_FREE char *path = quoted_place(name), *shown = assay_quoted(name);

		if (path == NULL)
			return assay_fail(err, ASSAY_E_FORMAT, "%s leads out of the tree", shown);
		if (add_entry(listing, taker, i, path, err) < 0)
			return assay_fail_in(err, "%s", shown);
	}
	return assay_reference_files_sort(listing->files, err);
}

static bool is_stream(const struct assay_contents *contents)
{
	return contents->entry_count == 1 && contents->entries[0].type == ASSAY_ENTRY_STREAM &&
	       contents->trailing == 0 && contents->partial == NULL;
}

/* The depth of the recursion is the depth limit of the budget. */
static int open_at(struct assay_span file, struct assay_budget *budget, unsigned depth,
                   struct assay_reference_files *out, struct assay_error *err)
{
	ASSAY_AUTO_CONTENTS struct assay_contents contents = { 0 };
	ASSAY_AUTO_CONTENT struct assay_content content = { 0 };
	const struct assay_reader *reader = assay_reader_for(file);

	if (reader == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no tree that can be read");
	if (depth >= budget->limits.depth)
		return assay_fail(err, ASSAY_E_LIMIT, "containers more than %u deep",
		                  budget->limits.depth);
	if (assay_contents_read(reader, file, budget, &contents, err) < 0)
		return assay_fail_in(err, "%s", reader->name);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(takers); i++)
		if (strcmp(takers[i].reader, reader->name) == 0)
			return add_all(&(struct listing){ &contents, budget, out }, i, err);
	if (!is_stream(&contents))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "%s: a format that says too little about files", reader->name);
	if (assay_content_open(&contents, 0, budget, &content, err) < 0)
		return -1;
	return open_at(content.span, budget, depth + 1, out, err);
}

int assay_field_entries(struct assay_span file, const struct assay_unpack_limits *limits,
                        struct assay_reference_files *out, struct assay_error *err)
{
	struct assay_budget budget = assay_budget_of(limits);

	return open_at(file, &budget, 0, out, err);
}
