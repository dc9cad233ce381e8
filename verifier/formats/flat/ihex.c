/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intel HEX.
 *
 * Source: Intel, Hexadecimal Object File Format Specification, revision A, 6 January 1988.
 * Limits: a record that goes past the end of its 64 KiB is refused: the specification lets it wrap
 *         to the start in one mode and go on in the other, and loaders agree with neither. So is
 *         data behind address records of both kinds, unless their sum is the last one's address
 *         (binutils bfd/ihex.c adds them up), and behind a segment that is not at 64 KiB
 *         (OpenOCD src/target/image.c keeps the upper 16 bits of an address), and behind the last
 *         byte of 64 KiB without a new address record (there those 16 bits have been counted up).
 *         Nothing may stand between records or behind the end-of-file record, whose address is 0.
 */
#include "base/cursor.h"
#include "formats/flat/hexline.h"

/* Bytes of a record: count, address, type, data, checksum. */
#define COUNT_AT 0
#define ADDRESS_AT 1
#define TYPE_AT 3
#define DATA_AT 4
#define AROUND 5 /* bytes around the data */

enum type {
	TYPE_DATA = 0,
	TYPE_END = 1,
	TYPE_SEGMENT = 2,       /* bits 4 to 19 of the addresses that follow */
	TYPE_START_SEGMENT = 3, /* CS and IP */
	TYPE_LINEAR = 4,        /* bits 16 to 31 */
	TYPE_START_LINEAR = 5,  /* EIP */
};

struct reader {
	struct assay_image *image;
	uint64_t base; /* what is added to the address of a record: the last of these two */
	uint64_t segment, linear; /* what records of each kind said */
	bool full;                /* the last byte of the 64 KiB from there on was written */
	bool ended;
};

static int fail(const struct reader *reader, const char *what, struct assay_error *err)
{
	return assay_fail_at(err, ASSAY_E_FORMAT, reader->image->end, "%s", what);
}

static int read_data(struct reader *reader, const struct assay_hexline *line,
                     struct assay_error *err)
{
	uint64_t address = assay_load(line->bytes + ADDRESS_AT, 2, true);
	size_t length = line->count - AROUND;

	if (length == 0)
		return fail(reader, "a data record without data", err);
	if (reader->segment + reader->linear != reader->base || reader->segment % 0x10000 != 0 ||
	    reader->full)
		return fail(reader, "data whose address loaders do not agree about", err);
	if (address + length > 0x10000)
		return fail(reader, "a record that goes past its 64 KiB", err);
	reader->full = address + length == 0x10000;
	assay_hexline_add(reader->image, line,
	                  &(struct assay_hexline_middle){ .use = ASSAY_IMAGE_DATA,
	                                                  .first = DATA_AT,
	                                                  .length = length,
	                                                  .address = reader->base + address });
	return 0;
}

static int read_start(struct reader *reader, const struct assay_hexline *line,
                      struct assay_error *err)
{
	struct assay_image *image = reader->image;

	if (image->start != ASSAY_IMAGE_START_NONE)
		return fail(reader, "a second start address", err);
	if (line->bytes[TYPE_AT] == TYPE_START_LINEAR) {
		image->start = ASSAY_IMAGE_START_LINEAR;
		image->entry = assay_load(line->bytes + DATA_AT, 4, true);
	} else {
		image->start = ASSAY_IMAGE_START_SEGMENTED;
		image->entry = (assay_load(line->bytes + DATA_AT, 2, true) << 4) +
		               assay_load(line->bytes + DATA_AT + 2, 2, true);
	}
	assay_hexline_add(image, line,
	                  &(struct assay_hexline_middle){ .use = ASSAY_IMAGE_ENTRY,
	                                                  .what = "start address",
	                                                  .first = DATA_AT,
	                                                  .length = 4 });
	return 0;
}

static void read_base(struct reader *reader, const struct assay_hexline *line)
{
	uint64_t value = assay_load(line->bytes + DATA_AT, 2, true);

	reader->full = false;
	if (line->bytes[TYPE_AT] == TYPE_SEGMENT)
		reader->base = reader->segment = value << 4;
	else
		reader->base = reader->linear = value << 16;
	assay_hexline_add_framing(reader->image, line);
}

/* Bytes of data that records of a type have, which all but those of data itself must. */
static int length_of(uint8_t type)
{
	static const int lengths[] = {
		[TYPE_DATA] = -1,         [TYPE_END] = 0,    [TYPE_SEGMENT] = 2,
		[TYPE_START_SEGMENT] = 4, [TYPE_LINEAR] = 2, [TYPE_START_LINEAR] = 4,
	};

	return lengths[type];
}

static int check_line(const struct reader *reader, const struct assay_hexline *line,
                      struct assay_error *err)
{
	uint8_t type;

	if (line->count < AROUND || line->bytes[COUNT_AT] != line->count - AROUND)
		return fail(reader, "a record whose length is not what it says", err);
	if (assay_hexline_sum(line) != 0)
		return fail(reader, "a false checksum", err);
	type = line->bytes[TYPE_AT];
	if (type > TYPE_START_LINEAR)
		return fail(reader, "a record of an unknown type", err);
	if (type != TYPE_DATA && (length_of(type) != line->bytes[COUNT_AT] ||
	                          assay_load(line->bytes + ADDRESS_AT, 2, true) != 0))
		return fail(reader, "a record with more than its type has", err);
	return 0;
}

static int read_record(struct reader *reader, struct assay_error *err)
{
	struct assay_image *image = reader->image;
	struct assay_hexline line;

	if (image->body.ptr[image->end] != ':')
		return fail(reader, "not a record", err);
	if (assay_hexline_read(image, 1, &line, err) < 0 || check_line(reader, &line, err) < 0)
		return -1;
	switch ((enum type)line.bytes[TYPE_AT]) {
	case TYPE_DATA:
		return read_data(reader, &line, err);
	case TYPE_START_SEGMENT:
	case TYPE_START_LINEAR:
		return read_start(reader, &line, err);
	case TYPE_SEGMENT:
	case TYPE_LINEAR:
		read_base(reader, &line);
		return 0;
	case TYPE_END:
		assay_hexline_add_framing(image, &line);
		reader->ended = true;
		return 0;
	}
	return -1;
}

static int read_ihex(struct assay_budget *budget, struct assay_image *out, struct assay_error *err)
{
	struct reader reader = { .image = out };

	while (!reader.ended && out->end < out->body.len)
		if (assay_budget_member(budget, err) < 0 || read_record(&reader, err) < 0)
			return -1;
	if (!reader.ended)
		return fail(&reader, "no end-of-file record", err);
	if (out->end < out->body.len)
		return fail(&reader, "bytes behind the end-of-file record", err);
	return 0;
}

/* The mark and the ten digits that the shortest record has, so that no text is taken for one. */
static bool probe(struct assay_span file)
{
	struct assay_image image = { .file = file, .body = assay_span_sub(file, 0, 11) };
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_hexline line;

	return file.len >= 11 && file.ptr[0] == ':' &&
	       assay_hexline_read(&image, 1, &line, &ignored) == 0 && line.count == AROUND;
}

const struct assay_image_reader assay_image_ihex = { "ihex", probe, read_ihex };
