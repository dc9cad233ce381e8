/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/merkle.h"

#define LEAF 0x00
#define NODE 0x01

static void hash(uint8_t kind, struct assay_span a, struct assay_span b, struct assay_sha256 *out)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();

	assay_hasher_add(hasher, &kind, 1);
	assay_hasher_add(hasher, a.ptr, a.len);
	assay_hasher_add(hasher, b.ptr, b.len);
	assay_hasher_finish(hasher, out);
}

void assay_merkle_leaf(struct assay_span data, struct assay_sha256 *out)
{
	hash(LEAF, data, assay_span_of(NULL, 0), out);
}

void assay_merkle_node(const struct assay_sha256 *left, const struct assay_sha256 *right,
                       struct assay_sha256 *out)
{
	struct assay_sha256 sum;

	hash(NODE, assay_span_of(left->bytes, sizeof(left->bytes)),
	     assay_span_of(right->bytes, sizeof(right->bytes)), &sum);
	*out = sum;
}

void assay_merkle_empty(struct assay_sha256 *out)
{
	assay_sha256(assay_span_of(NULL, 0), out);
}

/* Source: RFC 9162, 2.1.3.2 */
bool assay_merkle_includes(const struct assay_sha256 *leaf, uint64_t index, uint64_t size,
                           const struct assay_merkle_proof *proof, const struct assay_sha256 *root)
{
	struct assay_sha256 sum = *leaf;
	uint64_t fn = index, sn = size - 1;

	if (index >= size)
		return false;
	for (size_t i = 0; i < proof->count; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			assay_merkle_node(&proof->hashes[i], &sum, &sum);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			assay_merkle_node(&sum, &proof->hashes[i], &sum);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && assay_sha256_equal(&sum, root);
}

/* The walk of RFC 9162, 2.1.4.2, steps 4 to 7, from the hash of a complete subtree. */
static bool walk(const struct assay_merkle_tree *old_tree, const struct assay_merkle_tree *new_tree,
                 const struct assay_sha256 *seed, const struct assay_sha256 *hashes, size_t count)
{
	struct assay_sha256 first = *seed, second = *seed;
	uint64_t fn = old_tree->size - 1, sn = new_tree->size - 1;

	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	for (size_t i = 0; i < count; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			assay_merkle_node(&hashes[i], &first, &first);
			assay_merkle_node(&hashes[i], &second, &second);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			assay_merkle_node(&second, &hashes[i], &second);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && assay_sha256_equal(&first, &old_tree->root) &&
	       assay_sha256_equal(&second, &new_tree->root);
}

bool assay_merkle_extends(const struct assay_merkle_tree *old_tree,
                          const struct assay_merkle_tree *new_tree,
                          const struct assay_merkle_proof *proof)
{
	uint64_t size = old_tree->size;

	if (size == 0 || size > new_tree->size)
		return false;
	if (size == new_tree->size)
		return proof->count == 0 && assay_sha256_equal(&old_tree->root, &new_tree->root);
	if ((size & (size - 1)) == 0) /* a complete tree: its root begins the walk */
		return walk(old_tree, new_tree, &old_tree->root, proof->hashes, proof->count);
	return proof->count > 0 &&
	       walk(old_tree, new_tree, &proof->hashes[0], proof->hashes + 1, proof->count - 1);
}

/* The exponent of the largest power of two that is smaller than n; n is at least 2. */
static unsigned split(uint64_t n)
{
	return 63 - (unsigned)__builtin_clzll(n - 1);
}

/* The hash over count leaves from start, where start is a multiple of the smallest power of two that
 * is not below count: complete subtrees from left to right, put together from right to left. */
static int range_hash(const struct assay_merkle_source *source, uint64_t start, uint64_t count,
                      struct assay_sha256 *out, struct assay_error *err)
{
	struct assay_sha256 parts[64];
	size_t n = 0;

	while (count > 0) {
		unsigned level = 63 - (unsigned)__builtin_clzll(count);

		if (source->node(source->data, level, start >> level, &parts[n++], err) < 0)
			return -1;
		start += UINT64_C(1) << level;
		count -= UINT64_C(1) << level;
	}
	*out = parts[--n];
	while (n > 0)
		assay_merkle_node(&parts[--n], out, out);
	return 0;
}

int assay_merkle_root(const struct assay_merkle_source *source, uint64_t size,
                      struct assay_sha256 *out, struct assay_error *err)
{
	if (size == 0) {
		assay_merkle_empty(out);
		return 0;
	}
	return range_hash(source, 0, size, out, err);
}

static void reverse(struct assay_merkle_proof *proof)
{
	for (size_t i = 0; i < proof->count / 2; i++) {
		struct assay_sha256 saved = proof->hashes[i];

		proof->hashes[i] = proof->hashes[proof->count - 1 - i];
		proof->hashes[proof->count - 1 - i] = saved;
	}
}

/* Source: RFC 6962, 2.1.1: PATH(m, D[n]), written from the root to the leaf and then turned. */
int assay_merkle_prove(const struct assay_merkle_source *source, uint64_t index, uint64_t size,
                       struct assay_merkle_proof *out, struct assay_error *err)
{
	uint64_t start = 0, count = size;

	out->count = 0;
	while (count > 1) {
		uint64_t left = UINT64_C(1) << split(count);
		bool on_left = index - start < left;

		if (range_hash(source, on_left ? start + left : start,
		               on_left ? count - left : left, &out->hashes[out->count++], err) < 0)
			return -1;
		start = on_left ? start : start + left;
		count = on_left ? left : count - left;
	}
	reverse(out);
	return 0;
}

/* Source: RFC 6962, 2.1.2: PROOF(m, D[n]) = SUBPROOF(m, D[n], true), turned as above. */
int assay_merkle_prove_extension(const struct assay_merkle_source *source, uint64_t old_size,
                                 uint64_t size, struct assay_merkle_proof *out,
                                 struct assay_error *err)
{
	uint64_t start = 0, count = size, old = old_size;
	bool whole = true; /* the old tree's root is known: it need not be in the proof */

	out->count = 0;
	while (old != count) {
		uint64_t left = UINT64_C(1) << split(count);
		bool on_left = old <= left;

		if (range_hash(source, on_left ? start + left : start,
		               on_left ? count - left : left, &out->hashes[out->count++], err) < 0)
			return -1;
		whole = whole && on_left;
		start = on_left ? start : start + left;
		count = on_left ? left : count - left;
		old = on_left ? old : old - left;
	}
	if (!whole && range_hash(source, start, count, &out->hashes[out->count++], err) < 0)
		return -1;
	reverse(out);
	return 0;
}
