/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/disk/flash.h"

#include <inttypes.h>

#include "base/memory.h"
#include "formats/contents.h"
#include "formats/disk/flash_piece.h"
#include "formats/readers.h"

#define SECTOR 4096
#define DUMP_MIN (UINT64_C(64) << 10) /* the smallest flash that holds a boot loader; ours */
#define FILL_MIN 16 /* bytes of one value that are fill, not the end of what is before; ours */

static uint64_t next_sector(uint64_t at)
{
	return (at + SECTOR - 1) / SECTOR * SECTOR;
}

/*
 * Find the first piece at or behind *at.
 *
 * Out: *at, where it begins
 */
static bool find_piece(struct assay_span span, uint64_t *at, struct flash_piece *out)
{
	for (*at = next_sector(*at); *at < span.len; *at += SECTOR)
		if (flash_piece_at(assay_span_sub(span, *at, span.len), out))
			return true;
	return false;
}

/* Two that stand behind each other, the first at the start. */
static bool probe(struct assay_span span)
{
	struct flash_piece piece;
	uint64_t at;

	if (!flash_piece_at(span, &piece))
		return false;
	at = piece.length;
	return find_piece(span, &at, &piece);
}

bool assay_flash_is_dump(struct assay_span span)
{
	struct flash_piece piece;
	uint64_t at = 0;

	/* One thing that is all of it is no dump, and would be one in itself, and so on. */
	return span.len >= DUMP_MIN && span.len % SECTOR == 0 && find_piece(span, &at, &piece) &&
	       piece.length < span.len;
}

/* --- by magic --- */

static int add_entry(struct assay_contents *out, struct assay_budget *budget, char *name,
                     uint64_t length, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *owned = name;
	struct assay_entry *entry;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	free(entry->name);
	entry->name = assay_steal(&owned);
	entry->content = assay_span_sub(out->span, out->end, length);
	(void)assay_contents_part(out, out->entry_count - 1, ASSAY_ROLE_CONTENT, "content", length);
	return 0;
}

static int add_piece(struct assay_contents *out, struct assay_budget *budget,
                     const struct flash_piece *piece, struct assay_error *err)
{
	return add_entry(out, budget, assay_asprintf("0x%08" PRIx64 ".%s", out->end, piece->kind),
	                 piece->length, err);
}

/* How many bytes at the start or end are zeros or ones, all of them the same. */
static uint64_t count_fill(struct assay_span span, bool at_end)
{
	uint8_t value = span.len == 0 ? 1 : span.ptr[at_end ? span.len - 1 : 0];
	size_t count = 0;

	if (value != 0 && value != 0xff)
		return 0;
	while (count < span.len && span.ptr[at_end ? span.len - 1 - count : count] == value)
		count++;
	return count >= FILL_MIN || count == span.len ? count : 0;
}

/*
 * Each byte of a flash has its place: there is more or less fill only where the piece in front of it is
 * shorter or longer, or where the image ends.
 */
static void add_fill(struct assay_contents *out, uint64_t length)
{
	const char *what;
	uint8_t value;

	if (length == 0)
		return;
	value = out->span.ptr[out->end];
	what = value == 0 ? "zeros" : "erased flash";
	if (out->end + length == out->span.len)
		assay_contents_fill(out, ASSAY_NO_ENTRY, what, length, value);
	else if (out->entry_count > 0)
		assay_contents_fill(out, out->entry_count - 1, what, length, value);
	else
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, what, length);
}

/* What nothing is known about, up to the next piece, without the fill around it. */
static int add_unknown(struct assay_contents *out, struct assay_budget *budget, uint64_t end,
                       struct assay_error *err)
{
	struct assay_span span = assay_span_sub(out->span, out->end, end - out->end);
	struct flash_piece piece = { .kind = "data" };
	uint64_t behind;

	while (count_fill(span, false) > 0) {
		add_fill(out, count_fill(span, false));
		span = assay_span_sub(out->span, out->end, end - out->end);
	}
	if (span.len == 0)
		return 0;
	behind = count_fill(span, true);
	piece.length = span.len - behind;
	if (add_piece(out, budget, &piece, err) < 0)
		return -1;
	add_fill(out, behind);
	return 0;
}

static int read_pieces(struct assay_budget *budget, struct assay_contents *out,
                       struct assay_error *err)
{
	struct flash_piece piece;
	uint64_t at = 0;

	while (find_piece(out->span, &at, &piece)) {
		if (at > out->end && add_unknown(out, budget, at, err) < 0)
			return -1;
		if (add_piece(out, budget, &piece, err) < 0)
			return -1;
		at = out->end;
	}
	return out->end < out->span.len ? add_unknown(out, budget, out->span.len, err) : 0;
}

const struct assay_reader assay_reader_flash = {
	.name = "flash",
	.probe = probe,
	.read = read_pieces,
};

/* --- by a layout --- */

/* Bytes of no region: fill, or they must be equal. */
static void add_gap(struct assay_contents *out, uint64_t end)
{
	struct assay_span gap = assay_span_sub(out->span, out->end, end - out->end);

	if (gap.len > 0 && count_fill(gap, false) == gap.len)
		add_fill(out, gap.len);
	else if (gap.len > 0)
		(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                          "bytes of no region", gap.len);
}

static int read_regions(const struct assay_flash_layout *layout, struct assay_budget *budget,
                        struct assay_contents *out, struct assay_error *err)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct assay_flash_region *region = &layout->regions[i];
		uint64_t length = region->length;

		if (length == ASSAY_FLASH_REST && region->offset <= out->span.len)
			length = out->span.len - region->offset;
		if (!assay_span_holds(out->span, region->offset, length))
			return assay_fail_at(err, ASSAY_E_FORMAT, out->span.len,
			                     "the region %s of the layout is past the end",
			                     region->name);
		add_gap(out, region->offset);
		if (add_entry(out, budget, assay_strdup(region->name), length, err) < 0)
			return -1;
	}
	add_gap(out, out->span.len);
	return 0;
}

int assay_flash_read(const struct assay_flash_layout *layout, struct assay_span span,
                     struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	*out = (struct assay_contents){ .reader = &assay_reader_flash, .span = span };
	if (read_regions(layout, budget, out, err) < 0)
		return -1;
	return assay_contents_finish(out, err);
}
