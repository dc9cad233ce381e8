/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * .lzma files: one stream behind a header of 13 bytes, with no magic and no checksum.
 *
 * Source: xz's doc/lzma-file-format.txt: properties, size of the dictionary, size of the content.
 * Limits: headers as xz(1) takes them, so that other files are not mistaken for one.
 */
#include "base/cursor.h"
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/stream/lzma_stream.h"

#define HEADER 13
#define SIZE_AT 5
#define PROPERTIES_MAX ((4 * 5 + 4) * 9 + 8) /* (pb * 5 + lp) * 9 + lc; 1.1.1 */
#define SIZE_MAX_KNOWN ((uint64_t)256 << 30) /* xz 5.4's alone_decoder.c takes no more */
#define DICTIONARY_MIN ((uint64_t)4096)

static const struct assay_field header_fields[] = {
	{ "properties", 0, 1, ASSAY_ROLE_PACKING },
	{ "dictionary size", 1, 4, ASSAY_ROLE_PACKING },
	{ "size", SIZE_AT, 8, ASSAY_ROLE_SIZE },
	{ 0 },
};

/* 2^n or 2^n + 2^(n-1), as every known program writes it. */
static bool is_dictionary(uint64_t size)
{
	uint64_t rest = size & (size - 1); /* without the lowest bit */

	return size >= DICTIONARY_MIN && (rest == 0 || size == UINT32_MAX ||
	                                  ((rest & (rest - 1)) == 0 && rest == (size ^ rest) << 1));
}

static bool probe(struct assay_span span)
{
	uint64_t size;
	unsigned properties;

	/* The first byte of the range coder is always 0. */
	if (span.len <= HEADER || span.ptr[HEADER] != 0)
		return false;
	properties = span.ptr[0];
	size = assay_load(span.ptr + SIZE_AT, 8, false);
	return properties > 0 && properties <= PROPERTIES_MAX &&
	       properties % 9 + properties / 9 % 5 <= 4 &&
	       is_dictionary(assay_load(span.ptr + 1, 4, false)) &&
	       (size == UINT64_MAX || size < SIZE_MAX_KNOWN);
}

static int read_lzma(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = out->span.len };
	lzma_stream lzma = LZMA_STREAM_INIT;
	struct assay_part *part;
	uint64_t used = 0;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	if (lzma_alone_decoder(&lzma, ASSAY_LZMA_MEMORY) != LZMA_OK)
		return assay_fail(err, ASSAY_E_SYSTEM, "liblzma cannot start");
	if (assay_lzma_run(&lzma, out->span, &sink, &used, err) < 0)
		return -1;
	if (used < HEADER)
		return assay_fail(err, ASSAY_E_FORMAT, "a stream without a header");
	assay_contents_fields(out, 0, "header", header_fields);
	part = assay_contents_part(out, 0, ASSAY_ROLE_STREAM, "stream", used - HEADER);
	part->unpacked = sink.bytes.len;
	assay_contents_stream(out, &sink);
	return 0;
}

const struct assay_reader assay_reader_lzma = {
	.name = "lzma",
	.stream_rule = "lzma/stream@1",
	.probe = probe,
	.read = read_lzma,
};
