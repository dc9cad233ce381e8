/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UF2: blocks of 512 bytes that a bootloader takes from a USB drive, each with an address.
 *
 * Files for several devices may be written one behind the other: each device takes the blocks of its
 * family. Then an address here is the family and, in its lower half, the address in that device.
 *
 * Source: USB Flashing Format (UF2), Microsoft, specification in the repository of that name:
 *         "File format", "Flags", "Family ID", "Payload sizes", "File containers", "MD5 checksum",
 *         "Extension tags".
 * Limits: blocks that are not for main flash and file containers are refused, and so are blocks of
 *         one family in two places: a device starts anew when it has all of its blocks.
 */
#include "base/cursor.h"
#include "base/digest.h"
#include "base/memory.h"
#include "formats/flat/image.h"

#define BLOCK 512
#define DATA_AT 32
#define DATA_LEN 476
#define MD5_LEN 24    /* address, length, digest: at the end of the data */
#define HASHED_MAX 16 /* times the size of the file: then it is an attack */
#define ADDRESSES ((uint64_t)1 << 32)
#define FAMILIES_MAX 64 /* of one file; there are about 100 */

/* "Payload size of 256 is always correct". Bootloaders leave out other blocks, or write 256 bytes of
 * them. Source: Adafruit_nRF52_Bootloader src/usb/uf2/ghostfat.c, write_block */
#define PAGE 256

/* Offsets of the words. */
enum {
	MAGIC0_AT = 0,
	MAGIC1_AT = 4,
	FLAGS_AT = 8,
	ADDRESS_AT = 12,
	SIZE_AT = 16,
	NUMBER_AT = 20,
	TOTAL_AT = 24,
	FAMILY_AT = 28,
	MAGIC2_AT = 508,
};

#define MAGIC0 0x0a324655U
#define MAGIC1 0x9e5d5157U
#define MAGIC2 0x0ab16f30U

enum {
	FLAG_NOT_MAIN = 0x0001,
	FLAG_CONTAINER = 0x1000,
	FLAG_FAMILY = 0x2000,
	FLAG_MD5 = 0x4000,
	FLAG_TAGS = 0x8000,
};
#define FLAGS_KNOWN (FLAG_FAMILY | FLAG_MD5 | FLAG_TAGS)
#define FLAGS_OF_FILE FLAG_FAMILY /* the same in all blocks */

#define UNUSUAL "UF2 blocks that are not 256 bytes at a multiple of 256"

struct block {
	const uint8_t *ptr;
	uint64_t flags, address, size, number, total, family;
};

struct reader {
	struct assay_image *image;
	bool several;                    /* families */
	struct block first;              /* of the family that is being read */
	uint64_t count;                  /* blocks of it */
	bool *seen;                      /* for each number: owned */
	uint64_t families[FAMILIES_MAX]; /* that were read */
	size_t family_count;
};

static int fail(uint64_t offset, const char *what, struct assay_error *err)
{
	return assay_fail_at(err, ASSAY_E_FORMAT, offset, "%s", what);
}

static uint64_t word(const uint8_t *ptr)
{
	return assay_load(ptr, 4, false);
}

static bool has_magic(const uint8_t *ptr)
{
	return word(ptr + MAGIC0_AT) == MAGIC0 && word(ptr + MAGIC1_AT) == MAGIC1 &&
	       word(ptr + MAGIC2_AT) == MAGIC2;
}

static struct block parse(const uint8_t *ptr)
{
	return (struct block){
		.ptr = ptr,
		.flags = word(ptr + FLAGS_AT),
		.address = word(ptr + ADDRESS_AT),
		.size = word(ptr + SIZE_AT),
		.number = word(ptr + NUMBER_AT),
		.total = word(ptr + TOTAL_AT),
		.family = word(ptr + FAMILY_AT),
	};
}

/* Bytes of the data field that are not payload may begin there with tags and end with a digest. */
static uint64_t room_of(const struct block *block)
{
	return (block->flags & FLAG_MD5) != 0 ? DATA_LEN - MD5_LEN : DATA_LEN;
}

static const char *block_fault(const struct reader *reader, const struct block *block)
{
	if (!has_magic(block->ptr))
		return "not a block";
	if ((block->flags & FLAG_CONTAINER) != 0)
		return "a container of files, which is no image";
	if ((block->flags & FLAG_NOT_MAIN) != 0)
		return "a block that is not for main flash";
	if ((block->flags & ~(uint64_t)FLAGS_KNOWN) != 0)
		return "a flag that is not known";
	if (block->size == 0 || block->size > room_of(block))
		return "a payload of no length, or longer than its block";
	if (block->address + block->size > ADDRESSES - reader->several)
		return "a payload past the end of all addresses";
	if (((block->flags ^ reader->first.flags) & FLAGS_OF_FILE) != 0)
		return "blocks for all devices among those for one";
	if (block->total != reader->count)
		return "not the number of blocks that there are";
	if (block->number >= reader->count || reader->seen[block->number])
		return "a number that another block has, or none can have";
	return NULL;
}

