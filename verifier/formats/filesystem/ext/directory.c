/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories. Names are collected from every block; where there is an index a kernel goes by it,
 * so every name must be where the index leads. What stands behind names must be equal: deleted
 * names stay there.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/ext/inode.h"

#define HEAD 8         /* bytes of an entry before its name */
#define ENTRY_MIN 12   /* Linux: ext4_dir_rec_len(1): less ends the reading there */
#define TAIL 12        /* struct ext4_dir_entry_tail */
#define TAIL_TYPE 0xde /* EXT4_FT_DIR_CSUM */
#define MAP_AT 40      /* i_block in an inode */
#define MAP_SIZE 60
#define ROOT_ENTRIES 32 /* where entries of an index begin: behind ".", ".." and their like */
#define NODE_ENTRIES 8
#define DX_ENTRY 8
#define LEVELS_MAX 3 /* EXT4_HTREE_LEVEL with largedir */
#define HASH_VERSION_MAX 2
#define SIGNED_HASH 1   /* EXT2_FLAGS_SIGNED_HASH */
#define UNSIGNED_HASH 2 /* EXT2_FLAGS_UNSIGNED_HASH */

/* A directory at work. */
struct listing {
	struct ext *fs;
	const struct ext_inode *inode;
	uint32_t parent;
	struct ext_names *names;
	uint64_t *blocks; /* for each logical one the physical; owned */
	bool *reached;    /* by the index; owned */
	size_t count;
	unsigned version; /* of hashes; only with an index */
	uint32_t seed[4];
	bool either;        /* hashes with or without sign: as the kernel's processor has it */
	uint32_t low, high; /* hashes that may stand in the block at work; only with an index */
	unsigned dots;      /* "." and ".." that were met */
};

static void add_part(struct ext *fs, enum assay_role role, const char *what, uint64_t at,
                     uint64_t length)
{
	if (length > 0)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, role, what, at, length);
}

/* Where a block of names consists of metadata so far, and where what is behind a name begins. */
struct cover {
	struct ext *fs;
	uint64_t from;
	bool quiet; /* in an inode, whose parts are made elsewhere */
	size_t entry;
};

/* Bytes behind a name that nothing reads. */
static void leave_out(struct cover *cover, uint64_t at, uint64_t length)
{
	struct assay_span bytes = assay_span_sub(cover->fs->image, at, length);

	if (length == 0 || assay_span_is_fill(bytes, 0))
		return;
	if (cover->quiet) {
		ext_add_unused(cover->fs, cover->entry, "bytes behind names", bytes);
		return;
	}
	add_part(cover->fs, ASSAY_ROLE_METADATA, "names", cover->from, at - cover->from);
	add_part(cover->fs, ASSAY_ROLE_FIXED, "bytes behind names", at, length);
	cover->from = at + length;
}

static void add_name(struct ext_names *names, const struct ext_name *name)
{
	assay_grow(&names->list, &names->cap, names->count, sizeof(*names->list));
	names->list[names->count++] = *name;
}

static uint8_t directory_type(const struct ext *fs)
{
	return (fs->incompat & EXT_INCOMPAT_FILETYPE) != 0 ? 2 : 0; /* EXT4_FT_DIR */
}

/* "." and ".." come first in their directory and lead where they say. */
static int check_dots(struct listing *listing, const struct ext_name *name, struct assay_error *err)
{
	bool self = assay_span_is(name->name, ".");
	uint32_t wanted = self ? listing->inode->number : listing->parent;

	if (listing->dots >= 2 || self != (listing->dots == 0) || name->inode != wanted ||
	    name->type != directory_type(listing->fs))
		return assay_fail(err, ASSAY_E_FORMAT, "\".\" or \"..\" leads elsewhere");
	listing->dots++;
	return 0;
}

static bool is_ascii(struct assay_span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] >= 0x80)
			return false;
	return true;
}

static int take_name(struct listing *listing, const struct ext_name *name, struct assay_error *err)
{
	uint32_t hash;

	if (name->name.len == 0 || memchr(name->name.ptr, 0, name->name.len) != NULL ||
	    memchr(name->name.ptr, '/', name->name.len) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not a file name");
	if (assay_span_is(name->name, ".") || assay_span_is(name->name, ".."))
		return check_dots(listing, name, err);
	if (listing->dots < 2)
		return assay_fail(err, ASSAY_E_FORMAT, "\".\" and \"..\" do not come first");
	if (listing->reached != NULL) {
		hash = ext_hash(listing->version, listing->seed, name->name);
		if (hash < listing->low || hash > listing->high ||
		    (listing->either && !is_ascii(name->name)))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "a name that its index does not lead to");
	}
	add_name(listing->names, name);
	return 0;
}

