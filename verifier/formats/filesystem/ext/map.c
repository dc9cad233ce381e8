/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which blocks a file has: trees of extents, or direct and indirect blocks. */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/ext/inode.h"

#define MAP_AT 40   /* i_block in an inode */
#define MAP_SIZE 60 /* bytes of it */
#define DIRECT 12   /* EXT4_NDIR_BLOCKS */
#define EXTENT_MAGIC 0xf30a
#define EXTENT 12         /* bytes of a header and of each record behind it */
#define DEPTH_MAX 5       /* EXT4_MAX_EXTENT_DEPTH */
#define WRITTEN_MAX 32768 /* EXT_INIT_MAX_LEN: longer ones are unwritten */

/* An inode's map at work. */
struct mapping {
	struct ext *fs;
	const struct ext_inode *inode;
	struct ext_map *map;
	uint64_t next; /* logical block behind those that were found */
};

static int add_run(struct mapping *m, const struct ext_run *run, struct assay_error *err)
{
	struct ext_map *map = m->map;
	struct ext_run *last = map->count > 0 ? &map->runs[map->count - 1] : NULL;

	if (run->logical < m->next)
		return assay_fail(err, ASSAY_E_FORMAT, "blocks in no order");
	if (ext_claim(m->fs, run->physical, run->count, err) < 0)
		return -1;
	m->next = run->logical + run->count;
	map->blocks += run->count;
	if (last != NULL && last->logical + last->count == run->logical &&
	    last->physical + last->count == run->physical && last->unwritten == run->unwritten) {
		last->count += run->count;
		return 0;
	}
	assay_grow(&map->runs, &map->cap, map->count, sizeof(*map->runs));
	map->runs[map->count++] = *run;
	return 0;
}

/* A block that is part of the map. */
static int take_block(struct mapping *m, uint64_t block, struct assay_error *err)
{
	if (ext_claim(m->fs, block, 1, err) < 0)
		return -1;
	m->map->blocks++;
	return 0;
}

static void add_part(struct ext *fs, enum assay_role role, const char *what, uint64_t at,
                     uint64_t length)
{
	if (length > 0)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, role, what, at, length);
}

/* Where nothing is used what stands there must be equal, unless it is zeros. */
static void add_slack(struct ext *fs, const char *what, uint64_t at, uint64_t length)
{
	bool zeros = assay_span_is_fill(assay_span_sub(fs->image, at, length), 0);

	add_part(fs, zeros ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED, what, at, length);
}

/* A block of extents: records, room for more, a checksum. */
static void add_extent_block(const struct mapping *m, uint64_t block, unsigned entries,
                             unsigned max)
{
	struct ext *fs = m->fs;
	uint64_t at = block * fs->block_size, used = EXTENT * (1 + (uint64_t)entries);
	uint64_t tail = EXTENT * (1 + (uint64_t)max);

	add_part(fs, ASSAY_ROLE_METADATA, "extents", at, used);
	if (!fs->checksums || tail + 4 > fs->block_size) {
		add_slack(fs, "room for extents", at + used, fs->block_size - used);
		return;
	}
	add_slack(fs, "room for extents", at + used, tail - used);
	ext_checksum(fs, "checksum of extents", at + tail, 4,
	             ext_crc32c(m->inode->seed, assay_span_sub(fs->image, at, tail)));
	add_slack(fs, "room for extents", at + tail + 4, fs->block_size - tail - 4);
}

static int add_extent(struct mapping *m, const uint8_t *record, struct assay_error *err)
{
	uint64_t length = assay_load(record + 4, 2, false);
	struct ext_run run = {
		.logical = assay_load(record, 4, false),
		.physical =
			assay_load(record + 6, 2, false) << 32 | assay_load(record + 8, 4, false),
		.count = length > WRITTEN_MAX ? length - WRITTEN_MAX : length,
		.unwritten = length > WRITTEN_MAX,
	};

	if (run.count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "an extent without blocks");
	return add_run(m, &run, err);
}

static int read_extents(struct mapping *m, struct assay_span node, unsigned depth,
                        struct assay_error *err);

static int follow_index(struct mapping *m, const uint8_t *record, unsigned depth,
                        struct assay_error *err)
{
	uint64_t first = assay_load(record, 4, false);
	uint64_t block = assay_load(record + 8, 2, false) << 32 | assay_load(record + 4, 4, false);
	struct assay_span node;

	if (assay_load(record + 10, 2, false) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "an index with more than an index has");
	if (take_block(m, block, err) < 0)
		return -1;
	node = ext_block(m->fs, block);
	if (assay_load(node.ptr + 2, 2, false) == 0 ||
	    assay_load(node.ptr + EXTENT, 4, false) != first)
		return assay_fail(err, ASSAY_E_FORMAT, "an index that does not say where it leads");
	if (read_extents(m, node, depth - 1, err) < 0)
		return -1;
	add_extent_block(m, block, (unsigned)assay_load(node.ptr + 2, 2, false),
	                 (unsigned)assay_load(node.ptr + 4, 2, false));
	return 0;
}

