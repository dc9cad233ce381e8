/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/archive/zip_record.h"

#include "base/cursor.h"

#define MARK 4 /* bytes of a signature */
#define LOCAL 30
#define CENTRAL 46
#define END 22
#define COMMENT_MAX 65535
#define LOCATOR "PK\6\7"
#define LOCATOR_LEN 20
#define END64 "PK\6\6"
#define END64_LEN 56
#define IN_EXTRA UINT32_MAX /* a size or offset that stands in the zip64 field */

static uint16_t u16(struct assay_span span, size_t at)
{
	return (uint16_t)assay_load(span.ptr + at, 2, false);
}

static uint32_t u32(struct assay_span span, size_t at)
{
	return (uint32_t)assay_load(span.ptr + at, 4, false);
}

static uint64_t u64(struct assay_span span, size_t at)
{
	return assay_load(span.ptr + at, 8, false);
}

int assay_zip_extra(struct assay_span *extra, uint16_t *id, struct assay_span *data,
                    struct assay_error *err)
{
	if (extra->len == 0)
		return 0;
	if (extra->len < 4 || u16(*extra, 2) > extra->len - 4)
		return assay_fail(err, ASSAY_E_FORMAT, "malformed extra fields");
	*id = u16(*extra, 0);
	*data = assay_span_sub(*extra, 4, u16(*extra, 2));
	*extra = assay_span_sub(*extra, 4 + data->len, extra->len);
	return 1;
}

/* Take one number of the zip64 field, when the header says that it is there. */
static int take_long(uint64_t *value, struct assay_span *field, bool *used, struct assay_error *err)
{
	if (*value != IN_EXTRA)
		return 0;
	if (field->len < 8)
		return assay_fail(err, ASSAY_E_FORMAT, "a size that is nowhere");
	*value = u64(*field, 0);
	*field = assay_span_sub(*field, 8, field->len);
	*used = true;
	return 0;
}

/* Sizes and offset from the zip64 field, in their order; it has nothing else. */
static int read_zip64(struct assay_zip_record *out, bool central, struct assay_error *err)
{
	struct assay_span extra = out->extra, data, field = { 0 };
	bool found = false;
	uint16_t id;
	int got;

	while ((got = assay_zip_extra(&extra, &id, &data, err)) > 0) {
		if (id != ASSAY_ZIP_ZIP64)
			continue;
		if (found)
			return assay_fail(err, ASSAY_E_FORMAT, "two zip64 fields");
		found = true;
		field = data;
	}
	if (got < 0 || take_long(&out->size, &field, &out->zip64, err) < 0 ||
	    take_long(&out->packed, &field, &out->zip64, err) < 0)
		return -1;
	if (central && take_long(&out->offset, &field, &out->zip64, err) < 0)
		return -1;
	if (field.len > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a zip64 field that is too long");
	return 0;
}

/* The fields from the version needed on stand in both headers in the same order. */
static void read_common(struct assay_span span, size_t at, struct assay_zip_record *out)
{
	*out = (struct assay_zip_record){
		.version = u16(span, at),
		.flags = u16(span, at + 2),
		.method = u16(span, at + 4),
		.time = u32(span, at + 6),
		.crc = u32(span, at + 10),
		.packed = u32(span, at + 14),
		.size = u32(span, at + 18),
	};
}

static int fail_record(const char *what, struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_FORMAT, "no %s header, or cut short in it", what);
}

int assay_zip_local(struct assay_span span, struct assay_zip_record *out, struct assay_error *err)
{
	uint64_t name, extra;

	if (span.len < LOCAL || !assay_span_starts(span, ASSAY_ZIP_LOCAL, MARK))
		return fail_record("local", err);
	read_common(span, 4, out);
	name = u16(span, 26);
	extra = u16(span, 28);
	out->length = LOCAL + name + extra;
	if (out->length > span.len)
		return fail_record("local", err);
	out->name = assay_span_sub(span, LOCAL, name);
	out->extra = assay_span_sub(span, LOCAL + name, extra);
	return read_zip64(out, false, err);
}

