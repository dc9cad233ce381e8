/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JFFS2: a log of nodes. Names and pieces of files have versions, of which the highest counts.
 *
 * What counts is the tree that Linux makes of the nodes. Bytes of role METADATA are nodes that this
 * tree needs, and every bit of them is said by an entry, an attribute or a content, or is checked.
 * All other nodes (older versions, deletions, those that are marked obsolete, files without a name)
 * must be equal, and so must bytes of no node unless they are fill.
 *
 * Nobody says how large erase blocks are, but Linux knows: no node crosses the end of one, and what
 * stands behind erased flash in one is not seen. The smallest size that the nodes allow is an
 * attribute, and so are larger ones with which Linux would see something else.
 *
 * Layer:  formats; private to this folder.
 * Source: Linux include/uapi/linux/jffs2.h, fs/jffs2 (scan.c, build.c, readinode.c, summary.c, read.c).
 * Limits: erase blocks of 2^n bytes; data that is stored or packed by zlib, lzo or rtime; no
 *         attributes that were changed or deleted after they were written. An image with bytes that
 *         are neither a node nor erased is not read.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_JFFS2_JFFS2_H
#define ASSAY_FORMATS_FILESYSTEM_JFFS2_JFFS2_H

#include "base/cursor.h"
#include "formats/contents.h"

#define JFFS2_MAGIC 0x1985
#define JFFS2_TIMES "jffs2/timestamps@1"
#define JFFS2_ROOT 1

/* Bytes of nodes in front of names and data. */
#define JFFS2_HEADER 12 /* struct jffs2_unknown_node */
#define JFFS2_DIRENT 40 /* struct jffs2_raw_dirent */
#define JFFS2_INODE 68  /* struct jffs2_raw_inode */
#define JFFS2_XATTR 32  /* struct jffs2_raw_xattr */
#define JFFS2_XREF 28   /* struct jffs2_raw_xref */
#define JFFS2_SUMMARY 32

/* JFFS2_COMPR_* */
enum {
	JFFS2_STORED = 0,
	JFFS2_ZERO = 1,
	JFFS2_RTIME = 2,
	JFFS2_ZLIB = 6,
	JFFS2_LZO = 7
};

/* JFFS2_NODETYPE_*, with the bit that says that a node is not obsolete. */
enum jffs2_type {
	JFFS2_TYPE_DIRENT = 0xe001,
	JFFS2_TYPE_INODE = 0xe002,
	JFFS2_TYPE_CLEANMARKER = 0x2003,
	JFFS2_TYPE_PADDING = 0x2004,
	JFFS2_TYPE_SUMMARY = 0x2006,
	JFFS2_TYPE_XATTR = 0xe008,
	JFFS2_TYPE_XREF = 0xe009,
	JFFS2_TYPE_OBSOLETE = 0, /* of any type */
};

struct jffs2_node {
	uint64_t at;
	uint32_t length; /* bytes, without those that fill up to a multiple of 4 */
	uint32_t owner;  /* inode; of a dirent the directory; of an xattr its own number */
	uint32_t version;
	enum jffs2_type type;
	bool false_check; /* a checksum of it is false: Linux goes on as if it were not there */
	bool used;        /* its bytes are parts */
};

/* The nodes of an inode that count, oldest first. */
struct jffs2_inode {
	uint32_t number;
	size_t first, count; /* in jffs2.inode_nodes */
	size_t entry;        /* ASSAY_NO_ENTRY: no name leads to it so far */
};

struct jffs2 {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image;
	bool big_endian;
	uint64_t block_size;
	struct jffs2_node *nodes; /* owned; in the order of their places */
	size_t count, cap;
	/* Nodes by number, all owned. */
	struct jffs2_node **inode_nodes; /* by inode and version */
	struct jffs2_node **dirents;     /* by directory, name and version */
	struct jffs2_node **xattrs;      /* by number */
	struct jffs2_node **xrefs;       /* by inode and attribute */
	size_t inode_node_count, dirent_count, xattr_count, xref_count;
	struct jffs2_inode *inodes; /* owned; by number */
	size_t inode_count;
};

static inline uint64_t jffs2_load(const struct jffs2 *fs, uint64_t at, size_t width)
{
	return assay_load(fs->image.ptr + at, width, fs->big_endian);
}

/** Bytes of a node with those up to the next one. */
static inline uint64_t jffs2_padded(const struct jffs2_node *node)
{
	return ((uint64_t)node->length + 3) / 4 * 4;
}

/** The name of a dirent. */
static inline struct assay_span jffs2_name(const struct jffs2 *fs, const struct jffs2_node *node)
{
	return assay_span_sub(fs->image, node->at + JFFS2_DIRENT, node->length - JFFS2_DIRENT);
}

/** Bytes of the name of an attribute, a zero and its value; a node has them filled up. */
static inline uint64_t jffs2_xattr_data(const struct jffs2 *fs, const struct jffs2_node *node)
{
	return jffs2_load(fs, node->at + 21, 1) + 1 + jffs2_load(fs, node->at + 22, 2);
}

/** CRC-32 as JFFS2 has it: from zero, and no bits turned. */
uint32_t jffs2_crc(struct assay_span bytes);

/** Whether a node stands at the start of a span. Out: fs->big_endian */
bool jffs2_is_node(struct jffs2 *fs, struct assay_span span);

/** Read all nodes. Errors: ASSAY_E_FORMAT  bytes of no node, unknown ones, or with odd sizes */
ASSAY_CHECKED int jffs2_scan(struct jffs2 *fs, struct assay_error *err);

/** Find the size of erase blocks, and check the summaries at their ends. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int jffs2_read_blocks(struct jffs2 *fs, struct assay_error *err);

/** Sort nodes by what they are about. Errors: ASSAY_E_FORMAT  two that contradict each other */
ASSAY_CHECKED int jffs2_sort(struct jffs2 *fs, struct assay_error *err);

/** From the root: an entry for every name. Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int jffs2_walk(struct jffs2 *fs, struct assay_error *err);

/** Unpack the data of a node. */
ASSAY_CHECKED int jffs2_unpack(const struct assay_contents *contents,
                               const struct assay_piece *piece, struct assay_sink *sink,
                               struct assay_error *err);

#endif
