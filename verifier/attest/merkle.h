/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Merkle trees of logs: what a root says about leaves, and about earlier roots.
 *
 * Layer:  attest.
 * Source: RFC 6962, 2.1 (hashes, proofs); RFC 9162, 2.1.3.2 and 2.1.4.2 (how to verify them).
 * Limits: proofs of at most 64 hashes: a tree has fewer than 2^64 leaves.
 */
#ifndef ASSAY_ATTEST_MERKLE_H
#define ASSAY_ATTEST_MERKLE_H

#include "base/digest.h"

#define ASSAY_MERKLE_PROOF_MAX 64

struct assay_merkle_proof {
	struct assay_sha256 hashes[ASSAY_MERKLE_PROOF_MAX];
	size_t count;
};

/** SHA-256 of 0x00 and the leaf's data; of 0x01 and two hashes. */
void assay_merkle_leaf(struct assay_span data, struct assay_sha256 *out);
void assay_merkle_node(const struct assay_sha256 *left, const struct assay_sha256 *right,
                       struct assay_sha256 *out);

/** The root of an empty tree: SHA-256 of nothing. */
void assay_merkle_empty(struct assay_sha256 *out);

/** Whether the leaf is the one at index (from 0) in the tree of that size and root. */
ASSAY_CHECKED bool assay_merkle_includes(const struct assay_sha256 *leaf, uint64_t index,
                                         uint64_t size, const struct assay_merkle_proof *proof,
                                         const struct assay_sha256 *root);

/** A size and the root of a tree of it. */
struct assay_merkle_tree {
	uint64_t size;
	struct assay_sha256 root;
};

/**
 * Whether the old tree is the beginning of the new one. An old tree of size 0 proves nothing about
 * a new one, and is refused.
 */
ASSAY_CHECKED bool assay_merkle_extends(const struct assay_merkle_tree *old_tree,
                                        const struct assay_merkle_tree *new_tree,
                                        const struct assay_merkle_proof *proof);

/**
 * Where complete subtrees come from: the hash over the leaves [index << level, (index + 1) << level).
 */
struct assay_merkle_source {
	int (*node)(void *data, unsigned level, uint64_t index, struct assay_sha256 *out,
	            struct assay_error *err);
	void *data;
};

/** The root of the first size leaves. Errors: as the source */
ASSAY_CHECKED int assay_merkle_root(const struct assay_merkle_source *source, uint64_t size,
                                    struct assay_sha256 *out, struct assay_error *err);

/** Proof that leaf index is in the first size leaves. index is below size. */
ASSAY_CHECKED int assay_merkle_prove(const struct assay_merkle_source *source, uint64_t index,
                                     uint64_t size, struct assay_merkle_proof *out,
                                     struct assay_error *err);

/** Proof that the first old_size leaves are the beginning of the first size; 0 < old_size <= size. */
ASSAY_CHECKED int assay_merkle_prove_extension(const struct assay_merkle_source *source,
                                               uint64_t old_size, uint64_t size,
                                               struct assay_merkle_proof *out,
                                               struct assay_error *err);

#endif
