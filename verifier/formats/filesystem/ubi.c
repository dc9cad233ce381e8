/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UBI images, as ubinize makes them: erase blocks with two headers each, of which the second says
 * which piece of which volume the block holds. A volume is an entry; all else must be equal but
 * the number of the image and checksums.
 *
 * Everything is judged by its bytes: a block that is not there twice, or of no volume, leaves
 * Linux a choice, and is refused.
 *
 * Source: Linux drivers/mtd/ubi/ubi-media.h; mtd-utils 2.1.5, lib/libubigen.c.
 * Limits: erase blocks have a size of 2^n, found by where the second one begins. Volumes with
 *         blocks left out, fastmaps and copies of blocks (both only a device makes) are not read.
 */
#include <inttypes.h>
#include <zlib.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define EC_MAGIC "UBI#"
#define VID_MAGIC "UBI!"
#define HEADER 64
#define CRC_AT 60 /* in both headers */
#define BLOCK_MIN 512
#define BLOCK_MAX ((uint64_t)4 << 20) /* ours; flash memory has up to 2 MiB */
#define LAYOUT 0x7fffefffu            /* UBI_LAYOUT_VOLUME_ID */
#define INTERNAL 0x7fffefffu          /* UBI_INTERNAL_VOL_START */
#define COPIES 2                      /* UBI_LAYOUT_VOLUME_EBS */
#define RECORD 172                    /* bytes of struct ubi_vtbl_record */
#define RECORD_CRC_AT 168
#define RECORDS_MAX 128 /* UBI_MAX_VOLUMES */
#define NAME_AT 16
#define NAME_MAX_LEN 127 /* UBI_VOL_NAME_MAX */
#define STATIC 2         /* UBI_VID_STATIC */

#define SEQUENCE "ubi/image-sequence@1"

/* struct ubi_ec_hdr */
static const struct assay_field ec_fields[] = {
	{ "magic and version", 0, 8, ASSAY_ROLE_FIXED },
	{ "erase counter", 8, 8, ASSAY_ROLE_FIXED },
	{ "place of the volume header", 16, 4, ASSAY_ROLE_FIXED },
	{ "place of data", 20, 4, ASSAY_ROLE_FIXED },
	{ "number of the image", 24, 4, ASSAY_ROLE_OPAQUE, SEQUENCE },
	{ "reserved", 28, 32, ASSAY_ROLE_FIXED },
	{ "checksum", CRC_AT, 4, ASSAY_ROLE_CHECK },
	{ 0 },
};

/* struct ubi_vid_hdr; what a static volume has in a block follows from its content */
static const struct assay_field vid_fields[] = {
	{ "magic and version", 0, 5, ASSAY_ROLE_FIXED },
	{ "type of volume", 5, 1, ASSAY_ROLE_FIXED },
	{ "copy flag", 6, 1, ASSAY_ROLE_FIXED },
	{ "compatibility", 7, 1, ASSAY_ROLE_FIXED },
	{ "volume", 8, 4, ASSAY_ROLE_FIXED },
	{ "number in the volume", 12, 4, ASSAY_ROLE_FIXED },
	{ "reserved", 16, 4, ASSAY_ROLE_FIXED },
	{ "size of data", 20, 4, ASSAY_ROLE_SIZE },
	{ "used blocks", 24, 4, ASSAY_ROLE_SIZE },
	{ "padding of data", 28, 4, ASSAY_ROLE_FIXED },
	{ "checksum of data", 32, 4, ASSAY_ROLE_CHECK },
	{ "reserved", 36, 4, ASSAY_ROLE_FIXED },
	{ "sequence number", 40, 8, ASSAY_ROLE_FIXED },
	{ "reserved", 48, 12, ASSAY_ROLE_FIXED },
	{ "checksum", CRC_AT, 4, ASSAY_ROLE_CHECK },
	{ 0 },
};

/* An erase block that holds something. */
struct block {
	uint64_t at; /* in the image */
	uint32_t volume, number;
};

struct ubi {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image;
	uint64_t block_size, vid_at, data_at; /* the latter in each block */
	struct block *blocks;                 /* owned; sorted by volume and number */
	size_t count, cap;
	struct assay_span table; /* of volumes */
};

static uint32_t get(struct assay_span span, uint64_t at)
{
	return (uint32_t)assay_load(span.ptr + at, 4, true);
}

