/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups of blocks: their descriptors, bitmaps and tables, and the copies of superblock and
 * descriptors. Bitmaps and counts must say exactly what was found.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/ext/ext.h"

#define INODES_UNSET 0x1 /* EXT4_BG_INODE_UNINIT: the bitmap and the table are not there yet */
#define BLOCKS_UNSET 0x2 /* EXT4_BG_BLOCK_UNINIT */
#define KNOWN_FLAGS 0x7

/* A field of a descriptor: its low half, and its high half where there is one (64bit). */
static uint64_t field(const struct ext *fs, uint64_t at, size_t low, size_t high, size_t width)
{
	uint64_t value = ext_load(fs, at + low, width);

	if (fs->desc_size == 64)
		value |= ext_load(fs, at + high, width) << (8 * width);
	return value;
}

static bool is_power(uint32_t number, uint32_t base)
{
	uint64_t power = base;

	while (power < number)
		power *= base;
	return power == number;
}

/* Source: ext4_bg_has_super() of balloc.c. */
static bool has_copy(const struct ext *fs, uint32_t group)
{
	if (group == 0)
		return true;
	if ((fs->compat & EXT_COMPAT_SPARSE_SUPER2) != 0)
		return ext_load(fs, EXT_SUPER_AT + 588, 4) == group ||
		       ext_load(fs, EXT_SUPER_AT + 592, 4) == group;
	if (group == 1 || (fs->ro_compat & EXT_RO_SPARSE_SUPER) == 0)
		return true;
	return is_power(group, 3) || is_power(group, 5) || is_power(group, 7);
}

static uint64_t start_of(const struct ext *fs, uint32_t group)
{
	return fs->first_block + (uint64_t)group * fs->blocks_per_group;
}

static uint32_t size_of(const struct ext *fs, uint32_t group)
{
	uint64_t left = fs->blocks - start_of(fs, group);

	return left < fs->blocks_per_group ? (uint32_t)left : fs->blocks_per_group;
}

static uint64_t table_blocks(const struct ext *fs)
{
	uint64_t bytes = (uint64_t)fs->inodes_per_group * fs->inode_size;

	return (bytes + fs->block_size - 1) / fs->block_size;
}

static uint64_t descriptor_blocks(const struct ext *fs)
{
	uint64_t bytes = (uint64_t)fs->group_count * fs->desc_size;

	return (bytes + fs->block_size - 1) / fs->block_size;
}

int ext_claim(struct ext *fs, uint64_t block, uint64_t count, struct assay_error *err)
{
	if (block < fs->first_block || block > fs->blocks || count > fs->blocks - block)
		return assay_fail(err, ASSAY_E_FORMAT, "block %" PRIu64 " is not there", block);
	for (uint64_t i = 0; i < count; i++) {
		if (fs->used[block + i])
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "block %" PRIu64 " serves two purposes", block + i);
		fs->used[block + i] = 1;
	}
	return 0;
}

static int read_group(struct ext *fs, uint32_t index, struct assay_error *err)
{
	struct ext_group *group = &fs->groups[index];
	uint64_t at = (fs->first_block + 1) * fs->block_size + (uint64_t)index * fs->desc_size;

	*group = (struct ext_group){
		.at = at,
		.block_bitmap = field(fs, at, 0, 32, 4),
		.inode_bitmap = field(fs, at, 4, 36, 4),
		.inode_table = field(fs, at, 8, 40, 4),
		.free_blocks = (uint32_t)field(fs, at, 12, 44, 2),
		.free_inodes = (uint32_t)field(fs, at, 14, 46, 2),
		.directories = (uint32_t)field(fs, at, 16, 48, 2),
		.unused = (uint32_t)field(fs, at, 28, 50, 2),
		.flags = (uint16_t)ext_load(fs, at + 18, 2),
	};
	if ((group->flags & ~KNOWN_FLAGS) != 0 || group->unused > fs->inodes_per_group ||
	    ((group->flags & (INODES_UNSET | BLOCKS_UNSET)) != 0 &&
	     (fs->ro_compat & (EXT_RO_METADATA_CSUM | EXT_RO_GDT_CSUM)) == 0))
		return assay_fail(err, ASSAY_E_FORMAT, "unknown flags");
	if (ext_claim(fs, group->block_bitmap, 1, err) < 0 ||
	    ext_claim(fs, group->inode_bitmap, 1, err) < 0 ||
	    ext_claim(fs, group->inode_table, table_blocks(fs), err) < 0)
		return -1;
	if (!has_copy(fs, index))
		return 0;
	return ext_claim(fs, start_of(fs, index), 1 + descriptor_blocks(fs), err);
}

