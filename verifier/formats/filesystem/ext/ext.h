/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of an ext2, ext3 or ext4 file system, for the files of its reader.
 *
 * Whatever refers to a block claims it; a block that two things claim ends the reading. At the end
 * the bitmaps, counts and checksums must say what was found, so that nothing is in use that no
 * file, table or journal has. What is not in use is fill or must be equal.
 *
 * Layer:  formats; for this folder only.
 * Source: Linux Documentation/filesystems/ext4 and fs/ext4; e2fsprogs 1.47, lib/ext2fs.
 * Limits: not read: journals that were not replayed, meta_bg, bigalloc, large attributes in inodes
 *         of their own, encryption, folded names, verity, blocks shared by files, MMP, fast commits.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_EXT_EXT_H
#define ASSAY_FORMATS_FILESYSTEM_EXT_EXT_H

#include "base/cursor.h"
#include "formats/contents.h"

#define EXT_TIMES "ext/timestamps@1"
#define EXT_IDENTITY "ext/identity@1"

#define EXT_SUPER_AT 1024 /* bytes, of the superblock and its length */
#define EXT_ROOT 2        /* EXT4_ROOT_INO */
#define EXT_RESIZE 7      /* EXT4_RESIZE_INO */
#define EXT_JOURNAL 8     /* EXT4_JOURNAL_INO */

/* Features that change what bytes mean. Source: ext4.h, EXT4_FEATURE_*. */
enum {
	EXT_COMPAT_JOURNAL = 0x4,
	EXT_COMPAT_RESIZE = 0x10,
	EXT_COMPAT_SPARSE_SUPER2 = 0x200,
	EXT_INCOMPAT_FILETYPE = 0x2,
	EXT_INCOMPAT_RECOVER = 0x4,
	EXT_INCOMPAT_EXTENTS = 0x40,
	EXT_INCOMPAT_64BIT = 0x80,
	EXT_INCOMPAT_FLEX_BG = 0x200,
	EXT_INCOMPAT_CSUM_SEED = 0x2000,
	EXT_INCOMPAT_INLINE = 0x8000,
	EXT_RO_SPARSE_SUPER = 0x1,
	EXT_RO_GDT_CSUM = 0x10,
	EXT_RO_METADATA_CSUM = 0x400,
};

struct ext_group {
	uint64_t at; /* of its descriptor, bytes in the image */
	uint64_t block_bitmap, inode_bitmap, inode_table;       /* blocks */
	uint32_t free_blocks, free_inodes, directories, unused; /* as the descriptor says */
	uint16_t flags;
};

struct ext {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image;
	uint8_t *fix; /* the image, when its checksums are to be made true; NULL: to be looked at */
	const struct assay_contents *repaired; /* of which image is a copy; when fix is set */
	uint64_t blocks, first_block;
	uint32_t block_size, blocks_per_group, inodes, inodes_per_group, group_count, desc_size;
	uint32_t inode_size, reserved_blocks; /* for more descriptors */
	uint32_t compat, incompat, ro_compat;
	uint32_t first_inode; /* that is not reserved */
	uint32_t seed;
	bool checksums;           /* metadata_csum */
	struct ext_group *groups; /* owned */
	uint8_t *used;            /* for each block, whether something claims it; owned */
	uint32_t *sharing;        /* for each block, inodes that have it for attributes; owned */
	uint32_t *names;          /* for each inode, names that lead to it; owned */
	size_t *entries;          /* for each inode, its entry; owned */
	uint8_t *directories;     /* for each inode, whether it is one; owned */
};

/** CRC-32C without the final inversion, as ext4 has it. */
uint32_t ext_crc32c(uint32_t seed, struct assay_span bytes);
uint32_t ext_crc32c_number(uint32_t seed, uint64_t number, size_t width);
uint16_t ext_crc16(uint16_t seed, struct assay_span bytes);

/** CRC-32C with zeros where the field of width bytes at offset stands. */
uint32_t ext_crc32c_without(uint32_t seed, struct assay_span bytes, uint64_t offset, size_t width);

/** Make a part of a checksum and see that it is the value, or make it so when repairing. */
void ext_checksum(struct ext *fs, const char *what, uint64_t at, size_t width, uint64_t value);

/** A number of the image, which must hold it. */
static inline uint64_t ext_load(const struct ext *fs, uint64_t at, size_t width)
{
	return assay_load(fs->image.ptr + at, width, false);
}

static inline struct assay_span ext_block(const struct ext *fs, uint64_t block)
{
	return assay_span_sub(fs->image, block * fs->block_size, fs->block_size);
}

/** Claim blocks for one purpose. Errors: ASSAY_E_FORMAT  not there, or claimed already */
ASSAY_CHECKED int ext_claim(struct ext *fs, uint64_t block, uint64_t count,
                            struct assay_error *err);

/** Bytes that nothing reads, in the midst of metadata: an attribute that must be equal, if any is set. */
void ext_add_unused(struct ext *fs, size_t entry, const char *key, struct assay_span bytes);

/** Bytes that nobody uses: metadata as long as they are zeros, else they must be equal. */
void ext_add_reserved(struct ext *fs, size_t entry, uint64_t at, uint64_t length);

/** Read the superblock, the descriptors of groups, and the copies of both. */
ASSAY_CHECKED int ext_read_super(struct ext *fs, struct assay_error *err);
ASSAY_CHECKED int ext_read_groups(struct ext *fs, struct assay_error *err);

/** The same of a copy of the superblock, of a group. */
void ext_super_copy(struct ext *fs, uint32_t group, uint64_t at);

/** When everything was claimed: see that bitmaps, counts and their checksums are true. */
void ext_check_groups(struct ext *fs);

/** Whether a bitmap says that an inode is in use. */
bool ext_inode_used(const struct ext *fs, uint32_t number);

/** Walk from the root and make an entry of everything with a name. */
ASSAY_CHECKED int ext_walk(struct ext *fs, struct assay_error *err);

/** When everything was walked: see that files say how many names they have. */
void ext_check_links(struct ext *fs);

/** The reserved inodes, and what they hold: the journal, blocks for more descriptors. */
ASSAY_CHECKED int ext_read_reserved(struct ext *fs, struct assay_error *err);

#endif
