/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Directory records, numbers and times. */
#include "formats/filesystem/iso/iso.h"

#define HEAD 33 /* bytes in front of a name; ECMA-119, 9.1 */
#define DIRECTORY 0x02
#define RECORD_FLAG 0x08 /* with an extended attribute record that tells more */
#define MULTI 0x80

uint32_t iso_both(const struct iso *iso, uint64_t at, size_t width, bool *agree)
{
	uint64_t little = iso_load(iso, at, width, false);

	*agree &= little == iso_load(iso, at + width, width, true);
	return (uint32_t)little;
}

void iso_fixed(struct iso *iso, size_t entry, const char *what, uint64_t at, uint64_t length)
{
	if (length > 0)
		(void)assay_contents_part_at(iso->out, entry, ASSAY_ROLE_FIXED, what, at, length);
}

/* ECMA-119, 9.1.5: seven numbers, the last one of quarters of an hour. */
static bool is_short_time(const uint8_t *b)
{
	return b[1] >= 1 && b[1] <= 12 && b[2] >= 1 && b[2] <= 31 && b[3] < 24 && b[4] < 60 &&
	       b[5] < 60 && (int8_t)b[6] >= -48 && (int8_t)b[6] <= 52;
}

/* ECMA-119, 8.4.26.1: sixteen digits and that number. */
static bool is_long_time(const uint8_t *b)
{
	for (int i = 0; i < 16; i++)
		if (b[i] < '0' || b[i] > '9')
			return false;
	return (int8_t)b[16] >= -48 && (int8_t)b[16] <= 52;
}

void iso_time(struct iso *iso, size_t entry, const char *what, uint64_t at, uint64_t length)
{
	const uint8_t *b = iso->image.ptr + at;
	bool is_time = assay_span_is_fill(assay_span_of(b, length), 0) ||
	               (length == 7 ? is_short_time(b) : is_long_time(b));
	struct assay_part *part = assay_contents_part_at(
		iso->out, entry, is_time ? ASSAY_ROLE_OPAQUE : ASSAY_ROLE_FIXED, what, at, length);

	part->rule = is_time ? ISO_TIMES : NULL;
}

void iso_padding(struct iso *iso, size_t entry, const char *what, uint64_t at, uint64_t length)
{
	bool zeros = assay_span_is_fill(assay_span_sub(iso->image, at, length), 0);

	if (length > 0)
		(void)assay_contents_part_at(iso->out, entry,
		                             zeros ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED, what, at,
		                             length);
}

int iso_record_read(struct iso *iso, uint64_t at, uint64_t end, struct iso_record *out,
                    struct assay_error *err)
{
	uint64_t length = iso->image.ptr[at], name, behind;
	bool agree = true;

	*out = (struct iso_record){ .at = at };
	if (length <= HEAD || length > end - at)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a record past the end of its block");
	name = iso->image.ptr[at + HEAD - 1];
	if (name == 0 || HEAD + name > length)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a name past the end of its record");
	out->bytes = assay_span_sub(iso->image, at, length);
	out->name = assay_span_sub(out->bytes, HEAD, name);
	behind = HEAD + name + (name % 2 == 0);
	out->extra = assay_span_sub(out->bytes, behind, length);
	out->block = iso_both(iso, at + 2, 4, &agree);
	out->size = iso_both(iso, at + 10, 4, &agree);
	out->flags = out->bytes.ptr[25];
	if (!agree)
		return assay_fail_at(err, ASSAY_E_FORMAT, at,
		                     "a number that is another one in the other byte order");
	if (out->bytes.ptr[1] != 0 || out->bytes.ptr[26] != 0 || out->bytes.ptr[27] != 0 ||
	    (out->flags & (MULTI | RECORD_FLAG)) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, at,
		                     "a file in several extents, interleaved or with attributes");
	return 0;
}

int iso_record_emit(struct iso *iso, size_t entry, const struct iso_record *record,
                    struct iso_extra *extra, struct assay_error *err)
{
	uint64_t at = record->at, length = record->bytes.len, behind = length - record->extra.len;
	bool has_size = (record->flags & DIRECTORY) == 0 && record->name.ptr[0] > 1;

	iso_fixed(iso, entry, "place of the content", at, 10);
	(void)assay_contents_part_at(iso->out, entry, has_size ? ASSAY_ROLE_SIZE : ASSAY_ROLE_FIXED,
	                             "size", at + 10, 8);
	iso_time(iso, entry, "time of the record", at + 18, 7);
	iso_fixed(iso, entry, "flags of the record", at + 25, 7);
	iso_fixed(iso, entry, "name in the record", at + 32, behind - 32);
	if (record->extra.len == 0)
		return 0;
	if (iso->susp && iso->tree == ISO_PLAIN)
		return iso_susp_emit(iso, entry, at + behind, record->extra.len, extra, err);
	iso_padding(iso, entry, "bytes behind the name", at + behind, record->extra.len);
	return 0;
}