int ext_read_groups(struct ext *fs, struct assay_error *err)
{
	if (fs->first_block + 1 + descriptor_blocks(fs) > fs->blocks)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short in the descriptors of groups");
	fs->groups = assay_calloc(fs->group_count, sizeof(*fs->groups));
	fs->used = assay_calloc(fs->blocks, 1);
	fs->sharing = assay_calloc(fs->blocks, sizeof(*fs->sharing));
	fs->names = assay_calloc((size_t)fs->inodes + 1, sizeof(*fs->names));
	fs->entries = assay_calloc((size_t)fs->inodes + 1, sizeof(*fs->entries));
	fs->directories = assay_calloc((size_t)fs->inodes + 1, 1);
	for (uint32_t i = 0; i <= fs->inodes; i++)
		fs->entries[i] = ASSAY_NO_ENTRY;
	for (uint32_t i = 0; i < fs->group_count; i++)
		if (read_group(fs, i, err) < 0)
			return assay_fail_in(err, "group %" PRIu32, i);
	return 0;
}

static bool bit_of(struct assay_span bitmap, uint64_t index)
{
	return (bitmap.ptr[index / 8] >> (index % 8) & 1) != 0;
}

bool ext_inode_used(const struct ext *fs, uint32_t number)
{
	const struct ext_group *group = &fs->groups[(number - 1) / fs->inodes_per_group];

	if ((group->flags & INODES_UNSET) != 0)
		return false;
	return bit_of(ext_block(fs, group->inode_bitmap), (number - 1) % fs->inodes_per_group);
}

/* Bits behind those that stand for something must be set. */
static bool is_padded(struct assay_span bitmap, uint64_t from)
{
	for (; from % 8 != 0 && from / 8 < bitmap.len; from++)
		if (!bit_of(bitmap, from))
			return false;
	return assay_span_is_fill(assay_span_sub(bitmap, from / 8, bitmap.len), 0xff);
}

static void add_bitmap(struct ext *fs, const char *what, uint64_t block, uint64_t bits)
{
	struct assay_span bitmap = ext_block(fs, block);
	/* Linux looks at no bit behind the last; they are set, but tools have left them clear. */
	bool padded = is_padded(bitmap, bits);

	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, what,
	                             block * fs->block_size, padded ? bitmap.len : bits / 8);
	if (!padded)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                             "end of a bitmap", block * fs->block_size + bits / 8,
		                             bitmap.len - bits / 8);
}

static void lie(struct ext *fs, const char *what, uint64_t at, uint64_t length)
{
	assay_contents_false(fs->out, ASSAY_NO_ENTRY, what, at, length);
}

/*
 * Whether a kernel that makes the bitmap of a group anew marks a block as used.
 *
 * Source: ext4_init_block_bitmap() of balloc.c
 */
static bool is_marked(const struct ext *fs, uint32_t index, uint64_t block)
{
	const struct ext_group *group = &fs->groups[index];
	uint64_t base = 1 + descriptor_blocks(fs) + fs->reserved_blocks;

	if (has_copy(fs, index) && block - start_of(fs, index) < base)
		return true;
	return block == group->block_bitmap || block == group->inode_bitmap ||
	       (block >= group->inode_table && block - group->inode_table < table_blocks(fs));
}

