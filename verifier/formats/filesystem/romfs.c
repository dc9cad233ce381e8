/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * romfs: headers of 16 bytes, each with a name and its content behind it, chained into lists.
 *
 * Everything is judged by its bytes. A header belongs to one list, so that no chain can loop, and
 * what no chain leads to is fill or must be equal.
 *
 * Source: Linux Documentation/filesystems/romfs.rst and fs/romfs.
 * Limits: as Linux has it, a name has at most 128 bytes (ROMFS_MAXFN); content may not overlap.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/filesystem/extent.h"
#include "formats/readers.h"

#define MAGIC "-rom1fs-"
#define HEADER 16       /* bytes of a header; names and content are filled up to it */
#define SUMMED 512      /* bytes under the checksum of the image */
#define NAME_LIMIT 128  /* ROMFS_MAXFN */
#define PATH_LIMIT 4096 /* bytes; PATH_MAX of Linux */
#define FILLED 1024     /* genromfs fills an image up to a multiple of it */
#define TYPE_MASK 7     /* ROMFH_TYPE */

enum {
	HARD_LINK,
	DIRECTORY,
	REGULAR,
	SYMLINK
};

static const enum assay_entry_type types[] = {
	ASSAY_ENTRY_LINK,  ASSAY_ENTRY_DIRECTORY, ASSAY_ENTRY_FILE,   ASSAY_ENTRY_SYMLINK,
	ASSAY_ENTRY_BLOCK, ASSAY_ENTRY_CHARACTER, ASSAY_ENTRY_SOCKET, ASSAY_ENTRY_FIFO,
};

static const struct assay_field super_fields[] = {
	{ .what = "magic", .offset = 0, .length = 8, .role = ASSAY_ROLE_FIXED },
	{ .what = "size", .offset = 8, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "checksum", .offset = 12, .length = 4, .role = ASSAY_ROLE_CHECK },
	{ 0 },
};

static const struct assay_field header_fields[] = {
	{ .what = "next header and type", .offset = 0, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "place or device", .offset = 4, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "size", .offset = 8, .length = 4, .role = ASSAY_ROLE_SIZE },
	{ .what = "checksum", .offset = 12, .length = 4, .role = ASSAY_ROLE_CHECK },
	{ 0 },
};

/* A header whose list of names is to be read. */
struct folder {
	uint64_t first;
	size_t entry; /* ASSAY_NO_ENTRY: the root */
};

struct romfs {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image;
	size_t *entries;      /* for each 16 bytes, the entry whose header it is; owned */
	struct folder *queue; /* owned */
	size_t count, cap;
};

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, 8) && span.len >= 2 * HEADER;
}

static uint32_t get(const struct romfs *fs, uint64_t at)
{
	return (uint32_t)assay_load(fs->image.ptr + at, 4, true);
}

/* The sum of big-endian words; a short last one does not count. */
static uint32_t sum_of(struct assay_span bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 4 <= bytes.len; i += 4)
		sum += (uint32_t)assay_load(bytes.ptr + i, 4, true);
	return sum;
}

bool assay_romfs_extent(struct assay_span span, uint64_t *length)
{
	struct assay_span padding;

	if (!probe(span))
		return false;
	*length = assay_load(span.ptr + 8, 4, true);
	if (*length < 2 * HEADER || *length > span.len ||
	    sum_of(assay_span_sub(span, 0, *length < SUMMED ? *length : SUMMED)) != 0)
		return false;
	padding = assay_span_sub(span, *length, -*length % FILLED);
	if (assay_span_is_fill(padding, 0))
		*length += padding.len;
	return true;
}

/* A name with its NUL and zeros up to a multiple of 16. Out: *name; *whole, all of these bytes */
static int find_name(const struct romfs *fs, uint64_t at, struct assay_span *name, uint64_t *whole,
                     struct assay_error *err)
{
	struct assay_span rest = assay_span_sub(fs->image, at, NAME_LIMIT + HEADER);
	const uint8_t *end = rest.len > 0 ? memchr(rest.ptr, 0, rest.len) : NULL;

