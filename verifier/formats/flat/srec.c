/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Motorola S-records.
 *
 * Source: Motorola, M68000 Family Programmer's Reference Manual (M68000PM/AD), appendix C; srec(5).
 * Limits: one header (S0), first; one count (S5, S6), true and behind all data; one start address
 *         (S7, S8, S9), last. Nothing may stand between records or behind the last one.
 */
#include "base/cursor.h"
#include "formats/flat/hexline.h"

#define MARK 2     /* bytes: "S" and the type */
#define COUNT_AT 0 /* bytes of a record: count, address, data, checksum */
#define ADDRESS_AT 1

enum kind {
	KIND_HEADER,
	KIND_DATA,
	KIND_COUNT,
	KIND_START,
	KIND_NONE,
};

/* By the digit behind the S. */
static const struct {
	enum kind kind;
	unsigned address; /* bytes of it */
} types[] = {
	{ KIND_HEADER, 2 }, { KIND_DATA, 2 },  { KIND_DATA, 3 },
	{ KIND_DATA, 4 },   { KIND_NONE, 0 }, /* S4 is reserved */
	{ KIND_COUNT, 2 },  { KIND_COUNT, 3 }, { KIND_START, 4 },
	{ KIND_START, 3 },  { KIND_START, 2 },
};

struct reader {
	struct assay_image *image;
	uint64_t records; /* of data */
	bool counted, ended;
};

/* A record that keeps the form. */
struct record {
	struct assay_hexline line;
	enum kind kind;
	unsigned address_len;
	uint64_t address;
	size_t data_at, data_len;
};

static int fail(const struct reader *reader, const char *what, struct assay_error *err)
{
	return assay_fail_at(err, ASSAY_E_FORMAT, reader->image->end, "%s", what);
}

static int read_header(struct reader *reader, const struct record *record, struct assay_error *err)
{
	if (reader->image->end != 0 || record->address != 0)
		return fail(reader, "a header record that is not the first, or has an address",
		            err);
	assay_hexline_add(reader->image, &record->line,
	                  &(struct assay_hexline_middle){ .use = ASSAY_IMAGE_HEADER,
	                                                  .what = "S0 header",
	                                                  .first = record->data_at,
	                                                  .length = record->data_len });
	return 0;
}

static int read_data(struct reader *reader, const struct record *record, struct assay_error *err)
{
	uint64_t space = (uint64_t)1 << (8 * record->address_len);

	if (reader->counted)
		return fail(reader, "data behind the count", err);
	if (record->data_len == 0)
		return fail(reader, "a data record without data", err);
	if (record->address + record->data_len > space)
		return fail(reader, "a record that goes past the end of its addresses", err);
	reader->records++;
	assay_hexline_add(reader->image, &record->line,
	                  &(struct assay_hexline_middle){ .use = ASSAY_IMAGE_DATA,
	                                                  .first = record->data_at,
	                                                  .length = record->data_len,
	                                                  .address = record->address });
	return 0;
}

static int read_count(struct reader *reader, const struct record *record, struct assay_error *err)
{
	if (reader->counted || record->data_len > 0)
		return fail(reader, "a second count, or one with data", err);
	if (record->address != reader->records)
		return fail(reader, "a count that is not the number of data records", err);
	reader->counted = true;
	assay_hexline_add_framing(reader->image, &record->line);
	return 0;
}

static int read_start(struct reader *reader, const struct record *record, struct assay_error *err)
{
	struct assay_image *image = reader->image;

	if (record->data_len > 0)
		return fail(reader, "a start address with data", err);
	image->entry = record->address;
	image->start = record->address == 0 ? ASSAY_IMAGE_START_ZERO : ASSAY_IMAGE_START_LINEAR;
	reader->ended = true;
	assay_hexline_add(image, &record->line,
	                  &(struct assay_hexline_middle){ .use = ASSAY_IMAGE_ENTRY,
	                                                  .what = "start address",
	                                                  .first = ADDRESS_AT,
	                                                  .length = record->address_len });
	return 0;
}

static int parse_record(const struct reader *reader, struct record *out, struct assay_error *err)
{
	struct assay_span rest =
		assay_span_sub(reader->image->body, reader->image->end, reader->image->body.len);
	unsigned type;

	if (rest.len < MARK || rest.ptr[0] != 'S' || rest.ptr[1] < '0' || rest.ptr[1] > '9')
		return fail(reader, "not a record", err);
	type = rest.ptr[1] - '0';
	out->kind = types[type].kind;
	out->address_len = types[type].address;
	if (out->kind == KIND_NONE)
		return fail(reader, "a record of a reserved type", err);
	if (assay_hexline_read(reader->image, MARK, &out->line, err) < 0)
		return -1;
	if (out->line.count < out->address_len + 2 ||
	    out->line.bytes[COUNT_AT] != out->line.count - 1)
		return fail(reader, "a record whose length is not what it says", err);
	if (assay_hexline_sum(&out->line) != 0xff)
		return fail(reader, "a false checksum", err);
	for (unsigned i = 0; i < out->address_len; i++)
		out->address = out->address << 8 | out->line.bytes[ADDRESS_AT + i];
	out->data_at = ADDRESS_AT + out->address_len;
	out->data_len = out->line.count - out->address_len - 2;
	return 0;
}

static int read_srec(struct assay_budget *budget, struct assay_image *out, struct assay_error *err)
{
	static int (*const ways[])(struct reader *, const struct record *, struct assay_error *) = {
		[KIND_HEADER] = read_header,
		[KIND_DATA] = read_data,
		[KIND_COUNT] = read_count,
		[KIND_START] = read_start,
	};
	struct reader reader = { .image = out };

	while (!reader.ended && out->end < out->body.len) {
		struct record record = { .kind = KIND_NONE };

		if (assay_budget_member(budget, err) < 0 ||
		    parse_record(&reader, &record, err) < 0 ||
		    ways[record.kind](&reader, &record, err) < 0)
			return -1;
	}
	if (!reader.ended)
		return fail(&reader, "no record with the start address", err);
	if (out->end < out->body.len)
		return fail(&reader, "bytes behind the last record", err);
	return 0;
}

/* The mark and the eight digits that the shortest record has. */
static bool probe(struct assay_span file)
{
	struct assay_image image = { .file = file, .body = assay_span_sub(file, 0, MARK + 8) };
	struct assay_error ignored = ASSAY_ERROR_INIT;
	struct assay_hexline line;

	return file.len >= MARK + 8 && file.ptr[0] == 'S' && file.ptr[1] >= '0' &&
	       file.ptr[1] <= '9' && assay_hexline_read(&image, MARK, &line, &ignored) == 0 &&
	       line.count == 4;
}

const struct assay_image_reader assay_image_srec = { "srec", probe, read_srec };