/* UBI_CRC32_INIT, and no bits turned at the end. */
static uint32_t checksum(const uint8_t *bytes, uint64_t length)
{
	return ~(uint32_t)crc32_z(0, bytes, (size_t)length);
}

static bool is_header(struct assay_span span, uint64_t at, const char *magic)
{
	return assay_span_holds(span, at, HEADER) && memcmp(span.ptr + at, magic, 4) == 0;
}

/* Bytes of an erase block; 0: there is no second one at a place where one could be */
static uint64_t find_block_size(struct assay_span span)
{
	for (uint64_t size = BLOCK_MIN; size <= BLOCK_MAX; size *= 2)
		if (size > get(span, 20) && is_header(span, size, EC_MAGIC))
			return size;
	return 0;
}

static bool probe(struct assay_span span)
{
	return is_header(span, 0, EC_MAGIC) && find_block_size(span) > 0;
}

/* --- headers --- */

static void check_header(struct ubi *ubi, size_t entry, uint64_t at)
{
	if (get(ubi->image, at + CRC_AT) != checksum(ubi->image.ptr + at, CRC_AT))
		assay_contents_false(ubi->out, entry, "checksum", at + CRC_AT, 4);
}

/* Linux attaches to no image in which two blocks are of different ones. */
static int read_ec(struct ubi *ubi, uint64_t at, struct assay_error *err)
{
	struct assay_span image = ubi->image;

	if (image.ptr[at + 4] != 1 || get(image, at + 16) != ubi->vid_at ||
	    get(image, at + 20) != ubi->data_at || get(image, at + 24) != get(image, 24))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a block of another image");
	assay_contents_fields_at(ubi->out, ASSAY_NO_ENTRY, "erase counter header", ec_fields, at);
	check_header(ubi, ASSAY_NO_ENTRY, at);
	return 0;
}

/* Linux finds blocks wherever they are. Where they are must be equal all the same. */
static void add_place(struct ubi *ubi, size_t entry, const struct block *block)
{
	assay_contents_number(ubi->out, entry, "place of block", ASSAY_FORM_DEVICE,
	                      (uint64_t)block->number << 32 | block->at / ubi->block_size);
}

