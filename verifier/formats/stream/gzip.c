/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gzip files: every header field of every member on its own, so that none can hide anything.
 *
 * Source: RFC 1952; RFC 1951, see deflate.h.
 */
#include <ctype.h>

#include "base/cursor.h"
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/stream/deflate.h"
#include "formats/stream/gzip.h"

#define HEADER 10 /* RFC 1952, 2.3: ID1 ID2 CM FLG MTIME XFL OS */
#define FLG_AT 3
#define XFL_AT 8
#define OS_AT 9
#define OS_LAST 13 /* RFC 1952, 2.3.1: OS; 255 is unknown */
#define OS_UNKNOWN 255
#define SLOWEST 2 /* RFC 1952, 2.3.1: XFL */
#define FASTEST 4
#define FHCRC 0x02
#define FEXTRA 0x04
#define FNAME 0x08
#define FCOMMENT 0x10
#define RESERVED 0xe0
#define TRAILER 8

#define TIMESTAMPS "gzip/timestamps@1"
#define ORIGIN "gzip/origin@1"

#define HEADER_FIELDS(level_role, os_role, os_rule)                                                \
	{                                                                                          \
		{ "magic", 0, 3, ASSAY_ROLE_FIXED }, { "flags", FLG_AT, 1, ASSAY_ROLE_FIXED },     \
			{ "mtime", 4, 4, ASSAY_ROLE_OPAQUE, TIMESTAMPS },                          \
			{ "compression level", XFL_AT, 1, level_role },                            \
			{ "OS", OS_AT, 1, os_role, os_rule }, { 0 },                               \
	}
/*
 * By whether XFL tells the level in one of three ways and whether OS is one that there is: any
 * other value tells something else.
 */
static const struct assay_field header_fields[2][2][6] = {
	{ HEADER_FIELDS(ASSAY_ROLE_FIXED, ASSAY_ROLE_FIXED, NULL),
	  HEADER_FIELDS(ASSAY_ROLE_FIXED, ASSAY_ROLE_OPAQUE, ORIGIN) },
	{ HEADER_FIELDS(ASSAY_ROLE_PACKING, ASSAY_ROLE_FIXED, NULL),
	  HEADER_FIELDS(ASSAY_ROLE_PACKING, ASSAY_ROLE_OPAQUE, ORIGIN) },
};
static const struct assay_field trailer_fields[] = {
	{ "CRC-32", 0, 4, ASSAY_ROLE_CHECK },
	{ "size", 4, 4, ASSAY_ROLE_SIZE },
	{ 0 },
};

bool assay_gzip_is(struct assay_span span)
{
	return assay_span_starts(span, "\x1f\x8b\x08", 3);
}

/* Parts belong to what the member unpacks to. */
static size_t newest(const struct assay_contents *out)
{
	return out->entry_count - 1;
}

static int add_part(struct assay_contents *out, const char *what, uint64_t length,
                    struct assay_error *err)
{
	if (length > assay_contents_rest(out).len)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the %s", what);
	(void)assay_contents_part(out, newest(out), ASSAY_ROLE_FIXED, what, length);
	return 0;
}

/* Text up to a NUL. */
static int add_text(struct assay_contents *out, const char *what, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);
	const uint8_t *end = rest.len > 0 ? memchr(rest.ptr, '\0', rest.len) : NULL;

	return add_part(out, what, end != NULL ? (uint64_t)(end - rest.ptr) + 1 : UINT64_MAX, err);
}

/* A name that names a file and nothing else tells who packed it. */
static int add_name(struct assay_contents *out, struct assay_error *err)
{
	uint64_t start = out->end;
	struct assay_part *part;

	if (add_text(out, "file name", err) < 0)
		return -1;
	part = &out->parts[out->part_count - 1];
	for (uint64_t i = start; i + 1 < out->end; i++)
		if (!isgraph(out->span.ptr[i]) || out->span.ptr[i] == '/')
			return 0;
	part->role = ASSAY_ROLE_OPAQUE;
	part->rule = ORIGIN;
	return 0;
}