int assay_zip_central(struct assay_span span, struct assay_zip_record *out, struct assay_error *err)
{
	uint64_t name, extra, comment;

	if (span.len < CENTRAL || !assay_span_starts(span, ASSAY_ZIP_CENTRAL, MARK))
		return fail_record("central", err);
	read_common(span, 6, out);
	out->maker = u16(span, 4);
	name = u16(span, 28);
	extra = u16(span, 30);
	comment = u16(span, 32);
	out->internal = u16(span, 36);
	out->external = u32(span, 38);
	out->offset = u32(span, 42);
	out->length = CENTRAL + name + extra + comment;
	if (out->length > span.len || u16(span, 34) != 0)
		return fail_record("central", err);
	out->name = assay_span_sub(span, CENTRAL, name);
	out->extra = assay_span_sub(span, CENTRAL + name, extra);
	out->comment = assay_span_sub(span, CENTRAL + name + extra, comment);
	return read_zip64(out, true, err);
}

/* Where the record stands. Two that fit are two archives in one file: programs do not agree. */
static int find_end(struct assay_span file, uint64_t *out, struct assay_error *err)
{
	uint64_t found = 0, at = file.len >= END ? file.len - END : 0;
	uint64_t first = at > COMMENT_MAX ? at - COMMENT_MAX : 0;

	for (; file.len >= END; at--) {
		struct assay_span rest = assay_span_sub(file, at, file.len);

		if (assay_span_starts(rest, ASSAY_ZIP_END, MARK) &&
		    u16(rest, 20) == rest.len - END) {
			*out = at;
			found++;
		}
		if (at == first)
			break;
	}
	if (found != 1)
		return assay_fail(err, ASSAY_E_FORMAT, "%s end of a central directory",
		                  found == 0 ? "no" : "more than one");
	return 0;
}

/* Whether locator and record have the usual lengths, stand together and know of one disk. */
static bool is_end64(struct assay_span at, struct assay_span record, uint64_t locator)
{
	return u32(at, 4) == 0 && u32(at, 16) <= 1 && record.len == END64_LEN &&
	       u64(at, 8) == locator - END64_LEN && assay_span_starts(record, END64, MARK) &&
	       u64(record, 4) == END64_LEN - 12 && u32(record, 16) == 0 && u32(record, 20) == 0 &&
	       u64(record, 24) == u64(record, 32);
}

/* The zip64 record, which stands before its locator, which stands before the end. */
static int read_end64(struct assay_span file, uint64_t locator, struct assay_zip_end *out,
                      struct assay_error *err)
{
	struct assay_span at = assay_span_sub(file, locator, LOCATOR_LEN);
	struct assay_span record = assay_span_sub(file, u64(at, 8), END64_LEN);

	if (!is_end64(at, record, locator))
		return assay_fail_at(err, ASSAY_E_FORMAT, locator, "malformed zip64 records");
	if ((out->count != UINT16_MAX && out->count != u64(record, 32)) ||
	    (out->size != UINT32_MAX && out->size != u64(record, 40)) ||
	    (out->offset != UINT32_MAX && out->offset != u64(record, 48)))
		return assay_fail_at(err, ASSAY_E_FORMAT, locator,
		                     "zip64 records that contradict the others");
	out->start = locator - END64_LEN;
	out->count = u64(record, 32);
	out->size = u64(record, 40);
	out->offset = u64(record, 48);
	return 0;
}

int assay_zip_end(struct assay_span file, struct assay_zip_end *out, struct assay_error *err)
{
	struct assay_span end;

	if (find_end(file, &out->start, err) < 0)
		return -1;
	end = assay_span_sub(file, out->start, file.len);
	if (u16(end, 4) != 0 || u16(end, 6) != 0 || u16(end, 8) != u16(end, 10))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->start, "more than one disk");
	out->count = u16(end, 10);
	out->size = u32(end, 12);
	out->offset = u32(end, 16);
	out->comment = assay_span_sub(end, END, end.len);
	if (out->start >= LOCATOR_LEN + END64_LEN &&
	    assay_span_starts(assay_span_sub(file, out->start - LOCATOR_LEN, MARK), LOCATOR, MARK))
		return read_end64(file, out->start - LOCATOR_LEN, out, err);
	return 0;
}

uint64_t assay_zip_descriptor(struct assay_span span, const struct assay_zip_record *record)
{
	uint64_t mark = assay_span_starts(span, ASSAY_ZIP_DESCRIPTOR, MARK) ? MARK : 0;
	struct assay_span rest = assay_span_sub(span, mark, span.len);

	if (rest.len >= 20 && record->zip64 && u32(rest, 0) == record->crc &&
	    u64(rest, 4) == record->packed && u64(rest, 12) == record->size)
		return mark + 20;
	if (rest.len >= 12 && u32(rest, 0) == record->crc && u32(rest, 4) == record->packed &&
	    u32(rest, 8) == record->size)
		return mark + 12;
	return 0;
}
