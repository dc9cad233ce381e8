/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UBIFS: a superblock, two masters, and an index that leads to every node that counts.
 *
 * Everything is judged by its bytes: beside times and the UUID, what the checksums make of these, and
 * the data of files, each byte must be equal. Files and names are those that the index leads to, as Linux
 * has it; a node that it does not lead to is one of the bytes that must be equal.
 *
 * Layer:  formats; private to this folder.
 * Source: Linux fs/ubifs/ubifs-media.h, key.h, sb.c, master.c, tnc.c, file.c, dir.c.
 * Limits: a file system that was unmounted: with a journal or files to delete it is partial. Neither
 *         encrypted nor authenticated ones are read. One that is packed or laid out otherwise is
 *         different.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_UBIFS_UBIFS_H
#define ASSAY_FORMATS_FILESYSTEM_UBIFS_UBIFS_H

#include "base/cursor.h"
#include "formats/contents.h"

#define UBIFS_MAGIC 0x06101831u /* UBIFS_NODE_MAGIC */
#define UBIFS_HEADER 24         /* struct ubifs_ch */
#define UBIFS_SUPER 4096        /* struct ubifs_sb_node */
#define UBIFS_MASTER 512        /* struct ubifs_mst_node */
#define UBIFS_INODE 160         /* struct ubifs_ino_node */
#define UBIFS_DATA 48           /* struct ubifs_data_node */
#define UBIFS_NAME 56           /* struct ubifs_dent_node */
#define UBIFS_INDEX 28          /* struct ubifs_idx_node */
#define UBIFS_BLOCK 4096
#define UBIFS_ROOT 1

/* UBIFS_*_NODE; the first four are also types of keys. */
enum ubifs_type {
	UBIFS_TYPE_INODE = 0,
	UBIFS_TYPE_DATA = 1,
	UBIFS_TYPE_NAME = 2,
	UBIFS_TYPE_XATTR = 3,
	UBIFS_TYPE_PAD = 5,
	UBIFS_TYPE_SUPER = 6,
	UBIFS_TYPE_MASTER = 7,
	UBIFS_TYPE_REFERENCE = 8,
	UBIFS_TYPE_INDEX = 9,
};

/* A node that the index leads to, in the order of keys. */
struct ubifs_leaf {
	uint64_t at;
	uint32_t length;
	uint32_t inode; /* of its key */
	uint32_t rest;  /* of the key: type, and number of a block or hash of a name */
	size_t entry;   /* whose it is */
};

struct ubifs {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image;
	uint64_t block_size, blocks; /* erase blocks, as the superblock has them */
	uint64_t main_block;         /* the first one that the index can lead to */
	uint64_t root_at;
	uint32_t root_length;
	struct ubifs_leaf *leaves; /* owned */
	size_t count, cap;
};

static inline uint64_t ubifs_load(const struct ubifs *fs, uint64_t at, size_t width)
{
	return assay_load(fs->image.ptr + at, width, false);
}

static inline enum ubifs_type ubifs_type_of(const struct ubifs_leaf *leaf)
{
	return (enum ubifs_type)(leaf->rest >> 29);
}

/** UBIFS_CRC32_INIT, and no bits turned at the end. */
uint32_t ubifs_crc(const uint8_t *node, uint64_t length);

/**
 * Check that a node of a type stands in an erase block.
 *
 * Out:    *length, its bytes. A false checksum is a false value.
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int ubifs_check_node(const struct ubifs *fs, uint64_t at, enum ubifs_type type,
                                   uint32_t *length, struct assay_error *err);

/** Superblock, masters, log and orphans. Out: where the index is. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int ubifs_read_super(struct ubifs *fs, struct assay_error *err);

/** All that the index leads to. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int ubifs_read_index(struct ubifs *fs, struct assay_error *err);

/** An entry for every name, from the root. Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int ubifs_walk(struct ubifs *fs, struct assay_error *err);

/**
 * The content of a file whose entry is the newest.
 *
 * In:     first, its inode; those behind it of the same inode are its data
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int ubifs_add_content(struct ubifs *fs, size_t first, struct assay_error *err);

/** Parts of all that the index leads to. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int ubifs_add_leaves(struct ubifs *fs, struct assay_error *err);

/** Unpack the data of a node. */
ASSAY_CHECKED int ubifs_unpack(const struct assay_contents *contents,
                               const struct assay_piece *piece, struct assay_sink *sink,
                               struct assay_error *err);

#endif
