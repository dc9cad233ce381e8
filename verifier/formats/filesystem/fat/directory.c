/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories, from the root, level by level, one entry for each name in the order of the records:
 * a boot loader takes the first that fits.
 *
 * Records that no driver shows (deleted ones, labels, parts of long names of nothing) are bytes of
 * their folder, and how many of them stand in front of a file is an attribute of that.
 */
#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "base/strings.h"
#include "formats/filesystem/fat/fat.h"

#define DELETED 0xe5 /* first byte; Specification, 6.1 */
#define LONG_NAME 0x0f
#define LABEL 0x08
#define DIRECTORY 0x10
#define RESERVED 0xc0 /* bits of the attributes */
#define LAST_PART 0x40
#define PARTS_MAX 20    /* of a long name */
#define PATH_LIMIT 4096 /* bytes; PATH_MAX of Linux */

/* A folder whose records are to be read. */
struct folder {
	size_t entry;
	uint32_t cluster; /* its own; 0: the root */
	uint32_t parent;
	struct fat_chain chain; /* owned */
};

struct walk {
	struct fat *fs;
	struct folder *queue; /* owned */
	size_t count, cap;
};

/* A folder at work. */
struct listing {
	struct walk *walk;
	const struct folder *folder;
	struct assay_strings *names; /* in small letters */
	uint64_t parts[PARTS_MAX];   /* of a long name, where they are */
	size_t part_count;
	uint64_t hidden; /* records behind the last file */
	uint64_t number; /* of the record */
	bool ended;
};

static void emit(struct listing *listing, enum assay_role role, const char *what, uint64_t at,
                 uint64_t length)
{
	(void)assay_contents_part_at(listing->walk->fs->out, listing->folder->entry, role, what, at,
	                             length);
}

static void hide(struct listing *listing, const char *what, uint64_t at)
{
	emit(listing, ASSAY_ROLE_FIXED, what, at, FAT_RECORD);
	listing->hidden++;
}

/* Parts of a long name that belong to nothing. */
static void drop_parts(struct listing *listing)
{
	for (size_t i = 0; i < listing->part_count; i++)
		hide(listing, "long name of nothing", listing->parts[i]);
	listing->part_count = 0;
}

static void add_part(struct listing *listing, uint64_t at)
{
	if ((listing->walk->fs->image.ptr[at] & LAST_PART) != 0 || listing->part_count == PARTS_MAX)
		drop_parts(listing);
	listing->parts[listing->part_count++] = at;
}

/* Whether the parts so far are the long name of a record, and all of it. */
static bool has_long_name(const struct listing *listing, const struct fat_record *record,
                          struct assay_span *parts)
{
	size_t count = listing->part_count;

	for (size_t i = 0; i < count; i++) {
		parts[i] = assay_span_sub(listing->walk->fs->image, listing->parts[i], FAT_RECORD);
		if (!fat_name_belongs(parts[i], (unsigned)(count - i), record->bytes))
			return false;
	}
	return count > 0 && (parts[0].ptr[0] & LAST_PART) != 0;
}

/* In small letters, as far as ASCII has them. Owner: caller frees */
static char *folded(const struct assay_buffer *name)
{
	char *text = assay_strdup(assay_buffer_str(name));

	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return text;
}

/* Both names of a file, or the one that it has. */
static void add_names(struct listing *listing, const struct assay_buffer *plain,
                      const struct assay_buffer *shown)
{
	ASSAY_AUTO_FREE char *a = folded(plain), *b = folded(shown);

	assay_strings_add(listing->names, a);
	if (strcmp(a, b) != 0)
		assay_strings_add(listing->names, b);
}

/* Out: *path, the record's name in the folder. Owner: caller frees */
static int read_name(struct listing *listing, const struct fat_record *record, char **path,
                     struct assay_error *err)
{
	const struct fat *fs = listing->walk->fs;
	const char *above = fs->out->entries[listing->folder->entry].name;
	ASSAY_AUTO_BUFFER struct assay_buffer shown = { 0 }, plain = { 0 };
	bool root = listing->folder->entry == 0;
	struct assay_span parts[PARTS_MAX];

