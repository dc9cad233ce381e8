/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The superblock: what it says about sizes is checked against the image, features that this reader
 * does not know end the reading, everything else must be equal.
 */
#include <inttypes.h>

#include "base/cursor.h"
#include "formats/filesystem/ext/ext.h"

#define STATE_AT 58
#define GROUP_AT 90
#define CHECKSUM_AT 1020
#define CHECKSUM_CRC32C 1  /* EXT2_CRC32C_CHKSUM */
#define OLD_INODE 128      /* EXT2_GOOD_OLD_INODE_SIZE */
#define OLD_FIRST 11       /* EXT2_GOOD_OLD_FIRST_INO */
#define BLOCK_LOG_MAX 6    /* EXT2_MAX_BLOCK_LOG_SIZE: 64 KiB */
#define TIME_HIGH_MAX 3    /* as far as the times of inodes go: the year 2446 */
#define KNOWN_COMPAT 0xa3f /* all but 0x100 (exclude_inode), fast_commit, orphan_file */
#define KNOWN_INCOMPAT                                                                             \
	0xe2c6 /* filetype, recover, extents, 64bit, flex_bg, csum_seed, largedir, inline */
#define KNOWN_RO 0x357b /* without btree_dir, snapshots, bigalloc and what is above project */

/* Source: ext4.h, struct ext4_super_block. */
static const struct assay_field fields[] = {
	{ .what = "inode and block count", .offset = 0, .length = 8, .role = ASSAY_ROLE_METADATA },
	{ .what = "reserved blocks", .offset = 8, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "layout", .offset = 12, .length = 32, .role = ASSAY_ROLE_METADATA },
	{ .what = "time of mounting",
	  .offset = 44,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "time of writing",
	  .offset = 48,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "state", .offset = 52, .length = 12, .role = ASSAY_ROLE_FIXED },
	{ .what = "time of checking",
	  .offset = 64,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "revision", .offset = 68, .length = 22, .role = ASSAY_ROLE_FIXED },
	{ .what = "group of the copy", .offset = 90, .length = 2, .role = ASSAY_ROLE_METADATA },
	{ .what = "features", .offset = 92, .length = 12, .role = ASSAY_ROLE_FIXED },
	{ .what = "UUID",
	  .offset = 104,
	  .length = 16,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_IDENTITY },
	{ .what = "volume name", .offset = 120, .length = 86, .role = ASSAY_ROLE_FIXED },
	{ .what = "reserved descriptors", .offset = 206, .length = 2, .role = ASSAY_ROLE_METADATA },
	{ .what = "journal and orphans", .offset = 208, .length = 28, .role = ASSAY_ROLE_FIXED },
	{ .what = "hash seed",
	  .offset = 236,
	  .length = 16,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_IDENTITY },
	{ .what = "options", .offset = 252, .length = 12, .role = ASSAY_ROLE_FIXED },
	{ .what = "time of making",
	  .offset = 264,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "copy of the journal's inode",
	  .offset = 268,
	  .length = 68,
	  .role = ASSAY_ROLE_METADATA },
	{ .what = "high bits of the block count",
	  .offset = 336,
	  .length = 4,
	  .role = ASSAY_ROLE_METADATA },
	{ .what = "high bits of reserved blocks",
	  .offset = 340,
	  .length = 4,
	  .role = ASSAY_ROLE_FIXED },
	{ .what = "high bits of free blocks",
	  .offset = 344,
	  .length = 4,
	  .role = ASSAY_ROLE_METADATA },
	{ .what = "options", .offset = 348, .length = 28, .role = ASSAY_ROLE_FIXED },
	{ .what = "KiB written", .offset = 376, .length = 8, .role = ASSAY_ROLE_METADATA },
	{ .what = "errors and options", .offset = 384, .length = 200, .role = ASSAY_ROLE_FIXED },
	{ .what = "overhead", .offset = 584, .length = 4, .role = ASSAY_ROLE_METADATA },
	{ .what = "encryption and quota", .offset = 588, .length = 36, .role = ASSAY_ROLE_FIXED },
	{ .what = "checksum seed",
	  .offset = 624,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_IDENTITY },
	{ .what = "high bits of times",
	  .offset = 628,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "reserved", .offset = 632, .length = 388, .role = ASSAY_ROLE_FIXED },
	{ 0 },
};

static uint64_t super(const struct ext *fs, size_t at, size_t width)
{
	return ext_load(fs, EXT_SUPER_AT + at, width);
}