/* One entry, used or not. Out: *length */
static int read_entry(struct listing *listing, struct cover *cover, uint64_t at, uint64_t left,
                      uint64_t *length, struct assay_error *err)
{
	struct ext *fs = listing->fs;
	struct ext_name name;
	uint64_t size, used = 6;

	if (left < HEAD)
		return assay_fail(err, ASSAY_E_FORMAT, "names past the end of a block");
	size = ext_load(fs, at + 6, 1);
	name.inode = (uint32_t)ext_load(fs, at, 4);
	name.type = (uint8_t)ext_load(fs, at + 7, 1);
	*length = ext_load(fs, at + 4, 2);
	/* Linux: ext4_rec_len_from_disk(): 64 KiB do not fit in 16 bits. */
	if (fs->block_size == 65536 && (*length == 0 || *length == 65535))
		*length = 65536;
	if (*length < ENTRY_MIN || *length % 4 != 0 || *length > left || HEAD + size > *length)
		return assay_fail(err, ASSAY_E_FORMAT, "names past the end of a block");
	if (name.inode != 0) {
		used = HEAD + size;
		name.name = assay_span_sub(fs->image, at + HEAD, size);
		if (take_name(listing, &name, err) < 0)
			return -1;
	}
	leave_out(cover, at + used, *length - used);
	return 0;
}

/* Entries one behind the other up to the end, which they must reach. */
static int read_entries(struct listing *listing, struct cover *cover, uint64_t at, uint64_t length,
                        struct assay_error *err)
{
	uint64_t end = at + length, size;

	for (; at < end; at += size)
		if (read_entry(listing, cover, at, end - at, &size, err) < 0)
			return -1;
	return 0;
}

static int add_tail(struct listing *listing, uint64_t at, struct assay_error *err)
{
	struct ext *fs = listing->fs;
	uint64_t tail = at + fs->block_size - TAIL;

	if (ext_load(fs, tail, 4) != 0 || ext_load(fs, tail + 4, 2) != TAIL ||
	    ext_load(fs, tail + 6, 1) != 0 || ext_load(fs, tail + 7, 1) != TAIL_TYPE)
		return assay_fail(err, ASSAY_E_FORMAT, "a block of names without checksum");
	add_part(fs, ASSAY_ROLE_METADATA, "names", tail, 8);
	ext_checksum(fs, "checksum of names", tail + 8, 4,
	             ext_crc32c(listing->inode->seed,
	                        assay_span_sub(fs->image, at, fs->block_size - TAIL)));
	return 0;
}

static int read_leaf(struct listing *listing, uint64_t block, struct assay_error *err)
{
	struct ext *fs = listing->fs;
	uint64_t at = block * fs->block_size, length = fs->block_size;
	struct cover cover = { .fs = fs, .from = at };

	length -= fs->checksums ? TAIL : 0;
	if (read_entries(listing, &cover, at, length, err) < 0)
		return -1;
	add_part(fs, ASSAY_ROLE_METADATA, "names", cover.from, at + length - cover.from);
	return fs->checksums ? add_tail(listing, at, err) : 0;
}

static int read_node(struct listing *listing, uint64_t index, unsigned level, uint64_t entries_at,
                     struct assay_error *err);

