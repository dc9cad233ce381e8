/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inodes of an ext2, ext3 or ext4 file system, and what they lead to.
 *
 * Layer: formats; for this folder only.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_EXT_INODE_H
#define ASSAY_FORMATS_FILESYSTEM_EXT_INODE_H

#include "formats/filesystem/ext/ext.h"

/* Flags of inodes. Source: ext4.h, EXT4_*_FL. */
enum {
	EXT_FL_INDEX = 0x1000,
	EXT_FL_HUGE = 0x40000,
	EXT_FL_EXTENTS = 0x80000,
	EXT_FL_INLINE = 0x10000000,
};

/** What of an inode other files ask for; the rest is in its bytes. */
struct ext_inode {
	uint32_t number;
	uint64_t at;             /* in the image */
	struct assay_span bytes; /* inode_size of them */
	uint16_t mode, links;
	uint32_t uid, gid, flags, generation, seed; /* seed: of its checksums */
	uint64_t size, blocks, acl; /* blocks: in units of 512 bytes, or of blocks; acl: a block */
	uint16_t extra;             /* bytes of fields behind the first 128 */
	struct assay_span inlined;  /* value of "system.data", where content goes on */
	bool has_inlined;           /* there is one, empty or not */
	size_t entry;
};

/** Blocks of a file that follow each other in both ways. */
struct ext_run {
	uint64_t logical, physical, count;
	bool unwritten; /* reads as zeros */
};

struct ext_map {
	struct ext_run *runs; /* sorted, not overlapping; owned */
	size_t count, cap;
	uint64_t blocks; /* that the file takes, with those of the map itself */
};

ASSAY_CHECKED int ext_inode_open(struct ext *fs, uint32_t number, struct ext_inode *out,
                                 struct assay_error *err);

/** Make parts of an inode, of its entry or of none. */
void ext_inode_parts(struct ext *fs, const struct ext_inode *inode);

/** Give an entry the attributes of its inode, the extended ones included. */
ASSAY_CHECKED int ext_inode_describe(struct ext *fs, struct ext_inode *inode,
                                     struct assay_error *err);

/** Whether the inode has its content, or its target, in itself. */
bool ext_inode_is_fast(const struct ext_inode *inode);

ASSAY_CHECKED int ext_add_xattrs(struct ext *fs, struct ext_inode *inode, struct assay_error *err);

/** Find where content goes on in the inode (inode->inlined), without making attributes. */
ASSAY_CHECKED int ext_find_inlined(struct ext *fs, struct ext_inode *inode,
                                   struct assay_error *err);

/** When all inodes were read: see that blocks of attributes say how many share them. */
void ext_check_sharing(struct ext *fs);

/** Find the blocks of an inode and claim them. Free with ext_map_fini, in any case. */
ASSAY_CHECKED int ext_map_read(struct ext *fs, const struct ext_inode *inode, struct ext_map *out,
                               struct assay_error *err);
void ext_map_fini(struct ext_map *map);
#define ASSAY_AUTO_EXT_MAP ASSAY_AUTO(ext_map_fini)

/** Content of a file that is the newest entry, and the target of a symbolic link. */
ASSAY_CHECKED int ext_add_content(struct ext *fs, struct ext_inode *inode, struct assay_error *err);
ASSAY_CHECKED int ext_add_target(struct ext *fs, struct ext_inode *inode, struct assay_error *err);

/** A name in a directory. */
struct ext_name {
	struct assay_span name;
	uint32_t inode;
	uint8_t type;
};

struct ext_names {
	struct ext_name *list; /* owned */
	size_t count, cap;
};

/** Read the names of a directory but "." and "..", which must be right, and make parts of them. */
ASSAY_CHECKED int ext_read_names(struct ext *fs, const struct ext_inode *inode, uint32_t parent,
                                 struct ext_names *out, struct assay_error *err);

/**
 * The hash by which a name is looked up in an indexed directory.
 *
 * In: version, 0 to 5 (DX_HASH_*); seed, four words of the superblock
 */
uint32_t ext_hash(unsigned version, const uint32_t seed[4], struct assay_span name);

#endif
