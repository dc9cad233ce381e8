/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/disk/verity.h"

#include "base/cursor.h"
#include "base/digest.h"
#include "base/memory.h"
#include "formats/readers.h"

#define MAGIC "verity\0\0"
#define HEADER 512
#define SALT_MAX 256
#define SALT_AT 88
#define STEP 512                        /* headers behind data stand at multiples of it */
#define BLOCK_MAX (UINT64_C(512) << 10) /* VERITY_MAX_BLOCK_SIZE of cryptsetup */

static uint64_t get(struct assay_span span, uint64_t at, size_t width)
{
	return assay_load(span.ptr + at, width, false);
}

static bool is_block_size(uint64_t size)
{
	return size >= 512 && size <= BLOCK_MAX && (size & (size - 1)) == 0;
}

/* Bytes of a digest; 0: an unknown algorithm. */
static size_t digest_size(struct assay_span algorithm)
{
	uint8_t digest[ASSAY_DIGEST_MAX];

	if (assay_span_is(algorithm, "md5"))
		return 0;
	return assay_digest(algorithm, assay_span_of(NULL, 0), digest);
}

/* dm-verity-target.c, verity_ctr(): how many levels there are, the highest one first. */
static bool read_levels(struct verity *out, uint64_t room)
{
	uint64_t count = out->data_size / out->data_block, per_block = out->hash_block / out->slot;
	uint64_t at = 0;

	while (count > 1) {
		count = (count + per_block - 1) / per_block;
		out->level_blocks[out->levels++] = count;
	}
	for (unsigned i = out->levels; i-- > 0;) {
		out->level_at[i] = at;
		at += out->level_blocks[i] * out->hash_block;
		if (at > room)
			return false;
	}
	out->tree_size = at;
	return true;
}

bool verity_read(struct assay_span area, struct verity *out)
{
	uint64_t blocks, type;

	*out = (struct verity){ .header = assay_span_sub(area, 0, HEADER) };
	if (area.len < HEADER || !assay_span_starts(area, MAGIC, 8) || get(area, 8, 4) != 1)
		return false;
	type = get(area, 12, 4);
	out->data_block = get(area, 64, 4);
	out->hash_block = get(area, 68, 4);
	blocks = get(area, 72, 8);
	out->algorithm = assay_span_sub(area, 32, strnlen((const char *)area.ptr + 32, 32));
	out->digest = digest_size(out->algorithm);
	if (type > 1 || !is_block_size(out->data_block) || !is_block_size(out->hash_block) ||
	    out->digest == 0 || get(area, 80, 2) > SALT_MAX || blocks == 0 ||
	    __builtin_mul_overflow(blocks, out->data_block, &out->data_size) ||
	    area.len < out->hash_block)
		return false;
	out->salt = assay_span_sub(area, SALT_AT, get(area, 80, 2));
	out->salt_first = type == 1;
	out->slot = out->digest;
	while (type == 1 && (out->slot & (out->slot - 1)) != 0)
		out->slot++;
	out->tree_at = out->hash_block;
	/* A tree is never larger than what is there; so there are no more levels than fit. */
	if (blocks / (out->hash_block / out->slot) > area.len / out->hash_block)
		return false;
	return read_levels(out, area.len - out->tree_at);
}

/* One block of digests. Out: to, hash_block bytes */
static void hash_blocks(const struct verity *verity, struct assay_span from, uint64_t size,
                        uint8_t *to)
{
	ASSAY_AUTO_FREE uint8_t *scratch = assay_calloc(size + verity->salt.len, 1);
	uint8_t *block = scratch + (verity->salt_first ? verity->salt.len : 0);
	uint8_t *salt = scratch + (verity->salt_first ? 0 : size);
	uint8_t digest[ASSAY_DIGEST_MAX];
	struct assay_span whole = assay_span_of(scratch, size + verity->salt.len);
	uint64_t per_block = verity->hash_block / verity->slot;

	if (verity->salt.len > 0)
		memcpy(salt, verity->salt.ptr, verity->salt.len);
	for (uint64_t i = 0; i * size < from.len; i++) {
		memcpy(block, from.ptr + i * size, size);
		(void)assay_digest(verity->algorithm, whole, digest);
		memcpy(to + i / per_block * verity->hash_block + i % per_block * verity->slot,
		       digest, verity->digest);
	}
}

void verity_make(const struct verity *verity, struct assay_span data, uint8_t *tree)
{
	for (unsigned i = 0; i < verity->levels; i++) {
		struct assay_span from = data;
		uint64_t size = i == 0 ? verity->data_block : verity->hash_block;
		uint8_t *to = tree + verity->level_at[i];

		if (i == 0 && data.len == 0)
			continue;
		if (i > 0)
			from = assay_span_of(tree + verity->level_at[i - 1],
			                     verity->level_blocks[i - 1] * verity->hash_block);
		memset(to, 0, verity->level_blocks[i] * verity->hash_block);
		hash_blocks(verity, from, size, to);
	}
}

