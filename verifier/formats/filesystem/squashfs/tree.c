/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories: from the root, level by level, one entry for each name.
 *
 * Linux looks a name up in a sorted listing and stops at the first greater one, so a listing that
 * is not sorted hides names; and in a large directory it starts where the index says. Both must be
 * as they should.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "base/quote.h"
#include "formats/filesystem/squashfs/squashfs.h"

#define LISTING_EXTRA 3 /* a listing's size counts "." and "..", which are not there */
#define NAME_MAX_LEN 256
#define PATH_LIMIT 65536 /* bytes; ours */
#define GROUP_MAX 256    /* SQUASHFS_DIR_COUNT: names behind one header */

/* A directory whose listing is to be read. */
struct walk {
	struct sqfs *fs;
	size_t *queue; /* indexes of inodes; owned */
	size_t count, cap;
};

/* A listing at work. */
struct listing {
	struct walk *walk;
	struct sqfs_inode *inode;
	struct assay_cursor cur;
	struct assay_span last;  /* the name before */
	struct assay_span index; /* entries of the index that were not met yet */
	uint64_t block;          /* of the inodes that the names of this group lead to */
	uint32_t number;         /* that their numbers count from */
	uint32_t subfolders;
};

static const enum assay_entry_type entry_types[] = {
	[SQFS_DIRECTORY] = ASSAY_ENTRY_DIRECTORY, [SQFS_FILE] = ASSAY_ENTRY_FILE,
	[SQFS_SYMLINK] = ASSAY_ENTRY_SYMLINK,     [SQFS_BLOCK] = ASSAY_ENTRY_BLOCK,
	[SQFS_CHARACTER] = ASSAY_ENTRY_CHARACTER, [SQFS_FIFO] = ASSAY_ENTRY_FIFO,
	[SQFS_SOCKET] = ASSAY_ENTRY_SOCKET,
};

static struct sqfs_inode *inode_at(const struct sqfs *fs, uint64_t at)
{
	size_t low = 0, high = fs->inode_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fs->inodes[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fs->inode_count && fs->inodes[low].at == at ? &fs->inodes[low] : NULL;
}

static struct sqfs_inode *inode_of(const struct sqfs *fs, uint64_t block, uint64_t offset)
{
	uint64_t at;

	return sqfs_resolve(&fs->inode_table, block, offset, &at) ? inode_at(fs, at) : NULL;
}

static uint64_t owner(struct sqfs *fs, uint16_t index)
{
	fs->id_used[index] = true;
	return assay_load(fs->id_table.data.ptr + (size_t)index * 4, 4, false);
}

/* Linux: new_decode_dev() of linux/kdev_t.h. */
static uint64_t device(uint32_t code)
{
	uint64_t major = (code & 0xfff00) >> 8, minor = (code & 0xff) | ((code >> 12) & 0xfff00);

	return major << 32 | minor;
}

static void add_numbers(struct sqfs *fs, size_t entry, const struct sqfs_inode *inode)
{
	assay_contents_number(fs->out, entry, "mode", ASSAY_FORM_OCTAL, inode->mode);
	assay_contents_number(fs->out, entry, "uid", ASSAY_FORM_NUMBER, owner(fs, inode->uid));
	assay_contents_number(fs->out, entry, "gid", ASSAY_FORM_NUMBER, owner(fs, inode->gid));
	assay_contents_number(fs->out, entry, "links", ASSAY_FORM_NUMBER, inode->links);
	if (inode->type == SQFS_BLOCK || inode->type == SQFS_CHARACTER)
		assay_contents_number(fs->out, entry, "device", ASSAY_FORM_DEVICE,
		                      device(inode->device));
	assay_contents_attribute(fs->out, entry,
	                         &(struct assay_attribute){
					 .key = "mtime",
					 .form = ASSAY_FORM_TIME,
					 .number = inode->mtime,
					 .role = ASSAY_ROLE_OPAQUE,
					 .rule = "squashfs/timestamps@1",
				 });
}

/* The entry of an inode that is met for the first time: the newest one. */
static int fill_entry(struct sqfs *fs, struct sqfs_inode *inode, struct assay_error *err)
{
	size_t index = fs->out->entry_count - 1;

	inode->entry = index;
	add_numbers(fs, index, inode);
	if (inode->type == SQFS_SYMLINK &&
	    assay_contents_text(fs->out, &fs->out->entries[index].link, inode->target, err) < 0)
		return -1;
	if (inode->xattr != SQFS_NO_ID && sqfs_add_xattrs(fs, index, inode->xattr, err) < 0)
		return -1;
	return inode->type == SQFS_FILE ? sqfs_add_content(fs, index, inode, err) : 0;
}

static void enqueue(struct walk *walk, const struct sqfs_inode *inode)
{
	assay_grow(&walk->queue, &walk->cap, walk->count, sizeof(*walk->queue));
	walk->queue[walk->count++] = (size_t)(inode - walk->fs->inodes);
}

/* Make an entry of a name that leads to an inode. */
static int add_entry(struct walk *walk, struct sqfs_inode *inode, const char *path,
                     struct assay_error *err)
{
	struct sqfs *fs = walk->fs;
	bool again = inode->entry != ASSAY_NO_ENTRY;
	enum assay_entry_type type = again ? ASSAY_ENTRY_LINK : entry_types[inode->type];