static int check_features(const struct ext *fs, struct assay_error *err)
{
	uint32_t unknown[] = { fs->compat & ~KNOWN_COMPAT, fs->incompat & ~KNOWN_INCOMPAT,
		               fs->ro_compat & ~KNOWN_RO };

	if (unknown[0] != 0 || unknown[1] != 0 || unknown[2] != 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "features that assay does not read: 0x%x 0x%x 0x%x", unknown[0],
		                  unknown[1], unknown[2]);
	if (super(fs, 76, 4) > 1)
		return assay_fail(err, ASSAY_E_FORMAT, "revision %" PRIu64, super(fs, 76, 4));
	if (fs->checksums && super(fs, 373, 1) != CHECKSUM_CRC32C)
		return assay_fail(err, ASSAY_E_FORMAT, "unknown checksums");
	if ((fs->incompat & EXT_INCOMPAT_CSUM_SEED) == 0 && super(fs, 624, 4) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a checksum seed without the feature");
	for (size_t i = 628; i < 632; i++)
		if (super(fs, i, 1) > TIME_HIGH_MAX)
			return assay_fail(err, ASSAY_E_FORMAT, "a time that is none");
	return 0;
}

/* Whether a bitmap, which is a block, holds as many. */
static bool fits_bitmap(const struct ext *fs, uint32_t count)
{
	return count > 0 && count <= fs->block_size * 8 && count % 8 == 0;
}

static bool is_power_of_two(uint32_t number)
{
	return (number & (number - 1)) == 0;
}

static int check_sizes(const struct ext *fs, struct assay_error *err)
{
	if (fs->first_block != (fs->block_size == 1024) || super(fs, 28, 4) != super(fs, 24, 4) ||
	    super(fs, 36, 4) != fs->blocks_per_group ||
	    ((fs->incompat & EXT_INCOMPAT_64BIT) == 0 && super(fs, 336, 4) != 0))
		return assay_fail(err, ASSAY_E_FORMAT, "sizes that contradict each other");
	if (!fits_bitmap(fs, fs->blocks_per_group) || !fits_bitmap(fs, fs->inodes_per_group))
		return assay_fail(err, ASSAY_E_FORMAT, "groups that no bitmap holds");
	if (fs->blocks <= fs->first_block || fs->blocks > fs->out->span.len / fs->block_size)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short: %" PRIu64 " blocks", fs->blocks);
	return 0;
}

static int check_tables(const struct ext *fs, struct assay_error *err)
{
	uint64_t groups;

	/* Linux does not mount it otherwise ("insanely large"). */
	if (fs->reserved_blocks > fs->block_size / 4)
		return assay_fail(err, ASSAY_E_FORMAT, "%" PRIu32 " blocks for descriptors",
		                  fs->reserved_blocks);
	if (fs->inode_size < OLD_INODE || fs->inode_size > fs->block_size ||
	    !is_power_of_two(fs->inode_size))
		return assay_fail(err, ASSAY_E_FORMAT, "inodes of %" PRIu32 " bytes",
		                  fs->inode_size);
	if (fs->desc_size != 32 && fs->desc_size != 64)
		return assay_fail(err, ASSAY_E_FORMAT, "descriptors of %" PRIu32 " bytes",
		                  fs->desc_size);
	groups = (fs->blocks - fs->first_block + fs->blocks_per_group - 1) / fs->blocks_per_group;
	if (groups != fs->group_count || groups * fs->inodes_per_group != fs->inodes ||
	    fs->inodes > fs->out->span.len / fs->inode_size || fs->first_inode < OLD_FIRST ||
	    fs->first_inode > fs->inodes)
		return assay_fail(err, ASSAY_E_FORMAT, "%" PRIu32 " inodes in %" PRIu64 " groups",
		                  fs->inodes, groups);
	return 0;
}

static void parse(struct ext *fs)
{
	bool old = super(fs, 76, 4) == 0;

	fs->compat = (uint32_t)super(fs, 92, 4);
	fs->incompat = (uint32_t)super(fs, 96, 4);
	fs->ro_compat = (uint32_t)super(fs, 100, 4);
	fs->checksums = (fs->ro_compat & EXT_RO_METADATA_CSUM) != 0;
	fs->inodes = (uint32_t)super(fs, 0, 4);
	fs->blocks = super(fs, 4, 4);
	fs->desc_size = 32;
	if ((fs->incompat & EXT_INCOMPAT_64BIT) != 0) {
		fs->blocks |= super(fs, 336, 4) << 32;
		fs->desc_size = (uint32_t)super(fs, 254, 2);
	}
	fs->first_block = super(fs, 20, 4);
	fs->block_size = 1024u << super(fs, 24, 1);
	fs->blocks_per_group = (uint32_t)super(fs, 32, 4);
	fs->inodes_per_group = (uint32_t)super(fs, 40, 4);
	fs->inode_size = old ? OLD_INODE : (uint32_t)super(fs, 88, 2);
	fs->first_inode = old ? OLD_FIRST : (uint32_t)super(fs, 84, 4);
	fs->reserved_blocks = (uint32_t)super(fs, 206, 2);
	fs->seed = (uint32_t)super(fs, 624, 4);
	if ((fs->incompat & EXT_INCOMPAT_CSUM_SEED) == 0)
		fs->seed =
			ext_crc32c(UINT32_MAX, assay_span_sub(fs->image, EXT_SUPER_AT + 104, 16));
}

static void add_packing(struct ext *fs, const char *key, uint64_t number)
{
	assay_contents_attribute(fs->out, ASSAY_NO_ENTRY,
	                         &(struct assay_attribute){ .key = key,
	                                                    .form = ASSAY_FORM_NUMBER,
	                                                    .number = number,
	                                                    .role = ASSAY_ROLE_PACKING });
}

static void add_checksum(struct ext *fs, uint64_t at)
{
	struct assay_span bytes = assay_span_sub(fs->image, at, CHECKSUM_AT);

	if (fs->checksums)
		ext_checksum(fs, "superblock checksum", at + CHECKSUM_AT, 4,
		             ext_crc32c(UINT32_MAX, bytes));
	else
		ext_add_reserved(fs, ASSAY_NO_ENTRY, at + CHECKSUM_AT, 4);
}

/* Whether a copy differs only in its number, and in saying that it was not unmounted yet. */
static bool is_copy(const struct ext *fs, uint64_t at, uint32_t group)
{
	struct assay_span a = assay_span_sub(fs->image, EXT_SUPER_AT, CHECKSUM_AT);
	struct assay_span b = assay_span_sub(fs->image, at, CHECKSUM_AT);
	uint64_t state = ext_load(fs, at + STATE_AT, 2);

	return ext_load(fs, at + GROUP_AT, 2) == (group & 0xffff) &&
	       (state == super(fs, STATE_AT, 2) ||
	        state == (super(fs, STATE_AT, 2) & ~UINT64_C(1))) &&
	       assay_span_equal(assay_span_sub(a, 0, STATE_AT), assay_span_sub(b, 0, STATE_AT)) &&
	       assay_span_equal(assay_span_sub(a, STATE_AT + 2, GROUP_AT - STATE_AT - 2),
	                        assay_span_sub(b, STATE_AT + 2, GROUP_AT - STATE_AT - 2)) &&
	       assay_span_equal(assay_span_sub(a, GROUP_AT + 2, CHECKSUM_AT),
	                        assay_span_sub(b, GROUP_AT + 2, CHECKSUM_AT));
}

/* Whether it was a copy in the file that is being repaired. */
static bool was_copy(const struct ext *fs, uint64_t at)
{
	for (size_t i = 0; i < fs->repaired->part_count; i++)
		if (fs->repaired->parts[i].offset == at)
			return fs->repaired->parts[i].role == ASSAY_ROLE_CHECK;
	return false;
}

/* Make a copy true again, its number and state left alone. */
static void repair_copy(struct ext *fs, uint64_t at)
{
	const uint8_t *from = fs->image.ptr + EXT_SUPER_AT;
	uint8_t *to = fs->fix + at;

	memcpy(to, from, STATE_AT);
	memcpy(to + STATE_AT + 2, from + STATE_AT + 2, GROUP_AT - STATE_AT - 2);
	memcpy(to + GROUP_AT + 2, from + GROUP_AT + 2, CHECKSUM_AT - GROUP_AT - 2);
}

/* One that is older than the superblock must be equal: fsck would go by it. */
void ext_super_copy(struct ext *fs, uint32_t group, uint64_t at)
{
	if (fs->fix != NULL && was_copy(fs, at))
		repair_copy(fs, at);
	if (!is_copy(fs, at, group)) {
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                             "older copy of the superblock", at, EXT_SUPER_AT);
		return;
	}
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_CHECK,
	                             "copy of the superblock", at, CHECKSUM_AT);
	add_checksum(fs, at);
}

