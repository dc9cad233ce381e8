/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hash trees in partitions of their own. */
#include "formats/disk/verity.h"

#define ATTEMPTS_MAX 16 /* trees that are made to find the data of one; ours */

/* Up to the end of the partition. */
static void emit_rest(struct assay_contents *out, size_t entry, uint64_t at, uint64_t end)
{
	struct assay_span rest = assay_span_sub(out->span, at, end - at);
	uint8_t value = rest.len > 0 ? rest.ptr[0] : 0;
	bool fill = (value == 0 || value == 0xff) && assay_span_is_fill(rest, value);

	assay_contents_part_at(out, entry, fill ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED,
	                       "bytes behind the hash tree", at, rest.len)
		->fill = value;
}

/* The one part of a partition, which is at the place that it had when it was made, goes away. */
static void take(struct assay_contents *out, size_t entry, size_t data, const struct verity *verity)
{
	struct assay_part *part = &out->parts[out->entries[entry].first_part];
	uint64_t at = part->offset, end = at + part->length;

	part->role = ASSAY_ROLE_FIXED;
	part->what = "hash tree of another partition";
	part->length = 0;
	out->entries[entry].type = ASSAY_ENTRY_OTHER;
	out->entries[entry].content = (struct assay_span){ 0 };
	verity_emit(out, data, verity, at, true);
	emit_rest(out, entry, at + verity->tree_at + verity->tree_size, end);
}

/* Whether what could be the data is large enough, and not the tree itself. Out: *exact, no larger */
static bool is_candidate(const struct assay_contents *out, size_t entry, size_t data,
                         const struct verity *verity, bool *exact)
{
	uint64_t size = out->entries[data].content.len;

	*exact = size == verity->data_size;
	return data != entry && size >= verity->data_size;
}

static void pair_one(struct assay_contents *out, size_t entry, const struct verity *verity,
                     unsigned *attempts)
{
	struct assay_span area = out->entries[entry].content;
	bool exact, wanted = false;

	for (size_t i = 0; i < out->entry_count; i++) {
		if (!is_candidate(out, entry, i, verity, &exact))
			continue;
		wanted |= exact;
		if (*attempts == 0)
			return;
		(*attempts)--;
		if (verity_is_true(verity,
		                   assay_span_sub(out->entries[i].content, 0, verity->data_size),
		                   area)) {
			take(out, entry, i, verity);
			return;
		}
	}
	/* A partition of just this size, and it is not what the tree is of. */
	if (wanted)
		assay_contents_false(out, entry, "hash tree",
		                     (uint64_t)(area.ptr - out->span.ptr) + verity->tree_at,
		                     verity->tree_size);
}

void verity_pair(struct assay_contents *out)
{
	unsigned attempts = ATTEMPTS_MAX;
	struct verity verity;

	if (out->full)
		return; /* the last partition may have no part; all of it will be refused */
	for (size_t i = 0; i < out->entry_count; i++)
		if (verity_read(out->entries[i].content, &verity))
			pair_one(out, i, &verity, &attempts);
}

void verity_recompute_pairs(const struct assay_contents *contents, uint8_t *image)
{
	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		struct assay_span data, area;
		struct verity verity;

		if (part->entry == ASSAY_NO_ENTRY || strcmp(part->what, VERITY_HEAD) != 0)
			continue;
		data = contents->entries[part->entry].content;
		area = assay_span_of(image + part->offset, contents->span.len - part->offset);
		if (!verity_read(area, &verity) || verity.data_size > data.len)
			continue;
		data = assay_span_of(image + (data.ptr - contents->span.ptr),
		                     (size_t)verity.data_size);
		verity_make(&verity, data, image + part->offset + verity.tree_at);
	}
}