/* Where all devices take the same from it. */
static bool is_usual(const struct block *block)
{
	return block->size == PAGE && block->address % PAGE == 0;
}

/* Of a usual block; of others a difference counts. */
static void add_framing(struct reader *reader, const struct block *block, uint64_t length)
{
	if (is_usual(block))
		(void)assay_image_add(reader->image, ASSAY_IMAGE_FRAMING, "blocks", length);
	else if (length > 0)
		(void)assay_image_add(reader->image, ASSAY_IMAGE_EXTRA, UNUSUAL, length);
}

/* Tags: one byte of length with itself, three of type, then the value, padded to 4 bytes; a
 * length of 0 or the padding ends them. Out: *end, where they do. */
static bool skip_tags(const struct block *block, uint64_t start, uint64_t *end)
{
	const uint8_t *data = block->ptr + DATA_AT;
	uint64_t room = room_of(block), at = start;

	while (at < room && data[at] != 0 && data[at] != 0xff) {
		if (data[at] < 4 || data[at] > room - at)
			return false;
		at += ((uint64_t)data[at] + 3) / 4 * 4;
	}
	*end = at < room ? at : room;
	return true;
}

/* Zeros, or what erased flash holds. */
static bool is_padding(const uint8_t *ptr, uint64_t length)
{
	struct assay_span span = assay_span_of(ptr, length);

	return assay_span_is_fill(span, 0) || assay_span_is_fill(span, 0xff);
}

static int add_data_field(struct reader *reader, const struct block *block, struct assay_error *err)
{
	struct assay_image *image = reader->image;
	const uint8_t *data = block->ptr + DATA_AT;
	uint64_t room = room_of(block), start = (block->size + 3) / 4 * 4, end;
	uint64_t family = reader->several ? block->family << 32 : 0;

	assay_image_add_data(image, family | block->address, assay_span_of(data, block->size), 1);
	if (start > room)
		start = room;
	end = start;
	if ((block->flags & FLAG_TAGS) != 0 && !skip_tags(block, start, &end))
		return fail(image->end, "a tag that is longer than its block", err);
	if (!is_padding(data + block->size, start - block->size) ||
	    !is_padding(data + end, room - end))
		return fail(image->end, "bytes behind the payload that are not padding", err);
	add_framing(reader, block, start - block->size);
	if (end > start)
		(void)assay_image_add(image, ASSAY_IMAGE_EXTRA, "extension tags", end - start);
	add_framing(reader, block, DATA_LEN - end);
	return 0;
}

/* Of several families the order counts: a device may start anew after the first that it takes. */
static void add_family(struct reader *reader, const struct block *block)
{
	bool first = block->ptr == reader->first.ptr;

	if (reader->several && first)
		(void)assay_image_add(reader->image, ASSAY_IMAGE_EXTRA, "UF2 families", 4);
	else if (!reader->several && (block->flags & FLAG_FAMILY) != 0)
		(void)assay_image_add(reader->image, ASSAY_IMAGE_TARGET, ASSAY_IMAGE_UF2_FAMILY, 4);
	else if (!reader->several && block->family != 0)
		(void)assay_image_add(reader->image, ASSAY_IMAGE_EXTRA, "UF2 size of file", 4);
	else
		(void)assay_image_add(reader->image, ASSAY_IMAGE_FRAMING, "blocks", 4);
}

static int read_block(struct reader *reader, const struct block *block, struct assay_error *err)
{
	struct assay_image *image = reader->image;
	const char *fault = block_fault(reader, block);

	if (fault != NULL)
		return fail(image->end, fault, err);
	reader->seen[block->number] = true;
	add_framing(reader, block, FAMILY_AT);
	add_family(reader, block);
	if (add_data_field(reader, block, err) < 0)
		return -1;
	add_framing(reader, block, BLOCK - MAGIC2_AT);
	return 0;
}

/* How many blocks of one family follow each other. */
static uint64_t count_family(const struct assay_image *image, uint64_t at, uint64_t family)
{
	uint64_t count = 0;

	while (at + count * BLOCK < image->body.len &&
	       word(image->body.ptr + at + count * BLOCK + FAMILY_AT) == family)
		count++;
	return count;
}