	if (end == NULL || end - rest.ptr > NAME_LIMIT)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a name without end");
	*name = assay_span_sub(rest, 0, (uint64_t)(end - rest.ptr));
	*whole = (name->len / HEADER + 1) * HEADER;
	if (!assay_span_holds(fs->image, at, *whole))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a name past the end");
	return 0;
}

static void add_fill(struct romfs *fs, size_t entry, uint64_t at, uint64_t length)
{
	bool zeros = assay_span_is_fill(assay_span_sub(fs->image, at, length), 0);

	if (length > 0)
		(void)assay_contents_part_at(fs->out, entry,
		                             zeros ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED, "padding",
		                             at, length);
}

/* Content, or the target of a link; nothing else has any. */
static int add_content(struct romfs *fs, size_t index, uint64_t at, uint64_t size,
                       struct assay_error *err)
{
	struct assay_entry *entry = &fs->out->entries[index];
	struct assay_span content = assay_span_sub(fs->image, at, size);
	uint64_t padding = -size % HEADER, left = fs->image.len - at;

	if (content.len != size)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "content past the end");
	if (size > 0 && entry->type != ASSAY_ENTRY_FILE && entry->type != ASSAY_ENTRY_SYMLINK)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "content of what should have none");
	if (entry->type == ASSAY_ENTRY_FILE)
		entry->content = content;
	else if (entry->type == ASSAY_ENTRY_SYMLINK &&
	         assay_contents_text(fs->out, &entry->link, content, err) < 0)
		return -1;
	(void)assay_contents_part_at(
		fs->out, index,
		entry->type == ASSAY_ENTRY_FILE ? ASSAY_ROLE_CONTENT : ASSAY_ROLE_FIXED,
		entry->type == ASSAY_ENTRY_FILE ? "content" : "target", at, size);
	padding = padding < left - size ? padding : left - size;
	add_fill(fs, index, at + size, padding);
	return 0;
}

/* Name an entry after its folder and itself. */
static int set_path(struct romfs *fs, size_t index, const struct folder *folder,
                    struct assay_span name, struct assay_error *err)
{
	const char *above =
		folder->entry != ASSAY_NO_ENTRY ? fs->out->entries[folder->entry].name : NULL;
	ASSAY_AUTO_FREE char *path =
		assay_asprintf("%s%s%.*s", above != NULL ? above : "", above != NULL ? "/" : "",
	                       (int)name.len, (const char *)name.ptr);

