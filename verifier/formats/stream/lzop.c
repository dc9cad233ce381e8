/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lzop files, as kernels and boot loaders take them.
 *
 * A block is one part: its unpacked size is compared with the other side's, and its packed size and
 * checksums, which must be true, follow from content and packing.
 *
 * Source: lzop 1.04, src/lzop.c (read_header, x_file) and conf.h (flags); all numbers big-endian;
 *         Linux lib/decompress_unlzo.c.
 * Limits: filters, extra fields, parts of a set and methods other than LZO1X are refused.
 */
#include "base/cursor.h"
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/stream/codec.h"
#include "formats/stream/deflate.h"

#define MAGIC "\x89LZO\0\r\n\x1a\n"
#define MAGIC_LEN 9
#define VERSION_MIN 0x0940    /* the first whose header has a level */
#define BLOCK_MAX (64u << 20) /* lzop.c: MAX_BLOCK_SIZE */
#define UNPACKED_ADLER 0x00000001u
#define PACKED_ADLER 0x00000002u
#define UNPACKED_CRC 0x00000100u
#define PACKED_CRC 0x00000200u
#define HEADER_CRC 0x00001000u
/* From standard input, to standard output, default name, MS-DOS, a difference to GMT, a path;
 * operating system and character set. The others change how a file is read, or do not exist. */
#define HARMLESS 0xfff020bcu

#define LEVEL_MAX 9
#define METHOD_MAX 3 /* LZO1X-1, LZO1X-1(15), LZO1X-999 */

#define TIMESTAMPS "lzop/timestamps@1"

/* A header up to the name, by whether method and level are ones that there are. */
#define FIELDS(packing)                                                                            \
	{                                                                                          \
		{ "magic", 0, 9, ASSAY_ROLE_FIXED }, { "version", 9, 2, ASSAY_ROLE_FIXED },        \
			{ "library version", 11, 2, ASSAY_ROLE_FIXED },                            \
			{ "version needed", 13, 2, ASSAY_ROLE_FIXED },                             \
			{ "method", 15, 1, packing }, { "level", 16, 1, packing },                 \
			{ "flags", 17, 4, ASSAY_ROLE_FIXED }, { "mode", 21, 4, ASSAY_ROLE_FIXED }, \
			{ "mtime", 25, 4, ASSAY_ROLE_OPAQUE, TIMESTAMPS },                         \
			{ "high half of mtime", 29, 4, ASSAY_ROLE_FIXED },                         \
			{ "name length", 33, 1, ASSAY_ROLE_FIXED }, { 0 },                         \
	}
static const struct assay_field fields[2][12] = { FIELDS(ASSAY_ROLE_FIXED),
	                                          FIELDS(ASSAY_ROLE_PACKING) };
#define METHOD_AT 15
#define LEVEL_AT 16
#define FLAGS_AT 17
#define NAME_LEN_AT 33
#define HEADER 34 /* bytes up to the name */

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, MAGIC_LEN);
}

/* Of all between the magic and the checksum itself. */
static uint32_t header_sum(struct assay_span header, uint32_t flags)
{
	struct assay_span bytes = assay_span_sub(header, MAGIC_LEN, header.len);

	return (flags & HEADER_CRC) != 0 ? assay_crc32(bytes) : assay_adler32(bytes);
}

static int read_header(struct assay_contents *out, uint32_t *flags, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out), header;
	const uint8_t *bytes = rest.ptr;
	size_t name;

	if (rest.len < HEADER)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the header");
	name = bytes[NAME_LEN_AT];
	header = assay_span_sub(rest, 0, HEADER + name);
	if (rest.len < header.len + 4)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the header");
	*flags = (uint32_t)assay_load(bytes + FLAGS_AT, 4, true);
	if (assay_load(bytes + MAGIC_LEN, 2, true) < VERSION_MIN || bytes[METHOD_AT] == 0 ||
	    bytes[METHOD_AT] > METHOD_MAX ||
	    (*flags & ~(HARMLESS | UNPACKED_ADLER | PACKED_ADLER | UNPACKED_CRC | PACKED_CRC |
	                HEADER_CRC)) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end,
		                     "a version, method or flag that is not known");
	if (assay_load(bytes + header.len, 4, true) != header_sum(header, *flags))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "false checksum of the header");
	assay_contents_fields(out, 0, "header", fields[bytes[LEVEL_AT] <= LEVEL_MAX]);
	if (name > 0)
		(void)assay_contents_part(out, 0, ASSAY_ROLE_FIXED, "file name", name);
	(void)assay_contents_part(out, 0, ASSAY_ROLE_CHECK, "header checksum", 4);
	return 0;
}

