/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of a volume descriptor, level by level. */
#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "formats/filesystem/iso/iso.h"

#define DIRECTORY 0x02
#define PATH_LIMIT 4096 /* bytes; PATH_MAX of Linux */

struct folder {
	size_t entry;
	uint64_t block, size;
};

struct walk {
	struct iso *iso;
	struct folder *queue; /* owned */
	size_t count, cap;
};

/* UCS-2 or UTF-16, the high byte first. */
static int add_joliet(struct assay_span name, struct assay_buffer *out, struct assay_error *err)
{
	for (size_t i = 0; i + 2 <= name.len; i += 2) {
		uint32_t c = (uint32_t)assay_load(name.ptr + i, 2, true);
		uint8_t bytes[3] = { (uint8_t)(0xe0 | c >> 12), (uint8_t)(0x80 | (c >> 6 & 63)),
			             (uint8_t)(0x80 | (c & 63)) };

		if (c >= 0xd800 && c < 0xe000)
			return assay_fail(err, ASSAY_E_FORMAT, "a name that is no UCS-2");
		if (c < 0x80)
			bytes[2] = (uint8_t)c;
		else if (c < 0x800)
			bytes[1] = (uint8_t)(0xc0 | c >> 6);
		assay_buffer_add(out,
		                 bytes + (c < 0x80    ? 2
		                          : c < 0x800 ? 1
		                                      : 0),
		                 c < 0x80    ? 1
		                 : c < 0x800 ? 2
		                             : 3);
	}
	return name.len % 2 == 0 ? 0 : assay_fail(err, ASSAY_E_FORMAT, "half a character");
}

/* "MOTD.TXT;1" is "MOTD.TXT", and "MOTD.;1" is "MOTD". */
static void cut_version(struct assay_buffer *name)
{
	static const char *const ends[] = { ";1", "." };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(ends); i++) {
		size_t len = strlen(ends[i]);

		if (name->len > len && memcmp(name->ptr + name->len - len, ends[i], len) == 0) {
			name->len -= len;
			name->ptr[name->len] = '\0';
		}
	}
}

static int read_name(const struct iso *iso, const struct iso_record *record,
                     const struct iso_extra *extra, struct assay_buffer *out,
                     struct assay_error *err)
{
	/* Of folders that were deep down, two may have one name of Rock Ridge. */
	bool named = extra->named && !extra->moved;
	struct assay_span span;

	if (named)
		assay_buffer_add(out, extra->name.ptr, extra->name.len);
	else if (iso->tree == ISO_JOLIET && add_joliet(record->name, out, err) < 0)
		return -1;
	else if (iso->tree == ISO_PLAIN)
		assay_buffer_add(out, record->name.ptr, record->name.len);
	if (!named)
		cut_version(out);
	span = assay_buffer_span(out);
	if (span.len == 0 || memchr(span.ptr, '/', span.len) != NULL ||
	    memchr(span.ptr, '\0', span.len) != NULL || assay_span_is(span, ".") ||
	    assay_span_is(span, ".."))
		return assay_fail_at(err, ASSAY_E_FORMAT, record->at, "not a file name");
	return 0;
}

/* Blocks of a folder: no other folder of the tree has them. */
static int enqueue(struct walk *walk, const struct folder *folder, struct assay_error *err)
{
	struct iso *iso = walk->iso;
	uint64_t count = folder->size / ISO_BLOCK;

	if (folder->size == 0 || folder->size % ISO_BLOCK != 0 || folder->block > iso->blocks ||
	    count > iso->blocks - folder->block)
		return assay_fail(err, ASSAY_E_FORMAT, "a folder past the end");
	for (uint64_t i = folder->block; i < folder->block + count; i++) {
		if ((iso->seen[i] & ISO_SEEN_FOLDER) != 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, i * ISO_BLOCK,
			                     "a folder with two names");
		iso->seen[i] |= ISO_SEEN_FOLDER;
		iso->folders[i] = 1 + (i > folder->block);
	}
	iso->folder_count++;
	assay_grow(&walk->queue, &walk->cap, walk->count, sizeof(*walk->queue));
	walk->queue[walk->count++] = *folder;
	return 0;
}

int iso_content(struct iso *iso, size_t entry, uint64_t block, uint64_t size,
                struct assay_error *err)
{
	struct assay_contents *out = iso->out;
	uint64_t at = block * ISO_BLOCK, slack = -size % ISO_BLOCK;
	size_t owner;

	if (size == 0)
		return 0;
	if (block >= iso->blocks || !assay_span_holds(iso->image, at, size))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "content past the end");
	owner = iso->owners[block];
	if (owner != 0 && assay_entry_size(&out->entries[owner - 1]) == size) {
		out->entries[entry].type = ASSAY_ENTRY_LINK;
		return assay_contents_text(out, &out->entries[entry].link,
		                           assay_span_of_str(out->entries[owner - 1].name), err);
	}
	iso->owners[block] = entry + 1;
	out->entries[entry].content = assay_span_sub(iso->image, at, size);
	(void)assay_contents_part_at(out, entry, ASSAY_ROLE_CONTENT, "content", at, size);
	if (slack > iso->image.len - at - size)
		slack = iso->image.len - at - size;
	iso_padding(iso, entry, "bytes behind the content", at + size, slack);
	return 0;
}