/* Return: how many are free */
static uint32_t check_blocks(struct ext *fs, uint32_t index)
{
	const struct ext_group *group = &fs->groups[index];
	struct assay_span bitmap = ext_block(fs, group->block_bitmap);
	uint32_t count = size_of(fs, index), available = 0;
	uint64_t start = start_of(fs, index);
	bool set = (group->flags & BLOCKS_UNSET) == 0;

	for (uint32_t i = 0; i < count; i++) {
		bool used = fs->used[start + i] != 0;

		available += !used;
		if (!set && used && !is_marked(fs, index, start + i))
			lie(fs, "group without blocks", group->at + 18, 2);
		if (set && used && !bit_of(bitmap, i))
			lie(fs, "block bitmap", group->block_bitmap * fs->block_size + i / 8, 1);
		if (set && !used && bit_of(bitmap, i))
			assay_contents_partial(
				fs->out, "block %" PRIu64 " is in use and nothing refers to it",
				start + i);
	}
	if (set)
		add_bitmap(fs, "block bitmap", group->block_bitmap, count);
	return available;
}

/* Inodes in use have a name, or are reserved. Out: *directories. Return: how many are free */
static uint32_t check_inodes(struct ext *fs, uint32_t index, uint32_t *directories)
{
	const struct ext_group *group = &fs->groups[index];
	uint32_t first = index * fs->inodes_per_group + 1, available = 0;

	*directories = 0;
	for (uint32_t i = 0; i < fs->inodes_per_group; i++) {
		bool used = ext_inode_used(fs, first + i);

		available += !used;
		*directories += fs->directories[first + i];
		if (used && i >= fs->inodes_per_group - group->unused)
			lie(fs, "number of unused inodes", group->at + 28, 2);
		if (used && first + i >= fs->first_inode && fs->names[first + i] == 0)
			assay_contents_partial(fs->out, "inode %" PRIu32 " has no name", first + i);
	}
	if ((group->flags & INODES_UNSET) == 0)
		add_bitmap(fs, "inode bitmap", group->inode_bitmap, fs->inodes_per_group);
	return available;
}

static void add_part(struct ext *fs, enum assay_role role, const char *what, uint64_t at,
                     uint64_t length)
{
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, role, what, at, length);
}

/* The checksum of a bitmap, of which a descriptor at at has two halves. */
static void add_bitmap_checksum(struct ext *fs, const struct ext_group *group, uint64_t at,
                                bool inodes)
{
	uint64_t block = inodes ? group->inode_bitmap : group->block_bitmap;
	uint32_t bits = inodes ? fs->inodes_per_group : fs->blocks_per_group;
	bool set = (group->flags & (inodes ? INODES_UNSET : BLOCKS_UNSET)) == 0;
	const char *what = inodes ? "inode bitmap checksum" : "block bitmap checksum";
	uint64_t low = at + (inodes ? 26 : 24), high = at + (inodes ? 58 : 56);
	uint32_t value;

	if (!fs->checksums || !set) {
		ext_add_reserved(fs, ASSAY_NO_ENTRY, low, 2);
		if (fs->desc_size == 64)
			ext_add_reserved(fs, ASSAY_NO_ENTRY, high, 2);
		return;
	}
	value = ext_crc32c(fs->seed, assay_span_sub(ext_block(fs, block), 0, bits / 8));
	ext_checksum(fs, what, low, 2, value);
	if (fs->desc_size == 64)
		ext_checksum(fs, what, high, 2, value >> 16);
}

/* Source: ext4_group_desc_csum() of super.c. */
static uint16_t checksum_of(const struct ext *fs, uint32_t index, uint64_t at)
{
	struct assay_span bytes = assay_span_sub(fs->image, at, fs->desc_size);
	uint8_t number[4];
	uint16_t crc;

	if (fs->checksums)
		return (uint16_t)ext_crc32c_without(ext_crc32c_number(fs->seed, index, 4), bytes,
		                                    30, 2);
	assay_store(number, 4, false, index);
	crc = ext_crc16(UINT16_MAX, assay_span_sub(fs->image, EXT_SUPER_AT + 104, 16));
	crc = ext_crc16(crc, assay_span_of(number, 4));
	crc = ext_crc16(crc, assay_span_sub(bytes, 0, 30));
	return ext_crc16(crc, assay_span_sub(bytes, 32, bytes.len));
}