	if (again && inode->type == SQFS_DIRECTORY)
		return assay_fail(err, ASSAY_E_FORMAT, "a directory with two names");
	if (assay_contents_entry(fs->out, fs->budget, type, err) < 0 ||
	    assay_contents_text(fs->out, &assay_contents_newest(fs->out)->name,
	                        assay_span_of_str(path), err) < 0)
		return -1;
	if (again)
		return assay_contents_text(fs->out, &assay_contents_newest(fs->out)->link,
		                           assay_span_of_str(fs->out->entries[inode->entry].name),
		                           err);
	if (fill_entry(fs, inode, err) < 0)
		return -1;
	if (inode->type == SQFS_DIRECTORY)
		enqueue(walk, inode);
	return 0;
}

static int check_name(const struct listing *listing, struct assay_span name,
                      struct assay_error *err)
{
	size_t shorter = name.len < listing->last.len ? name.len : listing->last.len;
	int order = shorter > 0 ? memcmp(name.ptr, listing->last.ptr, shorter) : 0;

	if (memchr(name.ptr, 0, name.len) != NULL || memchr(name.ptr, '/', name.len) != NULL ||
	    assay_span_is(name, ".") || assay_span_is(name, ".."))
		return assay_fail(err, ASSAY_E_FORMAT, "not a file name");
	if (order < 0 || (order == 0 && name.len <= listing->last.len))
		return assay_fail(err, ASSAY_E_FORMAT, "names in no order");
	return 0;
}

/* The path of a name in the directory of a listing. Owner: caller frees. */
static char *path_of(const struct listing *listing, struct assay_span name)
{
	const char *folder = listing->walk->fs->out->entries[listing->inode->entry].name;
	bool root = strcmp(folder, ".") == 0;

	return assay_asprintf("%s%s%.*s", root ? "" : folder, root ? "" : "/", (int)name.len,
	                      (const char *)name.ptr);
}

static int follow(struct listing *listing, struct assay_span head, struct assay_span name,
                  struct assay_error *err)
{
	struct sqfs *fs = listing->walk->fs;
	struct sqfs_inode *inode = inode_of(fs, listing->block, assay_load(head.ptr, 2, false));
	int16_t delta = (int16_t)assay_load(head.ptr + 2, 2, false);
	ASSAY_AUTO_FREE char *path = path_of(listing, name);