/* The depth of the recursion is the depth of the tree, at most DEPTH_MAX. */
static int read_extents(struct mapping *m, struct assay_span node, unsigned depth,
                        struct assay_error *err)
{
	unsigned entries = (unsigned)assay_load(node.ptr + 2, 2, false);
	unsigned max = (unsigned)assay_load(node.ptr + 4, 2, false);

	if (assay_load(node.ptr, 2, false) != EXTENT_MAGIC ||
	    assay_load(node.ptr + 6, 2, false) != depth || entries > max ||
	    max != node.len / EXTENT - 1)
		return assay_fail(err, ASSAY_E_FORMAT, "no tree of extents");
	if (assay_load(node.ptr + 8, 4, false) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a tree of extents of another generation");
	for (unsigned i = 0; i < entries; i++) {
		const uint8_t *record = node.ptr + EXTENT * (1 + (size_t)i);

		/* Linux looks for the last index that begins before a block. */
		if (assay_load(record, 4, false) < m->next)
			return assay_fail(err, ASSAY_E_FORMAT, "extents in no order");
		if ((depth > 0 ? follow_index(m, record, depth, err) : add_extent(m, record, err)) <
		    0)
			return -1;
	}
	return 0;
}

static int read_tree(struct mapping *m, struct assay_error *err)
{
	struct assay_span root = assay_span_sub(m->inode->bytes, MAP_AT, MAP_SIZE);
	unsigned depth = (unsigned)assay_load(root.ptr + 6, 2, false);
	uint64_t entries = assay_load(root.ptr + 2, 2, false);

	/* Linux does not open such an inode. */
	if (depth > 0 && entries == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a tree of extents without leaves");
	if (depth > DEPTH_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "a tree of extents of depth %u", depth);
	if (read_extents(m, root, depth, err) < 0)
		return -1;
	ext_add_unused(m->fs, m->inode->entry, "room for extents",
	               assay_span_sub(root, EXTENT * (1 + entries), MAP_SIZE));
	return 0;
}

/* One pointer of a level: 0 leads to data. Each block is claimed once, which ends any loop. */
static int follow_pointer(struct mapping *m, uint64_t block, unsigned level, uint64_t *logical,
                          struct assay_error *err)
{
	uint64_t per_block = m->fs->block_size / 4, span = 1;
	struct ext_run run = { .logical = *logical, .physical = block, .count = 1 };

	for (unsigned i = 0; i < level; i++)
		span *= per_block;
	if (block == 0) {
		*logical += span;
		return 0;
	}
	if (level == 0) {
		++*logical;
		return add_run(m, &run, err);
	}
	if (take_block(m, block, err) < 0)
		return -1;
	add_part(m->fs, ASSAY_ROLE_METADATA, "indirect block", block * m->fs->block_size,
	         m->fs->block_size);
	for (uint64_t i = 0; i < per_block; i++)
		if (follow_pointer(m, ext_load(m->fs, block * m->fs->block_size + i * 4, 4),
		                   level - 1, logical, err) < 0)
			return -1;
	return 0;
}

static int read_pointers(struct mapping *m, struct assay_error *err)
{
	uint64_t logical = 0;

	for (unsigned i = 0; i < MAP_SIZE / 4; i++)
		if (follow_pointer(
			    m, assay_load(m->inode->bytes.ptr + MAP_AT + (size_t)i * 4, 4, false),
			    i < DIRECT ? 0 : i - DIRECT + 1, &logical, err) < 0)
			return -1;
	return 0;
}

/* The count of blocks in the inode includes one of attributes. */
static void check_count(const struct mapping *m)
{
	const struct ext_inode *inode = m->inode;
	uint64_t blocks = m->map->blocks + (inode->acl != 0);
	uint64_t units = (inode->flags & EXT_FL_HUGE) != 0 ? 1 : m->fs->block_size / 512;

	if (inode->blocks != blocks * units)
		assay_contents_false(m->fs->out, inode->entry, "number of blocks", inode->at + 28,
		                     4);
}

int ext_map_read(struct ext *fs, const struct ext_inode *inode, struct ext_map *out,
                 struct assay_error *err)
{
	struct mapping m = { .fs = fs, .inode = inode, .map = out };
	unsigned type = inode->mode & S_IFMT;
	bool has_map = !ext_inode_is_fast(inode) && type != S_IFCHR && type != S_IFBLK &&
	               type != S_IFIFO && type != S_IFSOCK;

	*out = (struct ext_map){ 0 };
	if (has_map && ((inode->flags & EXT_FL_EXTENTS) != 0 ? read_tree(&m, err)
	                                                     : read_pointers(&m, err)) < 0)
		return assay_fail_in(err, "inode %" PRIu32, inode->number);
	check_count(&m);
	return 0;
}

void ext_map_fini(struct ext_map *map)
{
	free(map->runs);
	*map = (struct ext_map){ 0 };
}