/* A block's numbers, in their order. */
struct block {
	uint32_t unpacked, packed;
	uint32_t unpacked_adler, unpacked_crc, packed_adler, packed_crc;
	struct assay_span data;
};

static int take_if(struct assay_cursor *cur, bool there, uint32_t *out, struct assay_error *err)
{
	return there ? assay_cursor_u32(cur, out, err) : 0;
}

/* In: cur, behind the unpacked size */
static int take_block(struct assay_cursor *cur, uint32_t flags, struct block *out,
                      struct assay_error *err)
{
	bool stored;

	if (assay_cursor_u32(cur, &out->packed, err) < 0)
		return -1;
	if (out->unpacked > BLOCK_MAX || out->packed == 0 || out->packed > out->unpacked)
		return assay_fail(err, ASSAY_E_FORMAT, "a block of sizes that cannot be");
	stored = out->packed == out->unpacked;
	if (take_if(cur, (flags & UNPACKED_ADLER) != 0, &out->unpacked_adler, err) < 0 ||
	    take_if(cur, (flags & UNPACKED_CRC) != 0, &out->unpacked_crc, err) < 0 ||
	    take_if(cur, (flags & PACKED_ADLER) != 0 && !stored, &out->packed_adler, err) < 0 ||
	    take_if(cur, (flags & PACKED_CRC) != 0 && !stored, &out->packed_crc, err) < 0)
		return -1;
	return assay_cursor_take(cur, out->packed, &out->data, err);
}

static int check_sums(const struct block *block, uint32_t flags, struct assay_span unpacked,
                      struct assay_error *err)
{
	bool stored = block->packed == block->unpacked;

	if (((flags & UNPACKED_ADLER) != 0 && block->unpacked_adler != assay_adler32(unpacked)) ||
	    ((flags & UNPACKED_CRC) != 0 && block->unpacked_crc != assay_crc32(unpacked)) ||
	    ((flags & PACKED_ADLER) != 0 && !stored &&
	     block->packed_adler != assay_adler32(block->data)) ||
	    ((flags & PACKED_CRC) != 0 && !stored && block->packed_crc != assay_crc32(block->data)))
		return assay_fail(err, ASSAY_E_FORMAT, "false checksum of a block");
	return 0;
}

static int unpack_block(const struct block *block, struct assay_sink *sink, struct assay_error *err)
{
	if (block->packed == block->unpacked)
		return assay_sink_add(sink, block->data, err);
	return assay_codec_unpack(ASSAY_CODEC_LZO, block->data, block->unpacked, sink, err);
}

/* Return: 1, 0 behind the last block, -1 */
static int read_block(struct assay_contents *out, uint32_t flags, struct assay_sink *sink,
                      struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(assay_contents_rest(out), true);
	size_t before = sink->bytes.len;
	struct block block = { 0 };
	struct assay_part *part;

	if (assay_cursor_u32(&cur, &block.unpacked, err) < 0)
		return -1;
	if (block.unpacked == 0) {
		(void)assay_contents_part(out, 0, ASSAY_ROLE_FIXED, "end of blocks", 4);
		return 0;
	}
	if (take_block(&cur, flags, &block, err) < 0 || unpack_block(&block, sink, err) < 0)
		return -1;
	if (sink->bytes.len - before != block.unpacked)
		return assay_fail(err, ASSAY_E_FORMAT, "a block that unpacks to another size");
	if (check_sums(&block, flags,
	               assay_span_of(sink->bytes.ptr + before, sink->bytes.len - before), err) < 0)
		return -1;
	part = assay_contents_part(out, 0, ASSAY_ROLE_STREAM, "block", cur.pos);
	part->content = before;
	part->unpacked = block.unpacked;
	return 1;
}

static int read_lzop(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = out->span.len };

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	while (probe(assay_contents_rest(out))) {
		uint32_t flags = 0;
		int got = read_header(out, &flags, err) < 0 ? -1 : 1;

		while (got > 0)
			got = read_block(out, flags, &sink, err);
		if (got < 0)
			return -1;
	}
	assay_contents_stream(out, &sink);
	return 0;
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	uint64_t start = 0;

	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint32_t flags;

		if (strcmp(part->what, "header") == 0)
			start = part->offset;
		if (strcmp(part->what, "header checksum") != 0)
			continue;
		flags = (uint32_t)assay_load(image + start + FLAGS_AT, 4, true);
		assay_store(image + part->offset, 4, true,
		            header_sum(assay_span_of(image + start, part->offset - start), flags));
	}
}

const struct assay_reader assay_reader_lzop = {
	.name = "lzop",
	.stream_rule = "lzop/stream@1",
	.probe = probe,
	.read = read_lzop,
	.recompute = recompute,
};