	if (inode == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "leads to no inode");
	if (inode->type != assay_load(head.ptr + 4, 2, false) ||
	    inode->number != (uint32_t)(listing->number + (uint32_t)(int32_t)delta))
		return assay_fail(err, ASSAY_E_FORMAT, "says something else than its inode");
	if (inode->type == SQFS_DIRECTORY && inode->parent != listing->inode->number)
		return assay_fail(err, ASSAY_E_FORMAT, "a directory with another parent");
	if (strlen(path) > PATH_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes", PATH_LIMIT);
	listing->subfolders += inode->type == SQFS_DIRECTORY;
	return add_entry(listing->walk, inode, path, err);
}

/* One name: the place of its inode, its number less that of the group, its type and length. */
static int read_name(struct listing *listing, struct assay_error *err)
{
	struct assay_span head, name;

	if (assay_cursor_take(&listing->cur, 8, &head, err) < 0 ||
	    assay_cursor_take(&listing->cur, assay_load(head.ptr + 6, 2, false) + 1, &name, err) <
	            0)
		return -1;
	if (name.len > NAME_MAX_LEN)
		return assay_fail(err, ASSAY_E_FORMAT, "a name of %zu bytes", name.len);
	if (check_name(listing, name, err) < 0 || follow(listing, head, name, err) < 0)
		return -1;
	listing->last = name;
	return 0;
}

/* When the index has an entry for the group that begins at pos, that entry must be true. */
static int meet_index(struct listing *listing, size_t pos, struct assay_error *err)
{
	const struct sqfs_table *table = &listing->walk->fs->directory_table;
	struct assay_cursor index = assay_cursor_at(listing->index, false);
	struct assay_cursor cur = listing->cur;
	struct assay_span head, name, first;
	uint64_t at, start = (uint64_t)(listing->cur.span.ptr - table->data.ptr);

	if (assay_cursor_left(&index) == 0 || assay_load(listing->index.ptr, 4, false) != pos)
		return 0;
	if (assay_cursor_take(&index, 12, &head, err) < 0 ||
	    assay_cursor_take(&index, assay_load(head.ptr + 8, 4, false) + 1, &name, err) < 0)
		return -1;
	if (assay_cursor_take(&cur, 12 + 8, &first, err) < 0 ||
	    assay_cursor_take(&cur, assay_load(first.ptr + 12 + 6, 2, false) + 1, &first, err) < 0)
		return -1;
	if (!sqfs_resolve(table, assay_load(head.ptr + 4, 4, false), (start + pos) % SQFS_META,
	                  &at) ||
	    at != start + pos || !assay_span_equal(name, first))
		return assay_fail(err, ASSAY_E_FORMAT, "the index of a directory is false");
	listing->index = assay_span_sub(listing->index, index.pos, listing->index.len);
	return 0;
}

static int read_group(struct listing *listing, struct assay_error *err)
{
	struct assay_span head;
	uint64_t count;

	if (meet_index(listing, listing->cur.pos, err) < 0 ||
	    assay_cursor_take(&listing->cur, 12, &head, err) < 0)
		return -1;
	count = assay_load(head.ptr, 4, false) + 1;
	listing->block = assay_load(head.ptr + 4, 4, false);
	listing->number = (uint32_t)assay_load(head.ptr + 8, 4, false);
	if (count > GROUP_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "%" PRIu64 " names behind one header",
		                  count);
	for (uint64_t i = 0; i < count; i++)
		if (read_name(listing, err) < 0)
			return -1;
	return 0;
}

static int read_listing(struct listing *listing, struct assay_error *err)
{
	while (assay_cursor_left(&listing->cur) > 0)
		if (read_group(listing, err) < 0)
			return -1;
	if (listing->index.len > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "the index of a directory is false");
	if (listing->inode->links != listing->subfolders + 2)
		return assay_fail(err, ASSAY_E_FORMAT, "%" PRIu32 " links to a directory",
		                  listing->inode->links);
	return 0;
}

/* An empty listing can be at the end of the table. */
static bool find_listing(const struct sqfs *fs, const struct sqfs_inode *inode, uint64_t *at)
{
	const struct sqfs_table *table = &fs->directory_table;

	if (sqfs_resolve(table, inode->start, inode->offset, at))
		return true;
	*at = table->data.len;
	return inode->size == LISTING_EXTRA &&
	       (table->count == 0 ||
	        (inode->start <= fs->tables_at - table->start && inode->offset <= SQFS_META &&
	         inode->offset == table->data.len % SQFS_META));
}

static int read_directory(struct walk *walk, struct sqfs_inode *inode, struct assay_error *err)
{
	struct sqfs *fs = walk->fs;
	struct listing listing = { .walk = walk, .inode = inode, .index = inode->index };
	uint64_t size, at = 0;

	if (inode->size < LISTING_EXTRA)
		return assay_fail(err, ASSAY_E_FORMAT, "a listing without size");
	size = inode->size - LISTING_EXTRA;
	if (!find_listing(fs, inode, &at) || !assay_span_holds(fs->directory_table.data, at, size))
		return assay_fail(err, ASSAY_E_FORMAT, "a listing past the end");
	if (size > 0)
		sqfs_use(&fs->listings, &(struct sqfs_use){ .offset = at, .length = size });
	listing.cur = assay_cursor_at(assay_span_sub(fs->directory_table.data, at, size), false);
	return read_listing(&listing, err);
}

static int walk_all(struct walk *walk, struct assay_error *err)
{
	struct sqfs *fs = walk->fs;
	struct sqfs_inode *root = inode_of(fs, fs->root >> 16, fs->root & 0xffff);

	if (root == NULL || root->type != SQFS_DIRECTORY)
		return assay_fail(err, ASSAY_E_FORMAT, "no root directory");
	if (add_entry(walk, root, ".", err) < 0)
		return -1;
	/* Nothing is above it: mksquashfs counts on. */
	assay_contents_number(fs->out, root->entry, "parent", ASSAY_FORM_NUMBER,
	                      root->parent - fs->inode_count);
	for (size_t i = 0; i < walk->count; i++) {
		struct sqfs_inode *inode = &fs->inodes[walk->queue[i]];

		if (read_directory(walk, inode, err) < 0) {
			ASSAY_AUTO_FREE char *shown =
				assay_quoted(fs->out->entries[inode->entry].name);

			return assay_fail_in(err, "%s", shown);
		}
	}
	return 0;
}

int sqfs_walk(struct sqfs *fs, struct assay_error *err)
{
	struct walk walk = { .fs = fs };
	int result = walk_all(&walk, err);

	free(walk.queue);
	return result;
}