static int begin_family(struct reader *reader, const struct block *block, struct assay_error *err)
{
	struct assay_image *image = reader->image;

	for (size_t i = 0; i < reader->family_count; i++)
		if (reader->families[i] == block->family)
			return fail(image->end, "blocks of one family in two places", err);
	if (reader->family_count == FAMILIES_MAX)
		return assay_fail_at(err, ASSAY_E_LIMIT, image->end, "more than %d families",
		                     FAMILIES_MAX);
	if (reader->several && (block->flags & FLAG_FAMILY) == 0)
		return fail(image->end,
		            "blocks for all devices beside those for one, or of another file", err);
	if (reader->family_count > 0)
		memset(reader->seen, 0, reader->count * sizeof(*reader->seen));
	reader->families[reader->family_count++] = block->family;
	reader->first = *block;
	reader->count = count_family(image, image->end, block->family);
	return 0;
}

static int next_block(struct reader *reader, struct assay_error *err)
{
	struct block block = parse(reader->image->body.ptr + reader->image->end);

	if (reader->family_count == 0 || block.family != reader->first.family)
		if (begin_family(reader, &block, err) < 0)
			return -1;
	return read_block(reader, &block, err);
}

/* Copy what the image has at [address, address + length). Return: false when it lacks some. */
static bool gather(const struct assay_image *image, uint64_t address, uint64_t length, uint8_t *out)
{
	uint64_t end = address + length;

	while (address < end) {
		size_t index = assay_image_index(image, address);
		const struct assay_image_part *part;
		uint64_t into, some;

		if (index == image->data_count || assay_image_at(image, index)->address > address)
			return false;
		part = assay_image_at(image, index);
		into = address - part->address;
		some = part->count - into < end - address ? part->count - into : end - address;
		memcpy(out, part->bytes + into, some);
		out += some;
		address += some;
	}
	return true;
}

/* The digest of a stretch of flash, told at the end of a block. */
static int check_md5(const struct reader *reader, const struct assay_image *image,
                     const struct block *block, uint64_t *hashed, struct assay_error *err)
{
	const uint8_t *told = block->ptr + DATA_AT + DATA_LEN - MD5_LEN;
	uint64_t address = word(told) | (reader->several ? block->family << 32 : 0);
	uint64_t length = word(told + 4);
	uint64_t offset = (uint64_t)(told - image->file.ptr);
	ASSAY_AUTO_FREE uint8_t *copy = NULL;
	uint8_t digest[ASSAY_MD5_SIZE];

	if (length > image->file.len)
		return fail(offset, "a checksum of more than there is", err);
	*hashed += length;
	if (*hashed / HASHED_MAX > image->file.len)
		return assay_fail_at(err, ASSAY_E_LIMIT, offset, "too much to check");
	copy = assay_calloc(length + 1, 1);
	if (!gather(image, address, length, copy))
		return fail(offset, "a checksum of what is not in the file", err);
	assay_md5(assay_span_of(copy, length), digest);
	if (memcmp(digest, told + 8, sizeof(digest)) != 0)
		return fail(offset, "a false checksum", err);
	return 0;
}

/* Checksums tell about all blocks, so they come when all are there: finished for a moment. */
static int check_all_md5(const struct reader *reader, struct assay_error *err)
{
	const struct assay_image *image = reader->image;
	struct assay_image whole = {
		.file = image->body,
		.parts = image->parts,
		.part_count = image->part_count,
		.data_count = image->data_count,
		.end = image->end,
	};
	uint64_t hashed = 0;
	int result = assay_image_finish(&whole, err);

	for (uint64_t at = 0; result == 0 && at < image->body.len; at += BLOCK) {
		struct block block = parse(image->body.ptr + at);

		if ((block.flags & FLAG_MD5) != 0)
			result = check_md5(reader, &whole, &block, &hashed, err);
	}
	free(whole.order);
	return result;
}

static int read_uf2(struct assay_budget *budget, struct assay_image *out, struct assay_error *err)
{
	struct reader reader = { .image = out };
	uint64_t count = out->body.len / BLOCK;
	ASSAY_AUTO_FREE bool *seen = assay_calloc(count, sizeof(*seen));

	reader.seen = seen;
	if (out->body.len % BLOCK != 0 || count == 0)
		return fail(out->body.len, "cut short inside a block", err);
	reader.several = count_family(out, 0, word(out->body.ptr + FAMILY_AT)) < count;
	while (out->end < out->body.len)
		if (assay_budget_member(budget, err) < 0 || next_block(&reader, err) < 0)
			return -1;
	return check_all_md5(&reader, err);
}

static bool probe(struct assay_span file)
{
	return file.len >= MAGIC1_AT + 4 && word(file.ptr + MAGIC0_AT) == MAGIC0 &&
	       word(file.ptr + MAGIC1_AT) == MAGIC1;
}

const struct assay_image_reader assay_image_uf2 = { "uf2", probe, read_uf2 };
