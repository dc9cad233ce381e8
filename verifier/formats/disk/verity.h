/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dm-verity: a tree of digests over the blocks of a file system, behind it or in a partition of its
 * own.
 *
 * The tree follows from the data and the salt, so with a salt from the delivered file it is made
 * again. A tree that is not that of its data is false.
 *
 * Layer:  formats; for this folder only.
 * Source: cryptsetup 2.6, lib/verity/verity.c and verity_hash.c; Linux, drivers/md/dm-verity-target.c
 *         and Documentation/admin-guide/device-mapper/verity.rst.
 * Limits: version 1 with its header; digests of SHA-1 and SHA-2. Not read: trees without a header (as
 *         RAUC and Android have them), error correction behind the tree: these bytes must be equal.
 */
#ifndef ASSAY_FORMATS_DISK_VERITY_H
#define ASSAY_FORMATS_DISK_VERITY_H

#include "formats/contents.h"

#define VERITY_LEVELS 63
#define VERITY_HEAD "magic and version" /* how the first part of a header is called */

/** A header and what follows from it. */
struct verity {
	struct assay_span header;    /* 512 bytes */
	struct assay_span algorithm; /* its name */
	struct assay_span salt;
	bool salt_first;                 /* and the block behind it; else the other way round */
	size_t digest, slot;             /* bytes of a digest, and of the room for it */
	uint64_t data_block, hash_block; /* bytes */
	uint64_t data_size;              /* bytes that the tree is over */
	uint64_t tree_at, tree_size;     /* bytes, from the header */
	unsigned levels;
	uint64_t level_at[VERITY_LEVELS]; /* bytes from the tree's start; the lowest first */
	uint64_t level_blocks[VERITY_LEVELS];
};

/** Read a header with room for its tree behind it. Return: false when that is not there */
bool verity_read(struct assay_span area, struct verity *out);

/**
 * Make the tree.
 *
 * In:  data, verity->data_size bytes; without any, the lowest level is what it is
 * Out: tree, verity->tree_size bytes
 */
void verity_make(const struct verity *verity, struct assay_span data, uint8_t *tree);

/** Whether the tree behind a header is that of the data, or without any is one at all. */
bool verity_is_true(const struct verity *verity, struct assay_span data, struct assay_span area);

/**
 * Make parts of header and tree, which follow from an entry's content; ASSAY_NO_ENTRY: of data that
 * stand elsewhere. In: at, of the header in the container
 */
void verity_emit(struct assay_contents *out, size_t entry, const struct verity *verity, uint64_t at,
                 bool is_true);

/**
 * Among the partitions of a disk, when all of them have their entries: take those that are the hash
 * tree of another one as parts of that. They keep their entry, without content.
 */
void verity_pair(struct assay_contents *out);

/** Make the trees of partitions again in a copy of the disk. */
void verity_recompute_pairs(const struct assay_contents *contents, uint8_t *image);

#endif
