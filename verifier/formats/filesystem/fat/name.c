/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Short names, and the long ones in records in front of them. */
#include "formats/filesystem/fat/fat.h"

#define UNITS 13 /* of UTF-16 in each record */
#define NUMBER 0x3f
#define DELETED_AS 0x05 /* Specification, 6.1: a first byte that is 0xe5 */
#define LOWER_BASE 0x08 /* Linux fs/fat: CASE_LOWER_BASE, CASE_LOWER_EXT */
#define LOWER_EXT 0x10
#define BASE 8

uint8_t fat_name_sum(const uint8_t *name)
{
	uint8_t sum = 0;

	for (int i = 0; i < FAT_SHORT; i++)
		sum = (uint8_t)((sum >> 1 | sum << 7) + name[i]);
	return sum;
}

bool fat_name_belongs(struct assay_span part, unsigned number, struct assay_span record)
{
	uint8_t mark = part.ptr[0];

	return (mark & NUMBER) == number && part.ptr[12] == 0 &&
	       assay_load(part.ptr + 26, 2, false) == 0 && part.ptr[13] == fat_name_sum(record.ptr);
}

/* Specification of long names: where the units of a record stand. */
static uint16_t unit_at(struct assay_span record, unsigned i)
{
	unsigned at = i < 5 ? 1 + 2 * i : i < 11 ? 14 + 2 * (i - 5) : 28 + 2 * (i - 11);

	return (uint16_t)assay_load(record.ptr + at, 2, false);
}

static void add_utf8(struct assay_buffer *out, uint32_t c)
{
	uint8_t bytes[4];
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t heads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len; i-- > 1; c >>= 6)
		bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
	bytes[0] = (uint8_t)(heads[len] | c);
	assay_buffer_add(out, bytes, len);
}

/* Return: the unit of a name; 0 behind its end */
static uint16_t name_unit(const struct assay_span *records, size_t count, size_t i)
{
	return i < count * UNITS ? unit_at(records[count - 1 - i / UNITS], i % UNITS) : 0;
}

static int check_name(const struct assay_buffer *name, struct assay_error *err)
{
	struct assay_span span = assay_buffer_span(name);

	if (span.len == 0 || memchr(span.ptr, '/', span.len) != NULL ||
	    memchr(span.ptr, '\0', span.len) != NULL || assay_span_is(span, ".") ||
	    assay_span_is(span, ".."))
		return assay_fail(err, ASSAY_E_FORMAT, "not a file name");
	return 0;
}

int fat_name_long(const struct assay_span *records, size_t count, struct assay_buffer *out,
                  struct assay_error *err)
{
	uint16_t unit;

	for (size_t i = 0; (unit = name_unit(records, count, i)) != 0; i++) {
		uint16_t next = name_unit(records, count, i + 1);
		uint32_t c = unit;

		if (unit >= 0xd800 && unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
			c = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (next - 0xdc00u);
			i++;
		} else if (unit >= 0xd800 && unit < 0xe000) {
			return assay_fail(err, ASSAY_E_FORMAT, "a long name that is no UTF-16");
		}
		add_utf8(out, c);
	}
	return check_name(out, err);
}

/* One half of a short name, without the spaces behind it. */
static struct assay_span trimmed(struct assay_span half)
{
	while (half.len > 0 && half.ptr[half.len - 1] == ' ')
		half.len--;
	return half;
}

static void add_half(struct assay_buffer *out, struct assay_span half, bool lower)
{
	for (size_t i = 0; i < half.len; i++) {
		char c = (char)half.ptr[i];

		if (lower && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		assay_buffer_add(out, &c, 1);
	}
}

int fat_name_short(struct assay_span record, struct assay_buffer *out, struct assay_error *err)
{
	struct assay_span base = trimmed(assay_span_sub(record, 0, BASE));
	struct assay_span ext = trimmed(assay_span_sub(record, BASE, FAT_SHORT - BASE));
	uint8_t flags = record.ptr[12];

	add_half(out, base, (flags & LOWER_BASE) != 0);
	if (out->len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not a file name");
	if (out->ptr[0] == DELETED_AS)
		out->ptr[0] = (char)0xe5;
	if (ext.len > 0)
		assay_buffer_add_str(out, ".");
	add_half(out, ext, (flags & LOWER_EXT) != 0);
	return check_name(out, err);
}