	if (fat_name_short(record->bytes, &plain, err) < 0)
		return -1;
	if (!has_long_name(listing, record, parts)) {
		drop_parts(listing);
		assay_buffer_add(&shown, plain.ptr, plain.len);
	} else if (fat_name_long(parts, listing->part_count, &shown, err) < 0) {
		return -1;
	}
	if (strlen(above) + shown.len > PATH_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes", PATH_LIMIT);
	*path = assay_asprintf("%s%s%s", root ? "" : above, root ? "" : "/",
	                       assay_buffer_str(&shown));
	add_names(listing, &plain, &shown);
	return 0;
}

static void enqueue(struct walk *walk, const struct folder *folder)
{
	assay_grow(&walk->queue, &walk->cap, walk->count, sizeof(*walk->queue));
	walk->queue[walk->count++] = *folder;
}

/* The records of an entry, and how many nobody sees in front of them. */
static void emit_entry(struct listing *listing, size_t entry, const struct fat_record *record)
{
	struct fat *fs = listing->walk->fs;

	for (size_t i = 0; i < listing->part_count; i++)
		(void)assay_contents_part_at(fs->out, entry, ASSAY_ROLE_FIXED, "long name",
		                             listing->parts[i], FAT_RECORD);
	listing->part_count = 0;
	fat_record_emit(fs, entry, record, true, (record->attributes & DIRECTORY) == 0);
	if (listing->hidden > 0)
		assay_contents_number(fs->out, entry, "hidden records in front", ASSAY_FORM_NUMBER,
		                      listing->hidden);
	listing->hidden = 0;
}

/* A record of a file or folder: an entry, with the parts of its long name. */
static int add_entry(struct listing *listing, const struct fat_record *record,
                     struct assay_error *err)
{
	struct fat *fs = listing->walk->fs;
	struct folder folder = {
		fs->out->entry_count, record->cluster, listing->folder->cluster, { 0 }
	};
	bool is_folder = (record->attributes & DIRECTORY) != 0;
	ASSAY_AUTO_FREE char *path = NULL;
	int result;

	if (read_name(listing, record, &path, err) < 0)
		return -1;
	result = fat_record_entry(fs, record, path, &folder.chain, err);
	if (result == 0)
		emit_entry(listing, folder.entry, record);
	if (result == 0 && !is_folder)
		result = fat_record_content(fs, record->size, &folder.chain, err);
	if (result < 0 || !is_folder)
		fat_chain_fini(&folder.chain);
	else
		enqueue(listing->walk, &folder);
	return result;
}

/* "." and ".." lead to where they must, or are false. */
static void add_dots(struct listing *listing, const struct fat_record *record)
{
	const struct folder *folder = listing->folder;
	uint32_t wanted = listing->number == 0 ? folder->cluster : folder->parent;
	struct fat *fs = listing->walk->fs;
	bool right = record->cluster == wanted && (record->attributes & DIRECTORY) != 0;

	if (!right)
		assay_contents_false(fs->out, folder->entry,
		                     listing->number == 0 ? "cluster of ." : "cluster of ..",
		                     record->at, FAT_RECORD);
	fat_record_emit(fs, folder->entry, record, right, false);
}

static bool is_dots(const struct listing *listing, const struct fat_record *record)
{
	static const char *const names[] = { ".          ", "..         " };

	return listing->folder->entry != 0 && listing->number < ASSAY_ARRAY_LEN(names) &&
	       assay_span_starts(record->bytes, names[listing->number], FAT_SHORT);
}

static int read_record(struct listing *listing, uint64_t at, struct assay_error *err)
{
	struct fat_record record = fat_record_at(listing->walk->fs, at);

	if (record.bytes.ptr[0] == DELETED) {
		drop_parts(listing);
		hide(listing, "deleted record", at);
	} else if (record.attributes == LONG_NAME) {
		add_part(listing, at);
	} else if ((record.attributes & RESERVED) != 0 ||
	           (record.attributes & LONG_NAME) == LONG_NAME) {
		/* The latter is part of a long name to U-Boot, whatever else is set, and to no other. */
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "attributes that are reserved");
	} else if ((record.attributes & LABEL) != 0) {
		drop_parts(listing);
		fat_record_emit(listing->walk->fs, listing->folder->entry, &record, false, false);
		listing->hidden++;
	} else if (is_dots(listing, &record)) {
		drop_parts(listing);
		add_dots(listing, &record);
	} else {
		return add_entry(listing, &record, err);
	}
	return 0;
}