/* A block without the second header is free: what is in it must be equal, or erased. */
static int read_block(struct ubi *ubi, uint64_t at, struct assay_error *err)
{
	uint64_t vid = at + ubi->vid_at;

	if (!is_header(ubi->image, at, EC_MAGIC))
		return 0;
	if (read_ec(ubi, at, err) < 0)
		return -1;
	if (!is_header(ubi->image, vid, VID_MAGIC))
		return 0;
	if (ubi->image.ptr[vid + 4] != 1 || ubi->image.ptr[vid + 6] != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, vid, "a copy of a block");
	assay_grow(&ubi->blocks, &ubi->cap, ubi->count, sizeof(*ubi->blocks));
	ubi->blocks[ubi->count++] =
		(struct block){ at, get(ubi->image, vid + 8), get(ubi->image, vid + 12) };
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	if (x->volume != y->volume)
		return x->volume < y->volume ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int read_blocks(struct ubi *ubi, struct assay_error *err)
{
	ubi->image = ubi->out->span;
	ubi->block_size = find_block_size(ubi->image);
	ubi->vid_at = get(ubi->image, 16);
	ubi->data_at = get(ubi->image, 20);
	if (ubi->vid_at < HEADER || ubi->data_at < ubi->vid_at + HEADER ||
	    ubi->data_at > ubi->block_size - RECORD)
		return assay_fail(err, ASSAY_E_FORMAT, "headers that do not fit");
	for (uint64_t at = 0; at + ubi->block_size <= ubi->image.len; at += ubi->block_size)
		if (read_block(ubi, at, err) < 0)
			return -1;
	if (ubi->count > 0)
		qsort(ubi->blocks, ubi->count, sizeof(*ubi->blocks), by_number);
	return 0;
}

/* --- volumes --- */

/* The blocks of a volume: number 0 and on, each once. Out: *first, *count */
static int find_blocks(const struct ubi *ubi, uint32_t volume, size_t *first, size_t *count,
                       struct assay_error *err)
{
	size_t i = 0;

	while (i < ubi->count && ubi->blocks[i].volume < volume)
		i++;
	*first = i;
	for (*count = 0; i < ubi->count && ubi->blocks[i].volume == volume; i++, ++*count)
		if (ubi->blocks[i].number != *count)
			return assay_fail_at(err, ASSAY_E_FORMAT, ubi->blocks[i].at,
			                     ubi->blocks[i].number < *count
			                             ? "a second block for one place"
			                             : "a volume with a block left out");
	return 0;
}

/* Bytes of data in a block. Only of a static volume is it said how many. */
static int measure(const struct ubi *ubi, const struct block *block, bool is_static,
                   uint64_t padding, uint64_t *out, struct assay_error *err)
{
	uint64_t most = ubi->block_size - ubi->data_at, vid = block->at + ubi->vid_at;

	if (padding >= most || get(ubi->image, vid + 28) != padding ||
	    (ubi->image.ptr[vid + 5] == STATIC) != is_static)
		return assay_fail_at(err, ASSAY_E_FORMAT, vid, "a block of another volume");
	*out = is_static ? get(ubi->image, vid + 20) : most - padding;
	if (*out > most - padding || (!is_static && get(ubi->image, vid + 20) != 0))
		return assay_fail_at(err, ASSAY_E_FORMAT, vid, "data past the end of its block");
	return 0;
}

/*
 * Only the last block may have less than fits in. Linux reads whole blocks, and takes none that says
 * otherwise: drivers/mtd/ubi/attach.c, validate_vid_hdr.
 */
static int check_full(const struct ubi *ubi, const struct block *block, uint64_t length, bool last,
                      struct assay_error *err)
{
	uint64_t vid = block->at + ubi->vid_at, padding = get(ubi->image, vid + 28);

	if (length == 0 || (!last && length < ubi->block_size - ubi->data_at - padding))
		return assay_fail_at(err, ASSAY_E_FORMAT, vid, "a block that is not full");
	return 0;
}

static int add_block(struct ubi *ubi, size_t entry, const struct block *block, uint64_t length,
                     struct assay_error *err)
{
	uint64_t vid = block->at + ubi->vid_at, data = block->at + ubi->data_at;
	const struct assay_piece piece = { .length = length, .offset = data, .packed = length };
	bool is_static = ubi->image.ptr[vid + 5] == STATIC;
	struct assay_part *part;
	uint32_t wanted = is_static ? checksum(ubi->image.ptr + data, length) : 0;

	assay_contents_fields_at(ubi->out, entry, "volume header", vid_fields, vid);
	check_header(ubi, entry, vid);
	add_place(ubi, entry, block);
	if (get(ubi->image, vid + 32) != wanted)
		assay_contents_false(ubi->out, entry, "checksum of data", vid + 32, 4);
	part = assay_contents_part_at(ubi->out, entry, ASSAY_ROLE_CONTENT, "data", data, length);
	part->content = ubi->out->entries[entry].size;
	return length > 0 ? assay_contents_piece(ubi->out, &piece, err) : 0;
}

static int add_volume(struct ubi *ubi, uint32_t volume, struct assay_span record,
                      struct assay_error *err)
{
	struct assay_span name =
		assay_span_sub(record, NAME_AT, assay_load(record.ptr + 14, 2, true));
	bool is_static = record.ptr[12] == STATIC;
	size_t first, count, entry = ubi->out->entry_count;
	uint64_t length = 0;

	if (name.len == 0 || name.len > NAME_MAX_LEN || memchr(name.ptr, '/', name.len) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not the name of a volume");
	if (assay_contents_entry(ubi->out, ubi->budget, ASSAY_ENTRY_FILE, err) < 0 ||
	    assay_contents_text(ubi->out, &ubi->out->entries[entry].name, name, err) < 0 ||
	    find_blocks(ubi, volume, &first, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct block *block = &ubi->blocks[first + i];

		if (measure(ubi, block, is_static, get(record, 8), &length, err) < 0 ||
		    check_full(ubi, block, length, i + 1 == count, err) < 0 ||
		    add_block(ubi, entry, block, length, err) < 0)
			return -1;
		if (get(ubi->image, block->at + ubi->vid_at + 24) != (is_static ? count : 0))
			assay_contents_false(ubi->out, entry, "used blocks",
			                     block->at + ubi->vid_at + 24, 4);
	}
	return 0;
}

/* --- the table of volumes --- */

static int read_table(struct ubi *ubi, struct assay_error *err)
{
	uint64_t records = (ubi->block_size - ubi->data_at) / RECORD;
	size_t first, count;

	if (find_blocks(ubi, LAYOUT, &first, &count, err) < 0)
		return -1;
	if (count != COPIES)
		return assay_fail(err, ASSAY_E_FORMAT, "%zu tables of volumes", count);
	records = records < RECORDS_MAX ? records : RECORDS_MAX;
	for (size_t i = 0; i < COPIES; i++) {
		const struct block *block = &ubi->blocks[first + i];
		struct assay_span table =
			assay_span_sub(ubi->image, block->at + ubi->data_at, records * RECORD);

		if (i > 0 && !assay_span_equal(table, ubi->table))
			return assay_fail_at(err, ASSAY_E_FORMAT, block->at,
			                     "two tables of volumes that differ");
		ubi->table = table;
		assay_contents_fields_at(ubi->out, ASSAY_NO_ENTRY, "volume header", vid_fields,
		                         block->at + ubi->vid_at);
		check_header(ubi, ASSAY_NO_ENTRY, block->at + ubi->vid_at);
		add_place(ubi, ASSAY_NO_ENTRY, block);
		(void)assay_contents_part_at(ubi->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                             "table of volumes", block->at + ubi->data_at,
		                             table.len);
	}
	return 0;
}

static int read_volumes(struct ubi *ubi, struct assay_error *err)
{
	for (uint32_t i = 0; i < ubi->table.len / RECORD; i++) {
		struct assay_span record = assay_span_sub(ubi->table, i * RECORD, RECORD);
		uint64_t at = (uint64_t)(record.ptr - ubi->image.ptr);

		if (get(record, RECORD_CRC_AT) != checksum(record.ptr, RECORD_CRC_AT))
			assay_contents_false(ubi->out, ASSAY_NO_ENTRY, "table of volumes", at,
			                     RECORD);
		if (get(record, 0) != 0 && add_volume(ubi, i, record, err) < 0)
			return assay_fail_in(err, "volume %" PRIu32, i);
	}
	return 0;
}

/* A block that no record of the table leads to: Linux throws it away, and what it was is unknown. */
static int check_blocks(const struct ubi *ubi, struct assay_error *err)
{
	for (size_t i = 0; i < ubi->count; i++) {
		const struct block *block = &ubi->blocks[i];

		if (block->volume != LAYOUT &&
		    (block->volume >= INTERNAL || block->volume >= ubi->table.len / RECORD ||
		     get(ubi->table, (uint64_t)block->volume * RECORD) == 0))
			return assay_fail_at(err, ASSAY_E_FORMAT, block->at,
			                     "a block of no volume");
	}
	return 0;
}

static int read_all(struct ubi *ubi, struct assay_error *err)
{
	if (read_blocks(ubi, err) < 0 || read_table(ubi, err) < 0 || check_blocks(ubi, err) < 0)
		return -1;
	/* Where blocks begin is said nowhere else. */
	assay_contents_number(ubi->out, ASSAY_NO_ENTRY, "size of erase blocks", ASSAY_FORM_NUMBER,
	                      ubi->block_size);
	return read_volumes(ubi, err);
}

static int read_ubi(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct ubi ubi = { .out = out, .budget = budget };
	int result = read_all(&ubi, err);

	if (result == 0)
		assay_contents_gaps(out, "bytes of no volume");
	free(ubi.blocks);
	return result;
}

/* --- checksums --- */

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	struct assay_span whole = assay_span_of(image, contents->span.len);
	uint64_t size = find_block_size(contents->span);

	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint8_t *header = image + part->offset;

		if (part->fields == vid_fields && header[5] == STATIC) {
			uint64_t at = part->offset / size * size + get(contents->span, 20);
			struct assay_span data =
				assay_span_sub(whole, at, get(whole, part->offset + 20));

			assay_store(header + 32, 4, true, checksum(data.ptr, data.len));
		}
		if (part->fields != NULL)
			assay_store(header + CRC_AT, 4, true, checksum(header, CRC_AT));
	}
}

const struct assay_reader assay_reader_ubi = {
	.name = "ubi",
	.probe = probe,
	.read = read_ubi,
	.recompute = recompute,
};
