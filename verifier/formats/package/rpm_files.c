/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file table: each tag of it has one value for each file, so each file is an entry and has its
 * values as parts. What it says about content must be true of the payload.
 */
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/package/rpm.h"
#include "formats/readers.h"

#define GHOST 64 /* include/rpm/rpmfiles.h: RPMFILE_GHOST: in the table and not in the payload */
#define TIMESTAMPS "rpm/timestamps@1"

/* A member of the payload, in the order of names without what stands in front of them. */
struct member {
	const char *name;
	size_t index;
};

/* The payload, to look files up. */
struct archive {
	struct assay_contents contents;
	struct member *members; /* owned */
	struct assay_span
		*linked; /* owned; for the first of some hard links the content of them all */
};

/* "./usr/x", "/usr/x" and "usr/x" are one file. */
static const char *plain_name(const char *name)
{
	if (name[0] == '.' && name[1] == '/')
		name++;
	return name[0] == '/' ? name + 1 : name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static void archive_fini(struct archive *archive)
{
	assay_contents_fini(&archive->contents);
	free(archive->members);
	free(archive->linked);
}

/* The first of the hard links that an entry is one of; the entry itself when it is alone. */
static size_t first_link(const struct assay_contents *contents, const struct assay_entry *entry)
{
	for (size_t i = 0; i < entry->attribute_count; i++) {
		const struct assay_attribute *attribute =
			&contents->attributes[entry->first_attribute + i];

		if (strcmp(attribute->key, "hard link of") == 0)
			return (size_t)attribute->number;
	}
	return (size_t)(entry - contents->entries);
}

/* Of several hard links one has the content, usually the last. */
static void find_content(struct archive *archive)
{
	const struct assay_contents *contents = &archive->contents;

	archive->linked = assay_calloc(contents->entry_count, sizeof(*archive->linked));
	for (size_t i = 0; i < contents->entry_count; i++) {
		const struct assay_entry *entry = &contents->entries[i];
		struct assay_span *linked = &archive->linked[first_link(contents, entry)];

		if (entry->type == ASSAY_ENTRY_FILE && linked->len == 0)
			*linked = entry->content;
	}
}

static int archive_read(struct assay_rpm *rpm, struct archive *out, struct assay_error *err)
{
	struct assay_contents *contents = &out->contents;

	if (assay_reader_for(rpm->unpacked) != &assay_reader_cpio)
		return assay_fail(err, ASSAY_E_FORMAT, "the payload is no cpio archive");
	if (assay_contents_read(&assay_reader_cpio, rpm->unpacked, rpm->budget, contents, err) < 0)
		return assay_fail_in(err, "payload");
	out->members = assay_calloc(contents->entry_count, sizeof(*out->members));
	for (size_t i = 0; i < contents->entry_count; i++)
		out->members[i] = (struct member){ plain_name(contents->entries[i].name), i };
	if (contents->entry_count > 0)
		qsort(out->members, contents->entry_count, sizeof(*out->members), by_name);
	find_content(out);
	return 0;
}

/* The one member of a name; NULL: none, or several, of which programs take one or another. */
static const struct assay_entry *archive_find(const struct archive *archive, const char *path)
{
	const struct member key = { plain_name(path), 0 };
	const struct member *end = archive->members + archive->contents.entry_count;
	const struct member *found = bsearch(&key, archive->members, archive->contents.entry_count,
	                                     sizeof(*archive->members), by_name);

	if (found == NULL || (found > archive->members && by_name(found - 1, found) == 0) ||
	    (found + 1 < end && by_name(found, found + 1) == 0))
		return NULL;
	return &archive->contents.entries[found->index];
}

/* A number of a tag; 0 when the tag is not there */
static uint64_t number_of(const struct assay_rpm_tag *tag, size_t i)
{
	return tag != NULL && i < tag->count ? assay_rpm_number(tag, i) : 0;
}

/* In: numbers of the file table */
static void look_up(struct assay_rpm *rpm, const struct archive *archive, size_t i, uint64_t flags,
                    uint64_t mode)
{
	struct assay_rpm_file *file = &rpm->files[i];
	const struct assay_entry *found =
		archive_find(archive, rpm->out->entries[file->entry].name);
	size_t first;

	if (found == NULL || (flags & GHOST) != 0)
		return;
	first = first_link(&archive->contents, found);
	file->counted = first == (size_t)(found - archive->contents.entries);
	if (found->type != ASSAY_ENTRY_FILE || !S_ISREG(mode))
		return;
	file->regular = true;
	file->content = found->content.len > 0 ? found->content : archive->linked[first];
}

static void look_up_all(struct assay_rpm *rpm, const struct archive *archive)
{
	const struct assay_rpm_tag *flags =
		assay_rpm_find(&rpm->main, ASSAY_RPM_FILEFLAGS, ASSAY_RPM_INT32);
	const struct assay_rpm_tag *modes =
		assay_rpm_find(&rpm->main, ASSAY_RPM_FILEMODES, ASSAY_RPM_INT16);

	for (size_t i = 0; i < rpm->file_count; i++)
		look_up(rpm, archive, i, number_of(flags, i), number_of(modes, i));
}

/* --- names --- */

static int add_file(struct assay_rpm *rpm, struct assay_span folder, struct assay_span base,
                    struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	struct assay_contents *out = rpm->out;

	assay_buffer_add(&path, folder.ptr, folder.len);
	assay_buffer_add(&path, base.ptr, base.len);
	if (path.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a file without a name");
	if (assay_contents_entry(out, rpm->budget, ASSAY_ENTRY_OTHER, err) < 0)
		return -1;
	rpm->files[rpm->file_count++] = (struct assay_rpm_file){ .entry = out->entry_count - 1 };
	return assay_contents_text(out, &assay_contents_newest(out)->name, assay_buffer_span(&path),
	                           err);
}

/* Names that stand as they are: up to rpm 3, and of the files of a source package. */
static int add_old_names(struct assay_rpm *rpm, const struct assay_rpm_tag *names,
                         struct assay_error *err)
{
	struct assay_span rest = names->value, none = { 0 };

	rpm->files = assay_calloc(names->count, sizeof(*rpm->files));
	for (uint32_t i = 0; i < names->count; i++)
		if (add_file(rpm, none, assay_rpm_string(&rest), err) < 0)
			return -1;
	return 0;
}

/* All strings of a tag. Owner: caller frees the list. */
static struct assay_span *list_strings(const struct assay_rpm_tag *tag)
{
	struct assay_span *list = assay_calloc(tag->count, sizeof(*list)), rest = tag->value;

	for (uint32_t i = 0; i < tag->count; i++)
		list[i] = assay_rpm_string(&rest);
	return list;
}

/* Names in folders. */
static int add_names(struct assay_rpm *rpm, const struct assay_rpm_tag *bases,
                     struct assay_error *err)
{
	const struct assay_rpm_tag *dirs =
		assay_rpm_find(&rpm->main, ASSAY_RPM_DIRNAMES, ASSAY_RPM_STRING_ARRAY);
	const struct assay_rpm_tag *places =
		assay_rpm_find(&rpm->main, ASSAY_RPM_DIRINDEXES, ASSAY_RPM_INT32);
	ASSAY_AUTO_FREE struct assay_span *folders = NULL;
	struct assay_span rest = bases->value;

	if (dirs == NULL || places == NULL || places->count != bases->count)
		return assay_fail(err, ASSAY_E_FORMAT, "file names without folders");
	folders = list_strings(dirs);
	rpm->files = assay_calloc(bases->count, sizeof(*rpm->files));
	for (uint32_t i = 0; i < bases->count; i++) {
		uint64_t place = assay_rpm_number(places, i);

		if (place >= dirs->count)
			return assay_fail(err, ASSAY_E_FORMAT, "a file in no folder");
		if (add_file(rpm, folders[place], assay_rpm_string(&rest), err) < 0)
			return -1;
	}
	return 0;
}

int assay_rpm_read_files(struct assay_rpm *rpm, struct assay_error *err)
{
	const struct assay_rpm_tag *bases =
		assay_rpm_find(&rpm->main, ASSAY_RPM_BASENAMES, ASSAY_RPM_STRING_ARRAY);
	const struct assay_rpm_tag *old =
		assay_rpm_find(&rpm->main, ASSAY_RPM_OLDFILENAMES, ASSAY_RPM_STRING_ARRAY);
	struct archive archive = { 0 };
	int result = 0;

	if (bases != NULL && old != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "two lists of file names");
	if (bases != NULL)
		result = add_names(rpm, bases, err);
	else if (old != NULL)
		result = add_old_names(rpm, old, err);
	if (result == 0)
		result = archive_read(rpm, &archive, err);
	if (result == 0)
		look_up_all(rpm, &archive);
	archive_fini(&archive);
	return result;
}

/* --- values --- */

bool assay_rpm_digest_kind(const struct assay_rpm *rpm, uint32_t tag, enum assay_digest_kind *out)
{
	/* RFC 4880, 9.4; a tag that is not there means MD5: docs/manual/tags.md, Filedigestalgo */
	static const struct {
		uint64_t number;
		enum assay_digest_kind kind;
	} kinds[] = {
		{ 0, ASSAY_DIGEST_MD5 },     { 1, ASSAY_DIGEST_MD5 },
		{ 2, ASSAY_DIGEST_SHA1 },    { 8, ASSAY_DIGEST_SHA256 },
		{ 9, ASSAY_DIGEST_SHA384 },  { 10, ASSAY_DIGEST_SHA512 },
		{ 11, ASSAY_DIGEST_SHA224 },
	};
	uint64_t number = number_of(assay_rpm_find(&rpm->main, tag, ASSAY_RPM_INT32), 0);

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++) {
		*out = kinds[i].kind;
		if (kinds[i].number == number)
			return true;
	}
	return false;
}

static bool is_size(const struct assay_rpm_tag *tag)
{
	return (tag->tag == ASSAY_RPM_FILESIZES && tag->type == ASSAY_RPM_INT32) ||
	       (tag->tag == ASSAY_RPM_LONGFILESIZES && tag->type == ASSAY_RPM_INT64);
}

static bool is_digest(const struct assay_rpm_tag *tag)
{
	return tag->tag == ASSAY_RPM_FILEDIGESTS && tag->type == ASSAY_RPM_STRING_ARRAY;
}

/* Whether a value says of the payload's file what is so. In: value, with the NUL of a string */
static bool is_true(const struct assay_rpm *rpm, const struct assay_rpm_tag *tag, size_t i,
                    struct assay_span value)
{
	enum assay_digest_kind kind;

	if (is_size(tag))
		return assay_rpm_number(tag, i) == rpm->files[i].content.len;
	return assay_rpm_digest_kind(rpm, ASSAY_RPM_FILEDIGESTALGO, &kind) &&
	       assay_digest_is_hex(kind, rpm->files[i].content,
	                           assay_span_sub(value, 0, value.len - 1));
}

/*
 * A value that follows from the payload belongs to the payload: it may differ where that does.
 * What is said about no file of the payload must be equal, and so must what is false.
 */
static void add_value(struct assay_rpm *rpm, const struct assay_rpm_tag *tag, const char *what,
                      size_t i, struct assay_span value, uint64_t at)
{
	struct assay_contents *out = rpm->out;
	const struct assay_rpm_file *file = &rpm->files[i];
	bool follows = (is_size(tag) || (is_digest(tag) && value.len > 1)) && file->regular;
	bool good = follows && is_true(rpm, tag, i, value);
	struct assay_part *part;

	if (follows && !good)
		assay_contents_false(out, file->entry, what, at, value.len);
	part = assay_contents_part_at(out, good ? ASSAY_RPM_PAYLOAD : file->entry,
	                              good ? ASSAY_ROLE_CHECK : ASSAY_ROLE_FIXED, what, at,
	                              value.len);
	if (tag->tag == ASSAY_RPM_FILEMTIMES && tag->type == ASSAY_RPM_INT32) {
		part->role = ASSAY_ROLE_OPAQUE;
		part->rule = TIMESTAMPS;
	}
}

int assay_rpm_read_file_tag(struct assay_rpm *rpm, const struct assay_rpm_tag *tag,
                            const struct assay_rpm_tag_name *name, struct assay_error *err)
{
	uint64_t at = 0;

	if (tag->count != rpm->file_count)
		return assay_fail_at(err, ASSAY_E_FORMAT, tag->record,
		                     "%s has %u values, for %zu files", name->name, tag->count,
		                     rpm->file_count);
	for (size_t i = 0; i < rpm->file_count; i++) {
		struct assay_span rest = assay_span_sub(tag->value, at, tag->value.len);
		size_t width = assay_rpm_width(tag, rest);

		add_value(rpm, tag, name->of_file, i, assay_span_sub(rest, 0, width),
		          tag->offset + at);
		at += width;
	}
	return 0;
}