/* What Rock Ridge says of a type, or else the record. */
static enum assay_entry_type type_of(const struct iso_record *record, const struct iso_extra *extra)
{
	enum assay_entry_type type =
		(record->flags & DIRECTORY) != 0 ? ASSAY_ENTRY_DIRECTORY : ASSAY_ENTRY_FILE;

	if (type == ASSAY_ENTRY_DIRECTORY)
		return type;
	if (extra->relocated)
		return ASSAY_ENTRY_OTHER;
	if (extra->mode != 0 && !assay_entry_type_of(extra->mode, &type))
		return ASSAY_ENTRY_OTHER;
	return type == ASSAY_ENTRY_DIRECTORY ? ASSAY_ENTRY_OTHER : type;
}

static int fill_entry(struct walk *walk, const struct folder *folder, size_t entry,
                      const struct iso_record *record, const struct iso_extra *extra,
                      struct assay_error *err)
{
	struct iso *iso = walk->iso;
	const char *above = iso->out->entries[folder->entry].name;
	ASSAY_AUTO_BUFFER struct assay_buffer name = { 0 };
	ASSAY_AUTO_FREE char *path = NULL;
	enum assay_entry_type type = type_of(record, extra);

	if (read_name(iso, record, extra, &name, err) < 0)
		return -1;
	path = assay_asprintf("%s%s%s", strcmp(above, ".") == 0 ? "" : above,
	                      strcmp(above, ".") == 0 ? "" : "/", assay_buffer_str(&name));
	if (strlen(path) > PATH_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes", PATH_LIMIT);
	iso->out->entries[entry].type = type;
	if (assay_contents_text(iso->out, &iso->out->entries[entry].name, assay_span_of_str(path),
	                        err) < 0)
		return -1;
	if (type == ASSAY_ENTRY_SYMLINK && extra->linked)
		return assay_contents_text(iso->out, &iso->out->entries[entry].link,
		                           assay_buffer_span(&extra->link), err);
	if (type == ASSAY_ENTRY_DIRECTORY)
		return enqueue(walk, &(struct folder){ entry, record->block, record->size }, err);
	return type == ASSAY_ENTRY_FILE ? iso_content(iso, entry, record->block, record->size, err)
	                                : 0;
}

/* The first two records are the folder itself and the one above it: names of one byte, 0 and 1. */
static bool is_dots(const struct iso_record *record)
{
	return record->name.len == 1 && record->name.ptr[0] <= 1;
}

static int read_record(struct walk *walk, const struct folder *folder, uint64_t at, uint64_t end,
                       struct iso_record *record, struct assay_error *err)
{
	ASSAY_AUTO_ISO_EXTRA struct iso_extra extra = { 0 };
	struct iso *iso = walk->iso;
	size_t entry;

	if (iso_record_read(iso, at, end, record, err) < 0)
		return -1;
	if (is_dots(record)) {
		if (record->name.ptr[0] == 0 && record->block != folder->block)
			return assay_fail_at(err, ASSAY_E_FORMAT, at, "a folder that is elsewhere");
		if (folder == &walk->queue[0] && at == folder->block * ISO_BLOCK)
			iso_susp_begin(iso, record);
		return iso_record_emit(iso, folder->entry, record, &extra, err);
	}
	entry = iso->out->entry_count;
	if (assay_contents_entry(iso->out, iso->budget, ASSAY_ENTRY_FILE, err) < 0 ||
	    iso_record_emit(iso, entry, record, &extra, err) < 0)
		return -1;
	return fill_entry(walk, folder, entry, record, &extra, err);
}

/* Records do not cross blocks; behind the last one of each are zeros. */
static int read_block(struct walk *walk, size_t index, uint64_t at, struct assay_error *err)
{
	uint64_t end = at + ISO_BLOCK;

	while (at < end && walk->iso->image.ptr[at] != 0) {
		const struct folder folder = walk->queue[index];
		struct iso_record record;

		if (read_record(walk, index == 0 ? walk->queue : &folder, at, end, &record, err) <
		    0)
			return -1;
		at += record.bytes.len;
	}
	iso_padding(walk->iso, walk->queue[index].entry, "bytes behind the records", at, end - at);
	return 0;
}

static int read_folders(struct walk *walk, const struct iso_record *root, struct assay_error *err)
{
	struct iso *iso = walk->iso;
	ASSAY_AUTO_FREE char *name = iso->tree_number == 0
	                                     ? assay_strdup(".")
	                                     : assay_asprintf("tree-%u:", iso->tree_number + 1);
	size_t entry = iso->out->entry_count;

	if (assay_contents_entry(iso->out, iso->budget, ASSAY_ENTRY_DIRECTORY, err) < 0 ||
	    assay_contents_text(iso->out, &iso->out->entries[entry].name, assay_span_of_str(name),
	                        err) < 0 ||
	    enqueue(walk, &(struct folder){ entry, root->block, root->size }, err) < 0)
		return -1;
	for (size_t i = 0; i < walk->count; i++) {
		uint64_t at = walk->queue[i].block * ISO_BLOCK, end = at + walk->queue[i].size;

		for (; at < end; at += ISO_BLOCK)
			if (read_block(walk, i, at, err) < 0)
				return -1;
	}
	return 0;
}

int iso_walk(struct iso *iso, const struct iso_record *root, struct assay_error *err)
{
	struct walk walk = { .iso = iso };
	int result;

	memset(iso->folders, 0, iso->blocks);
	iso->folder_count = 0;
	result = read_folders(&walk, root, err);
	free(walk.queue);
	return result;
}