/*
 * What stands behind the first record of a zero: mtools, U-Boot and firmware end there, Linux (fs/fat,
 * fat_search_long) reads on.
 */
static void emit_rest(struct listing *listing, uint64_t at, uint64_t length)
{
	struct fat *fs = listing->walk->fs;
	bool zeros = assay_span_is_fill(assay_span_sub(fs->image, at, length), 0);

	if (zeros)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FILL,
		                             "unused records", at, length);
	else
		emit(listing, ASSAY_ROLE_FIXED, "bytes behind the last record", at, length);
	fs->settled |= !zeros;
}

static int read_run(struct listing *listing, const struct fat_run *run, struct assay_error *err)
{
	uint64_t end = run->at + run->length;

	for (uint64_t at = run->at; at < end; at += FAT_RECORD, listing->number++) {
		listing->ended |= listing->walk->fs->image.ptr[at] == 0;
		if (listing->ended) {
			drop_parts(listing);
			emit_rest(listing, at, end - at);
			return 0;
		}
		if (read_record(listing, at, err) < 0)
			return -1;
	}
	return 0;
}

/* Which of two files a name leads to would be up to who looks for it. */
static int check_names(struct assay_strings *names, struct assay_error *err)
{
	size_t count = names->count;

	assay_strings_sort(names);
	if (names->count < count)
		return assay_fail(err, ASSAY_E_FORMAT, "two files of one name");
	return 0;
}

static int read_folder(struct walk *walk, const struct folder *folder, struct assay_error *err)
{
	ASSAY_AUTO_STRINGS struct assay_strings names = { 0 };
	struct listing listing = { .walk = walk, .folder = folder, .names = &names };

	for (size_t i = 0; i < folder->chain.count; i++)
		if (read_run(&listing, &folder->chain.runs[i], err) < 0)
			return -1;
	drop_parts(&listing);
	return check_names(&names, err);
}

/* The root of FAT32 has a chain, that of the others a place. */
static int add_root(struct walk *walk, struct assay_error *err)
{
	struct fat *fs = walk->fs;
	const struct fat_record record = { .cluster = fs->root, .attributes = DIRECTORY };
	struct folder root = { 0 };
	struct fat_run run = { fs->root_at, fs->root_size };

	if (fs->bits == 32) {
		int result = fat_record_entry(fs, &record, ".", &root.chain, err);

		enqueue(walk, &root);
		return result;
	}
	assay_grow(&root.chain.runs, &root.chain.cap, 0, sizeof(run));
	root.chain.runs[root.chain.count++] = run;
	enqueue(walk, &root);
	return assay_contents_entry(fs->out, fs->budget, ASSAY_ENTRY_DIRECTORY, err) < 0
	               ? -1
	               : assay_contents_text(fs->out, &fs->out->entries[0].name,
	                                     assay_span_of_str("."), err);
}

static int read_folders(struct walk *walk, struct assay_error *err)
{
	if (add_root(walk, err) < 0)
		return -1;
	for (size_t i = 0; i < walk->count; i++) {
		const struct folder folder = walk->queue[i];
		ASSAY_AUTO_FREE char *name = NULL;

		if (read_folder(walk, &folder, err) == 0)
			continue;
		name = assay_quoted(walk->fs->out->entries[folder.entry].name);
		return assay_fail_in(err, "folder %s", name);
	}
	return 0;
}

int fat_walk(struct fat *fs, struct assay_error *err)
{
	struct walk walk = { .fs = fs };
	int result = read_folders(&walk, err);

	for (size_t i = 0; i < walk.count; i++)
		fat_chain_fini(&walk.queue[i].chain);
	free(walk.queue);
	return result;
}