/* A child of an index. The hashes that it may have are in low and high of the listing. */
static int follow(struct listing *listing, uint64_t index, unsigned level, struct assay_error *err)
{
	uint64_t block;

	if (index == 0 || index >= listing->count || listing->reached[index])
		return assay_fail(err, ASSAY_E_FORMAT, "an index that leads nowhere, or twice");
	listing->reached[index] = true;
	block = listing->blocks[index];
	if (level == 0)
		return read_leaf(listing, block, err);
	if (ext_load(listing->fs, block * listing->fs->block_size, 4) != 0 ||
	    ext_load(listing->fs, block * listing->fs->block_size + 4, 2) !=
	            (listing->fs->block_size & 0xffff) ||
	    ext_load(listing->fs, block * listing->fs->block_size + 6, 2) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no node of an index");
	return read_node(listing, block, level, NODE_ENTRIES, err);
}

/* Parts of a node: what is used, room for more, a checksum over the first. */
static void add_node(struct listing *listing, uint64_t block, uint64_t entries_at, uint64_t count,
                     uint64_t limit)
{
	struct ext *fs = listing->fs;
	uint64_t at = block * fs->block_size, used = entries_at + count * DX_ENTRY;
	uint64_t tail = entries_at + limit * DX_ENTRY;
	struct cover cover = { .fs = fs, .from = at };
	uint32_t crc;

	leave_out(&cover, at + used, tail - used);
	add_part(fs, ASSAY_ROLE_METADATA, "index of names", cover.from, at + tail - cover.from);
	if (!fs->checksums)
		return;
	ext_add_reserved(fs, ASSAY_NO_ENTRY, at + tail, 4);
	crc = ext_crc32c(listing->inode->seed, assay_span_sub(fs->image, at, used));
	crc = ext_crc32c(crc, assay_span_sub(fs->image, at + tail, 4));
	ext_checksum(fs, "checksum of an index", at + tail + 4, 4, ext_crc32c_number(crc, 0, 4));
}

/* Linux goes to the last child whose hash is not above; on to the next when that has bit 0 set. */
static int read_children(struct listing *listing, uint64_t at, uint64_t count, unsigned level,
                         struct assay_error *err)
{
	uint32_t first = listing->low, last = listing->high;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = at + i * DX_ENTRY;
		uint32_t hash = i == 0 ? first : (uint32_t)ext_load(listing->fs, entry, 4);
		uint32_t next =
			i + 1 < count ? (uint32_t)ext_load(listing->fs, entry + DX_ENTRY, 4) : last;

		if (i + 1 < count && (next < hash || next > last || next == 0))
			return assay_fail(err, ASSAY_E_FORMAT, "an index in no order");
		listing->low = hash & ~UINT32_C(1);
		/* Names of the next hash are here as well, when it has bit 0 set. */
		listing->high = i + 1 == count ? last : next - 1;
		if (follow(listing, ext_load(listing->fs, entry + 4, 4), level, err) < 0)
			return -1;
	}
	return 0;
}

/* The depth of the recursion is that of the index, at most LEVELS_MAX. */
static int read_node(struct listing *listing, uint64_t block, unsigned level, uint64_t entries_at,
                     struct assay_error *err)
{
	struct ext *fs = listing->fs;
	uint64_t at = block * fs->block_size + entries_at;
	uint64_t limit = ext_load(fs, at, 2), count = ext_load(fs, at + 2, 2);
	uint64_t room = fs->block_size - entries_at - (fs->checksums ? DX_ENTRY : 0);

	if (limit != room / DX_ENTRY || count == 0 || count > limit)
		return assay_fail(err, ASSAY_E_FORMAT, "an index of another size");
	if (read_children(listing, at, count, level - 1, err) < 0)
		return -1;
	add_node(listing, block, entries_at, count, limit);
	return 0;
}