bool verity_is_true(const struct verity *verity, struct assay_span data, struct assay_span area)
{
	struct assay_span there = assay_span_sub(area, verity->tree_at, verity->tree_size);
	ASSAY_AUTO_FREE uint8_t *tree = assay_calloc(there.len + 1, 1);

	if (there.len > 0)
		memcpy(tree, there.ptr, there.len);
	verity_make(verity, data, tree);
	return assay_span_equal(assay_span_of(tree, there.len), there);
}

/* cryptsetup, struct verity_sb. */
static void emit_header(struct assay_contents *out, size_t entry, const struct verity *verity,
                        uint64_t at)
{
	const struct {
		const char *what;
		uint64_t at, length;
		enum assay_role role;
		const char *rule;
	} parts[] = {
		{ VERITY_HEAD, 0, 16, ASSAY_ROLE_FIXED, NULL },
		{ "UUID", 16, 16, ASSAY_ROLE_OPAQUE, "verity/uuid@1" },
		{ "algorithm and block sizes", 32, 40, ASSAY_ROLE_FIXED, NULL },
		{ "number of data blocks", 72, 8,
		  entry == ASSAY_NO_ENTRY ? ASSAY_ROLE_FIXED : ASSAY_ROLE_SIZE, NULL },
		{ "size of the salt", 80, 8, ASSAY_ROLE_FIXED, NULL },
		{ "salt", SALT_AT, verity->salt.len,
		  entry == ASSAY_NO_ENTRY ? ASSAY_ROLE_FIXED : ASSAY_ROLE_OPAQUE, "verity/salt@1" },
		{ "rest of the header", SALT_AT + verity->salt.len,
		  verity->tree_at - SALT_AT - verity->salt.len, ASSAY_ROLE_FIXED, NULL },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(parts); i++)
		assay_contents_part_at(out, entry, parts[i].role, parts[i].what, at + parts[i].at,
		                       parts[i].length)
			->rule = parts[i].role == ASSAY_ROLE_OPAQUE ? parts[i].rule : NULL;
}

void verity_emit(struct assay_contents *out, size_t entry, const struct verity *verity, uint64_t at,
                 bool is_true)
{
	bool follows = is_true && entry != ASSAY_NO_ENTRY;

	emit_header(out, entry, verity, at);
	if (!is_true)
		assay_contents_false(out, entry, "hash tree", at + verity->tree_at,
		                     verity->tree_size);
	(void)assay_contents_part_at(out, entry, follows ? ASSAY_ROLE_CHECK : ASSAY_ROLE_FIXED,
	                             "hash tree", at + verity->tree_at, verity->tree_size);
}

/* --- behind its data, or alone --- */

/*
 * The last header that has everything before it as its data: data may have a tree of their own. One
 * at the very start has its data elsewhere. Return: false when there is none
 */
static bool find(struct assay_span span, uint64_t *at, struct verity *out)
{
	struct verity one;
	bool found = false;

	for (uint64_t i = 0; i + HEADER <= span.len; i += STEP) {
		if (memcmp(span.ptr + i, MAGIC, 8) != 0 ||
		    !verity_read(assay_span_sub(span, i, span.len), &one) ||
		    (i > 0 && (one.data_size != i || i % one.hash_block != 0)))
			continue;
		*out = one;
		*at = i;
		found = true;
	}
	return found;
}

static bool probe(struct assay_span span)
{
	struct verity verity;
	uint64_t at;

	return find(span, &at, &verity);
}

static int add_data(struct assay_contents *out, struct assay_budget *budget, uint64_t length,
                    struct assay_error *err)
{
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0 ||
	    assay_contents_text(out, &assay_contents_newest(out)->name, assay_span_of_str("data"),
	                        err) < 0)
		return -1;
	assay_contents_newest(out)->content = assay_span_sub(out->span, 0, length);
	(void)assay_contents_part(out, 0, ASSAY_ROLE_CONTENT, "content", length);
	return 0;
}

static int read_verity(struct assay_budget *budget, struct assay_contents *out,
                       struct assay_error *err)
{
	struct assay_span data;
	struct verity verity;
	uint64_t at;

	if (!find(out->span, &at, &verity))
		return assay_fail(err, ASSAY_E_FORMAT, "no hash tree");
	data = assay_span_sub(out->span, 0, at);
	if (at > 0 && add_data(out, budget, at, err) < 0)
		return -1;
	verity_emit(out, at > 0 ? 0 : ASSAY_NO_ENTRY, &verity, at,
	            verity_is_true(&verity, data, assay_span_sub(out->span, at, out->span.len)));
	assay_contents_end(out, "bytes behind the hash tree");
	return 0;
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	struct assay_span whole = assay_span_of(image, contents->span.len);
	struct verity verity;
	uint64_t at;

	if (find(whole, &at, &verity) && at > 0)
		verity_make(&verity, assay_span_sub(whole, 0, at), image + at + verity.tree_at);
}

const struct assay_reader assay_reader_verity = {
	.name = "verity",
	.probe = probe,
	.read = read_verity,
	.recompute = recompute,
};
