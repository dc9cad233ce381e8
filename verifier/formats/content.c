/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/content.h"

#include "base/memory.h"
#include "formats/sink.h"

static bool same_block(const struct assay_piece *a, const struct assay_piece *b)
{
	return a->offset == b->offset && a->packed == b->packed && a->codec == b->codec &&
	       a->unpacked == b->unpacked;
}

/* Unpack a block, unless it is the one that was unpacked last. Return: all of it, borrowed */
static int unpack_block(struct assay_contents *contents, const struct assay_piece *piece,
                        struct assay_budget *budget, struct assay_span *out,
                        struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = piece->packed };

	if (contents->block.ptr == NULL || !same_block(&contents->packed, piece)) {
		if (contents->reader->unpack(contents, piece, &sink, err) < 0)
			return -1;
		assay_bytes_fini(&contents->block);
		contents->block = assay_sink_take(&sink);
		contents->packed = *piece;
	}
	*out = assay_span_of_bytes(&contents->block);
	if (out->len != piece->unpacked)
		return assay_fail_at(err, ASSAY_E_FORMAT, piece->offset,
		                     "a block that unpacks to another size than it should");
	return 0;
}

static int add_piece(struct assay_contents *contents, const struct assay_piece *piece,
                     struct assay_sink *sink, struct assay_error *err)
{
	struct assay_span block;

	if (piece->kind == ASSAY_PIECE_ZEROS)
		return assay_sink_zeros(sink, piece->length, err);
	if (piece->kind == ASSAY_PIECE_RAW)
		return assay_sink_add(
			sink, assay_span_sub(contents->span, piece->offset, piece->length), err);
	if (unpack_block(contents, piece, sink->budget, &block, err) < 0)
		return -1;
	return assay_sink_add(sink, assay_span_sub(block, piece->skip, piece->length), err);
}

static int join_pieces(struct assay_contents *contents, const struct assay_entry *entry,
                       struct assay_budget *budget, struct assay_content *out,
                       struct assay_error *err)
{
	const struct assay_piece *pieces = contents->pieces + entry->first_piece;
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget };

	for (size_t i = 0; i < entry->piece_count; i++)
		sink.packed += pieces[i].packed;
	for (size_t i = 0; i < entry->piece_count; i++)
		if (add_piece(contents, &pieces[i], &sink, err) < 0)
			return -1;
	out->owned = assay_sink_take(&sink);
	out->span = assay_span_of_bytes(&out->owned);
	return 0;
}

int assay_content_open(struct assay_contents *contents, size_t index, struct assay_budget *budget,
                       struct assay_content *out, struct assay_error *err)
{
	const struct assay_entry *entry = &contents->entries[index];
	const struct assay_piece *first;

	*out = (struct assay_content){ .span = entry->content };
	if (entry->unreadable != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "%s", entry->unreadable);
	if (entry->piece_count == 0)
		return 0;
	first = &contents->pieces[entry->first_piece];
	if (entry->piece_count > 1 || first->kind != ASSAY_PIECE_RAW)
		return join_pieces(contents, entry, budget, out, err);
	out->span = assay_span_sub(contents->span, first->offset, first->length);
	return 0;
}

static bool same_piece(const struct assay_contents *a, const struct assay_piece *x,
                       const struct assay_contents *b, const struct assay_piece *y)
{
	return x->kind == y->kind && x->codec == y->codec && x->length == y->length &&
	       x->unpacked == y->unpacked && x->skip == y->skip && x->packed == y->packed &&
	       assay_span_equal(assay_span_sub(a->span, x->offset, x->packed),
	                        assay_span_sub(b->span, y->offset, y->packed));
}

/* What neither side can read is the same only if it would have to be read in the same way. */
static bool same_reading(const struct assay_entry *a, const struct assay_entry *b)
{
	if (a->unreadable == NULL || b->unreadable == NULL)
		return a->unreadable == b->unreadable;
	return strcmp(a->unreadable, b->unreadable) == 0;
}

bool assay_content_same(const struct assay_contents *a, size_t entry_a,
                        const struct assay_contents *b, size_t entry_b)
{
	const struct assay_entry *x = &a->entries[entry_a], *y = &b->entries[entry_b];

	if (x->piece_count == 0 || x->piece_count != y->piece_count || a->reader != b->reader ||
	    !same_reading(x, y))
		return false;
	for (size_t i = 0; i < x->piece_count; i++)
		if (!same_piece(a, &a->pieces[x->first_piece + i], b,
		                &b->pieces[y->first_piece + i]))
			return false;
	return true;
}