/* The first block: ".", "..", which takes all of it, and the head of the index. */
static int read_root(struct listing *listing, struct assay_error *err)
{
	struct ext *fs = listing->fs;
	uint64_t at = listing->blocks[0] * fs->block_size, length;
	/* Only "." and "..": what is behind them is the index. */
	struct cover cover = { .fs = fs, .quiet = true };
	unsigned levels;
	uint64_t flags;

	if (read_entry(listing, &cover, at, 12, &length, err) < 0)
		return -1;
	if (length != 12 || ext_load(fs, at + 16, 2) != fs->block_size - 12 ||
	    ext_load(fs, at + 12, 4) != listing->parent || ext_load(fs, at + 18, 1) != 2 ||
	    ext_load(fs, at + 19, 1) != directory_type(fs) || ext_load(fs, at + 20, 4) != 0x2e2e)
		return assay_fail(err, ASSAY_E_FORMAT, "no root of an index");
	listing->dots++;
	listing->version = (unsigned)ext_load(fs, at + 28, 1);
	levels = (unsigned)ext_load(fs, at + 30, 1);
	if (ext_load(fs, at + 24, 4) != 0 || listing->version > HASH_VERSION_MAX ||
	    ext_load(fs, at + 29, 1) != 8 || levels >= LEVELS_MAX || ext_load(fs, at + 31, 1) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no root of an index");
	flags = ext_load(fs, EXT_SUPER_AT + 352, 4);
	if ((flags & UNSIGNED_HASH) != 0)
		listing->version += HASH_VERSION_MAX + 1;
	listing->either = (flags & (SIGNED_HASH | UNSIGNED_HASH)) == 0;
	for (size_t i = 0; i < 4; i++)
		listing->seed[i] = (uint32_t)ext_load(fs, EXT_SUPER_AT + 236 + i * 4, 4);
	listing->high = UINT32_MAX;
	return read_node(listing, listing->blocks[0], levels + 1, ROOT_ENTRIES, err);
}

static int read_indexed(struct listing *listing, struct assay_error *err)
{
	listing->reached = assay_calloc(listing->count, sizeof(*listing->reached));
	if (read_root(listing, err) < 0)
		return -1;
	for (size_t i = 1; i < listing->count; i++)
		if (!listing->reached[i])
			return assay_fail(err, ASSAY_E_FORMAT, "names that no index leads to");
	return 0;
}

/* Blocks of a directory follow each other without a hole, up to its size. */
static int find_blocks(struct listing *listing, struct assay_error *err)
{
	ASSAY_AUTO_EXT_MAP struct ext_map map = { 0 };
	struct ext *fs = listing->fs;
	uint64_t size = listing->inode->size, next = 0;

	if (ext_map_read(fs, listing->inode, &map, err) < 0)
		return -1;
	if (size == 0 || size % fs->block_size != 0 || size / fs->block_size > fs->blocks)
		return assay_fail(err, ASSAY_E_FORMAT, "a directory of %" PRIu64 " bytes", size);
	listing->count = size / fs->block_size;
	listing->blocks = assay_calloc(listing->count, sizeof(*listing->blocks));
	for (size_t i = 0; i < map.count; i++) {
		const struct ext_run *run = &map.runs[i];

		if (run->logical != next || run->unwritten || run->count > listing->count - next)
			return assay_fail(err, ASSAY_E_FORMAT, "a directory with a hole");
		for (uint64_t k = 0; k < run->count; k++)
			listing->blocks[next++] = run->physical + k;
	}
	if (next != listing->count)
		return assay_fail(err, ASSAY_E_FORMAT, "a directory with a hole");
	return 0;
}

static int read_blocks(struct listing *listing, struct assay_error *err)
{
	if (find_blocks(listing, err) < 0)
		return -1;
	if ((listing->inode->flags & EXT_FL_INDEX) != 0)
		return read_indexed(listing, err);
	for (size_t i = 0; i < listing->count; i++)
		if (read_leaf(listing, listing->blocks[i], err) < 0)
			return -1;
	return 0;
}

/* In the inode there is the number of the parent instead of "." and "..". */
static int read_inline(struct listing *listing, struct assay_error *err)
{
	ASSAY_AUTO_EXT_MAP struct ext_map map = { 0 };
	const struct ext_inode *inode = listing->inode;
	struct cover cover = { .fs = listing->fs, .quiet = true, .entry = inode->entry };

	if (ext_map_read(listing->fs, inode, &map, err) < 0)
		return -1;
	if (assay_load(inode->bytes.ptr + MAP_AT, 4, false) != listing->parent ||
	    inode->size != MAP_SIZE + inode->inlined.len)
		return assay_fail(err, ASSAY_E_FORMAT, "\"..\" leads elsewhere");
	listing->dots = 2;
	if (read_entries(listing, &cover, inode->at + MAP_AT + 4, MAP_SIZE - 4, err) < 0)
		return -1;
	if (inode->inlined.len == 0)
		return 0;
	return read_entries(listing, &cover,
	                    (uint64_t)(inode->inlined.ptr - listing->fs->image.ptr),
	                    inode->inlined.len, err);
}

static int compare_names(const void *a, const void *b)
{
	const struct ext_name *x = a, *y = b;
	size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order = memcmp(x->name.ptr, y->name.ptr, len);

	return order != 0 ? order : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

/* Where a name stands twice it depends on the order which one counts. */
static int sort_names(struct ext_names *names, struct assay_error *err)
{
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(*names->list), compare_names);
	for (size_t i = 1; i < names->count; i++)
		if (compare_names(&names->list[i - 1], &names->list[i]) == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "a name that stands twice");
	return 0;
}

int ext_read_names(struct ext *fs, const struct ext_inode *inode, uint32_t parent,
                   struct ext_names *out, struct assay_error *err)
{
	struct listing listing = { .fs = fs, .inode = inode, .parent = parent, .names = out };
	int result = (inode->flags & EXT_FL_INLINE) != 0 ? read_inline(&listing, err)
	                                                 : read_blocks(&listing, err);

	free(listing.blocks);
	free(listing.reached);
	if (result == 0 && listing.dots != 2)
		return assay_fail(err, ASSAY_E_FORMAT, "no \".\" and \"..\"");
	return result == 0 ? sort_names(out, err) : -1;
}
