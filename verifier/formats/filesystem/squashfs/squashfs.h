/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a squashfs 4.0 file system, for the files of its reader.
 *
 * Tables (inodes, directories, fragments, exports, ids, attributes) are runs of metadata blocks.
 * Each is unpacked as a whole, and every record in it must be reached: what no inode leads to
 * would be in the image and in no file, so the reader says that it could not read all of it.
 *
 * Layer:  formats; for this folder only.
 * Source: Linux fs/squashfs/squashfs_fs.h (the on-disk structures) and fs/squashfs; squashfs-tools
 *         4.5, mksquashfs.c (the order of things).
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_SQUASHFS_SQUASHFS_H
#define ASSAY_FORMATS_FILESYSTEM_SQUASHFS_SQUASHFS_H

#include "formats/contents.h"
#include "formats/stream/codec.h"

#define SQFS_SUPER 96         /* bytes of struct squashfs_super_block */
#define SQFS_META 8192        /* SQUASHFS_METADATA_SIZE: bytes that a metadata block unpacks to */
#define SQFS_NONE UINT64_MAX  /* SQUASHFS_INVALID_BLK: there is no such table */
#define SQFS_NO_ID UINT32_MAX /* SQUASHFS_INVALID_FRAG, SQUASHFS_INVALID_XATTR */
#define SQFS_RAW (1u << 24)   /* SQUASHFS_COMPRESSED_BIT_BLOCK: a data block is not compressed */

/** Where a metadata block stands, and what it unpacks to. */
struct sqfs_block {
	uint64_t disk; /* bytes from the start of the table */
	uint64_t at;   /* bytes from the start of the unpacked table */
};

/** A table, unpacked. Owned by the reading until it is handed to the contents. */
struct sqfs_table {
	uint64_t start; /* in the image */
	struct assay_span data;
	struct sqfs_block *blocks; /* owned */
	size_t count, cap;
};

enum sqfs_type {
	SQFS_DIRECTORY = 1,
	SQFS_FILE,
	SQFS_SYMLINK,
	SQFS_BLOCK,
	SQFS_CHARACTER,
	SQFS_FIFO,
	SQFS_SOCKET,
	SQFS_EXTENDED = 7, /* what is added for an inode with more fields */
};

struct sqfs_inode {
	uint64_t at;   /* in the inode table */
	uint16_t type; /* 1 to 7 */
	bool extended; /* with more fields */
	uint16_t mode;
	uint16_t uid, gid; /* indexes of ids */
	uint32_t mtime;    /* seconds since 1970 */
	uint32_t number;
	uint32_t links;
	uint32_t xattr;           /* index of a list of attributes, or SQFS_NO_ID */
	uint32_t device;          /* as Linux encodes it */
	uint64_t size;            /* bytes of content, or of a listing */
	uint64_t start;           /* a file's first block in the image; a listing's block */
	uint64_t sparse;          /* bytes of holes */
	uint32_t fragment;        /* index, or SQFS_NO_ID */
	uint32_t offset;          /* in the fragment, or in the listing's block */
	uint32_t parent;          /* of a directory: its number */
	struct assay_span blocks; /* sizes, four bytes each */
	struct assay_span target; /* of a symbolic link */
	struct assay_span index;  /* of a large directory, unparsed */
	uint16_t index_count;     /* entries in it */
	size_t entry;             /* that it has become; ASSAY_NO_ENTRY before it was reached */
};

/** A run of bytes that something refers to. */
struct sqfs_use {
	uint64_t offset, length;
	uint64_t content; /* of a data block: where in its file it begins */
	uint32_t whole;   /* of a data block: bytes that it unpacks to; of an end of a file: the
	                     fragment that it is in */
	bool raw;         /* a data block that is not compressed */
	size_t entry;
};

struct sqfs_uses {
	struct sqfs_use *list; /* owned */
	size_t count, cap;
};

struct sqfs {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image; /* the first bytes_used bytes */
	uint32_t inode_count, block_size, fragment_count;
	uint16_t compression, block_log, flags, id_count;
	uint64_t root, used, id_at, xattr_at, inode_at, directory_at, fragment_at, export_at;
	uint64_t tables_at; /* where the directory table ends */
	uint64_t window;    /* bytes that Linux has for a dictionary of xz or a window of zstd */
	enum assay_codec codec;
	struct sqfs_table inode_table, directory_table, fragment_table, export_table, id_table;
	struct sqfs_table xattr_table, value_table;
	struct sqfs_inode *inodes; /* in the order of the table; owned */
	struct sqfs_uses listings, blocks, tails, values;
	uint32_t *fragment_ends; /* for each, how far files use it; owned */
	bool *id_used;           /* owned */
	bool *xattr_used;        /* owned */
};

/** Add a run to those in use. */
void sqfs_use(struct sqfs_uses *uses, const struct sqfs_use *use);

/**
 * Whether runs, once sorted, cover [0, length) without a gap.
 *
 * In: exact, no two of them may overlap but where they are equal
 */
bool sqfs_uses_cover(struct sqfs_uses *uses, uint64_t length, bool exact);

/** Sort runs by whole (only if by_whole), offset and length. */
void sqfs_uses_sort(struct sqfs_uses *uses, bool by_whole);

/** Unpack every table, and make parts of them. */
ASSAY_CHECKED int sqfs_read_tables(struct sqfs *fs, struct assay_error *err);

/** Find the byte that a reference into a table means. Return: false when there is none. */
bool sqfs_resolve(const struct sqfs_table *table, uint64_t block, uint64_t offset, uint64_t *at);

/** Parse all inodes, in the order of their table, which they must fill. */
ASSAY_CHECKED int sqfs_read_inodes(struct sqfs *fs, struct assay_error *err);

/** Walk from the root and make an entry of everything with a name. */
ASSAY_CHECKED int sqfs_walk(struct sqfs *fs, struct assay_error *err);

/** Give an entry the extended attributes of its inode. */
ASSAY_CHECKED int sqfs_add_xattrs(struct sqfs *fs, size_t entry, uint32_t list,
                                  struct assay_error *err);

/** Give an entry the pieces of its content, and note which bytes of the image they are. */
ASSAY_CHECKED int sqfs_add_content(struct sqfs *fs, size_t entry, const struct sqfs_inode *inode,
                                   struct assay_error *err);

/** When everything was read: make parts of data blocks and fragments. */
ASSAY_CHECKED int sqfs_add_blocks(struct sqfs *fs, struct assay_error *err);

#endif