static void add_descriptor(struct ext *fs, uint32_t index, uint64_t at)
{
	const struct ext_group *group = &fs->groups[index];

	add_part(fs, ASSAY_ROLE_METADATA, "group descriptor", at, 20);
	ext_add_reserved(fs, ASSAY_NO_ENTRY, at + 20, 4);
	add_bitmap_checksum(fs, group, at, false);
	add_bitmap_checksum(fs, group, at, true);
	add_part(fs, ASSAY_ROLE_METADATA, "group descriptor", at + 28, 2);
	if (fs->desc_size == 64) {
		add_part(fs, ASSAY_ROLE_METADATA, "group descriptor", at + 32, 20);
		ext_add_reserved(fs, ASSAY_NO_ENTRY, at + 52, 4);
		ext_add_reserved(fs, ASSAY_NO_ENTRY, at + 60, 4);
	}
	if ((fs->ro_compat & (EXT_RO_METADATA_CSUM | EXT_RO_GDT_CSUM)) != 0)
		ext_checksum(fs, "group checksum", at + 30, 2, checksum_of(fs, index, at));
	else
		ext_add_reserved(fs, ASSAY_NO_ENTRY, at + 30, 2);
}

/* Whether a copy of a descriptor says the same, but for checksums. */
static bool is_copy(const struct ext *fs, uint64_t a, uint64_t b)
{
	static const uint8_t ranges[][2] = { { 0, 24 }, { 28, 30 }, { 32, 56 }, { 60, 64 } };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(ranges) && ranges[i][0] < fs->desc_size; i++)
		if (!assay_span_equal(assay_span_sub(fs->image, a + ranges[i][0],
		                                     ranges[i][1] - ranges[i][0]),
		                      assay_span_sub(fs->image, b + ranges[i][0],
		                                     ranges[i][1] - ranges[i][0])))
			return false;
	return true;
}

/* Copies of the descriptors: true ones, or older ones that must be equal. */
static void add_copies(struct ext *fs, uint32_t group)
{
	uint64_t at = (start_of(fs, group) + 1) * fs->block_size;

	for (uint32_t i = 0; i < fs->group_count; i++, at += fs->desc_size) {
		if (is_copy(fs, fs->groups[i].at, at))
			add_descriptor(fs, i, at);
		else
			add_part(fs, ASSAY_ROLE_FIXED, "older copy of a descriptor", at,
			         fs->desc_size);
	}
}

static void check_total(struct ext *fs, const char *what, uint64_t value, size_t at, size_t width)
{
	if (ext_load(fs, EXT_SUPER_AT + at, width) != value)
		lie(fs, what, EXT_SUPER_AT + at, width);
}

void ext_check_groups(struct ext *fs)
{
	uint64_t blocks = 0, inodes = 0;

	for (uint32_t i = 0; i < fs->group_count; i++) {
		const struct ext_group *group = &fs->groups[i];
		uint32_t directories, free_blocks = check_blocks(fs, i);
		uint32_t free_inodes = check_inodes(fs, i, &directories);

		if (free_blocks != group->free_blocks)
			lie(fs, "number of free blocks", group->at + 12, 2);
		if (free_inodes != group->free_inodes)
			lie(fs, "number of free inodes", group->at + 14, 2);
		if (directories != group->directories)
			lie(fs, "number of directories", group->at + 16, 2);
		blocks += free_blocks;
		inodes += free_inodes;
		add_descriptor(fs, i, group->at);
	}
	check_total(fs, "number of free blocks", blocks & UINT32_MAX, 12, 4);
	check_total(fs, "number of free blocks", blocks >> 32, 344, 4);
	check_total(fs, "number of free inodes", inodes, 16, 4);
	for (uint32_t i = 1; i < fs->group_count; i++) {
		if (!has_copy(fs, i))
			continue;
		ext_super_copy(fs, i, start_of(fs, i) * fs->block_size);
		add_copies(fs, i);
	}
}