int ext_read_super(struct ext *fs, struct assay_error *err)
{
	uint64_t log;

	fs->image = fs->out->span;
	log = super(fs, 24, 4);
	if (log > BLOCK_LOG_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "blocks of 2^%" PRIu64 " KiB", log);
	parse(fs);
	fs->group_count = fs->inodes_per_group > 0 ? fs->inodes / fs->inodes_per_group : 0;
	if (check_features(fs, err) < 0 || check_sizes(fs, err) < 0 || check_tables(fs, err) < 0)
		return -1;
	fs->image = assay_span_sub(fs->out->span, 0, fs->blocks * fs->block_size);
	if (super(fs, GROUP_AT, 2) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a copy of a superblock");
	assay_contents_fields_at(fs->out, ASSAY_NO_ENTRY, "superblock", fields, EXT_SUPER_AT);
	add_checksum(fs, EXT_SUPER_AT);
	add_packing(fs, "block size", fs->block_size);
	add_packing(fs, "blocks", fs->blocks);
	add_packing(fs, "inodes", fs->inodes);
	add_packing(fs, "blocks of a group", fs->blocks_per_group);
	add_packing(fs, "blocks for descriptors", fs->reserved_blocks);
	add_packing(fs, "blocks of no file", super(fs, 584, 4));
	add_packing(fs, "KiB written", super(fs, 376, 8));
	if ((fs->incompat & EXT_INCOMPAT_RECOVER) != 0)
		assay_contents_partial(fs->out, "its journal was not replayed");
	if (super(fs, 232, 4) != 0)
		assay_contents_partial(fs->out, "files without a name wait to be deleted");
	return 0;
}