	if (name.len == 0 || memchr(name.ptr, '/', name.len) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not a file name");
	if (strlen(path) > PATH_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes", PATH_LIMIT);
	return assay_contents_text(fs->out, &fs->out->entries[index].name, assay_span_of_str(path),
	                           err);
}

static void enqueue(struct romfs *fs, uint64_t first, size_t entry)
{
	assay_grow(&fs->queue, &fs->cap, fs->count, sizeof(*fs->queue));
	fs->queue[fs->count++] = (struct folder){ first, entry };
}

/* The first header of the root is ".", a directory whose list is the one that it is in. */
static bool leads_on(const struct romfs *fs, uint64_t at, struct assay_span name)
{
	return (get(fs, at) & TYPE_MASK) == DIRECTORY &&
	       !(assay_span_is(name, ".") && get(fs, at + 4) == at);
}

static int read_header(struct romfs *fs, const struct folder *folder, uint64_t at,
                       struct assay_error *err)
{
	size_t index = fs->out->entry_count;
	struct assay_span name;
	uint64_t whole;

	if (!assay_span_holds(fs->image, at, HEADER))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a header past the end");
	if (fs->entries[at / HEADER] != ASSAY_NO_ENTRY)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a header in two lists");
	fs->entries[at / HEADER] = index;
	if (find_name(fs, at + HEADER, &name, &whole, err) < 0 ||
	    assay_contents_entry(fs->out, fs->budget, types[get(fs, at) & TYPE_MASK], err) < 0 ||
	    set_path(fs, index, folder, name, err) < 0)
		return -1;
	assay_contents_fields_at(fs->out, index, "header", header_fields, at);
	(void)assay_contents_part_at(fs->out, index, ASSAY_ROLE_FIXED, "name", at + HEADER, whole);
	if (sum_of(assay_span_sub(fs->image, at, HEADER + whole)) != 0)
		assay_contents_false(fs->out, index, "checksum", at + 12, 4);
	if (leads_on(fs, at, name))
		enqueue(fs, get(fs, at + 4), index);
	return add_content(fs, index, at + HEADER + whole, get(fs, at + 8), err);
}

/* Bit 3 of the place of the next header says that a file may be run. */
static int read_folder(struct romfs *fs, const struct folder *folder, struct assay_error *err)
{
	uint64_t at = folder->first;

	while (at != 0) {
		if (at % HEADER != 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, at,
			                     "a header at no multiple of 16");
		if (read_header(fs, folder, at, err) < 0)
			return -1;
		at = get(fs, at) & ~(uint32_t)(HEADER - 1);
	}
	return 0;
}

/* Hard links name the place of a header, which must be one. */
static int resolve_links(struct romfs *fs, struct assay_error *err)
{
	for (uint64_t slot = 0; slot < fs->image.len / HEADER; slot++) {
		struct assay_entry *entry;
		uint64_t target;

		if (fs->entries[slot] == ASSAY_NO_ENTRY ||
		    (get(fs, slot * HEADER) & TYPE_MASK) != HARD_LINK)
			continue;
		entry = &fs->out->entries[fs->entries[slot]];
		target = get(fs, slot * HEADER + 4);
		if (target % HEADER != 0 || target >= fs->image.len ||
		    fs->entries[target / HEADER] == ASSAY_NO_ENTRY)
			return assay_fail_at(err, ASSAY_E_FORMAT, slot * HEADER,
			                     "a link that leads to no header");
		if (assay_contents_text(
			    fs->out, &entry->link,
			    assay_span_of_str(fs->out->entries[fs->entries[target / HEADER]].name),
			    err) < 0)
			return -1;
	}
	return 0;
}

static int read_super(struct romfs *fs, struct assay_error *err)
{
	struct assay_span name;
	uint64_t size, whole;

	fs->image = fs->out->span;
	size = get(fs, 8);
	if (size < 2 * HEADER || size > fs->image.len)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short: %" PRIu64 " bytes", size);
	fs->image = assay_span_sub(fs->image, 0, size);
	if (find_name(fs, HEADER, &name, &whole, err) < 0)
		return -1;
	assay_contents_fields(fs->out, ASSAY_NO_ENTRY, "superblock", super_fields);
	(void)assay_contents_part(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "volume name", whole);
	if (sum_of(assay_span_sub(fs->image, 0, SUMMED)) != 0)
		assay_contents_false(fs->out, ASSAY_NO_ENTRY, "checksum", 12, 4);
	fs->entries = assay_calloc(size / HEADER + 1, sizeof(*fs->entries));
	for (uint64_t i = 0; i <= size / HEADER; i++)
		fs->entries[i] = ASSAY_NO_ENTRY;
	if (HEADER + whole < size)
		enqueue(fs, HEADER + whole, ASSAY_NO_ENTRY);
	return 0;
}

static int read_all(struct romfs *fs, struct assay_error *err)
{
	if (read_super(fs, err) < 0)
		return -1;
	for (size_t i = 0; i < fs->count; i++) {
		const struct folder folder = fs->queue[i];

		if (read_folder(fs, &folder, err) < 0)
			return -1;
	}
	return resolve_links(fs, err);
}

static int read_romfs(struct assay_budget *budget, struct assay_contents *out,
                      struct assay_error *err)
{
	struct romfs fs = { .out = out, .budget = budget };
	int result = read_all(&fs, err);

	/* genromfs fills up to a multiple of 1 KiB. */
	if (result == 0)
		assay_contents_gaps(out, "bytes of no file");
	free(fs.entries);
	free(fs.queue);
	return result;
}

const struct assay_reader assay_reader_romfs = {
	.name = "romfs",
	.probe = probe,
	.read = read_romfs,
};