static int add_extra(struct assay_contents *out, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);

	if (rest.len < 2)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the extra field");
	return add_part(out, "extra field", 2 + assay_load(rest.ptr, 2, false), err);
}

/* The low half of the CRC-32 of the header before it. */
static int add_header_crc(struct assay_contents *out, uint64_t start, struct assay_error *err)
{
	struct assay_span header = assay_span_sub(out->span, start, out->end - start);
	struct assay_span rest = assay_contents_rest(out);
	uint32_t crc = assay_crc32(header);

	if (rest.len < 2 || assay_load(rest.ptr, 2, false) != (crc & 0xffff))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "false header CRC");
	(void)assay_contents_part(out, newest(out), ASSAY_ROLE_CHECK, "header CRC", 2);
	return 0;
}

static bool is_level(uint8_t level)
{
	return level == 0 || level == SLOWEST || level == FASTEST;
}

static bool is_os(uint8_t os)
{
	return os <= OS_LAST || os == OS_UNKNOWN;
}

static int read_header(struct assay_contents *out, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);
	uint64_t start = out->end;
	uint8_t flags;

	if (rest.len < HEADER)
		return assay_fail_at(err, ASSAY_E_FORMAT, start, "cut short in the header");
	flags = rest.ptr[FLG_AT];
	if ((flags & RESERVED) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, start + FLG_AT, "unknown flags");
	assay_contents_fields(out, newest(out), "header",
	                      header_fields[is_level(rest.ptr[XFL_AT])][is_os(rest.ptr[OS_AT])]);
	if ((flags & FEXTRA) != 0 && add_extra(out, err) < 0)
		return -1;
	if ((flags & FNAME) != 0 && add_name(out, err) < 0)
		return -1;
	if ((flags & FCOMMENT) != 0 && add_text(out, "comment", err) < 0)
		return -1;
	return (flags & FHCRC) != 0 ? add_header_crc(out, start, err) : 0;
}

static int read_trailer(struct assay_contents *out, struct assay_span unpacked,
                        struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);

	if (rest.len < TRAILER)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the trailer");
	if (assay_load(rest.ptr, 4, false) != assay_crc32(unpacked))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "false CRC-32");
	if (assay_load(rest.ptr + 4, 4, false) != (unpacked.len & 0xffffffff))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end + 4, "false size");
	assay_contents_fields(out, newest(out), "trailer", trailer_fields);
	return 0;
}

int assay_gzip_member(struct assay_contents *out, struct assay_sink *sink, struct assay_error *err)
{
	size_t before = sink->bytes.len;
	struct assay_span unpacked;
	struct assay_part *part;
	uint64_t used = 0;

	if (read_header(out, err) < 0)
		return -1;
	if (assay_inflate(assay_contents_rest(out), sink, &used, err) < 0)
		return -1;
	unpacked = assay_span_of(sink->bytes.ptr + before, sink->bytes.len - before);
	part = assay_contents_part(out, newest(out), ASSAY_ROLE_STREAM, "stream", used);
	part->unpacked = unpacked.len;
	return read_trailer(out, unpacked, err);
}

static int read_gzip(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = out->span.len };

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	while (assay_gzip_is(assay_contents_rest(out)))
		if (assay_gzip_member(out, &sink, err) < 0)
			return -1;
	assay_contents_stream(out, &sink);
	return 0;
}

/* What a header CRC covers changes with the values before it; nothing else does. */
void assay_gzip_recompute(const struct assay_contents *contents, uint8_t *image)
{
	uint64_t start = 0;

	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint32_t crc;

		if (strcmp(part->what, "header") == 0)
			start = part->offset;
		if (strcmp(part->what, "header CRC") != 0)
			continue;
		crc = assay_crc32(assay_span_of(image + start, part->offset - start));
		image[part->offset] = (uint8_t)crc;
		image[part->offset + 1] = (uint8_t)(crc >> 8);
	}
}

const struct assay_reader assay_reader_gzip = {
	.name = "gzip",
	.stream_rule = "gzip/stream@1",
	.probe = assay_gzip_is,
	.read = read_gzip,
	.recompute = assay_gzip_recompute,
};
