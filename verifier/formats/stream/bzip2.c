/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bzip2 files: one stream or several in a row, which every program unpacks as one.
 *
 * libbz2 checks the sums of blocks and of the stream; nothing in a stream is left out.
 *
 * Source: bzip2(1); the format as bzip2 1.0's decompress.c reads it: "BZh", a digit for the size of
 *         blocks, then a block or the end, each with a magic of six bytes.
 */
#include <bzlib.h>

#include "formats/contents.h"
#include "formats/readers.h"

#define HEADER 4
#define LEVEL_AT 3
#define BLOCK "1AY&SY"
#define END "\x17\x72\x45\x38\x50\x90"
#define MAGIC 6

static const struct assay_field header_fields[] = {
	{ "magic", 0, LEVEL_AT, ASSAY_ROLE_FIXED },
	{ "compression level", LEVEL_AT, 1, ASSAY_ROLE_PACKING },
	{ 0 },
};

static bool probe(struct assay_span span)
{
	struct assay_span block = assay_span_sub(span, HEADER, span.len);

	return assay_span_starts(span, "BZh", 3) && span.len > HEADER &&
	       span.ptr[LEVEL_AT] >= '1' && span.ptr[LEVEL_AT] <= '9' &&
	       (assay_span_starts(block, BLOCK, MAGIC) || assay_span_starts(block, END, MAGIC));
}

/* libbz2 counts in unsigned int. */
static unsigned at_most(size_t len)
{
	return len < (1u << 30) ? (unsigned)len : 1u << 30;
}

static int run_decoder(bz_stream *bz, struct assay_span in, struct assay_sink *sink, uint64_t *used,
                       struct assay_error *err)
{
	int status = BZ_OK;

	bz->next_in = (char *)(uintptr_t)in.ptr; /* read only */
	while (status != BZ_STREAM_END) {
		struct assay_bytes room;
		unsigned given = at_most(in.len - *used), space;

		if (assay_sink_room(sink, &room, err) < 0)
			return -1;
		space = at_most(room.len);
		bz->avail_in = given;
		bz->next_out = (char *)room.ptr;
		bz->avail_out = space;
		status = BZ2_bzDecompress(bz);
		*used += given - bz->avail_in;
		assay_sink_wrote(sink, space - bz->avail_out);
		if (status != BZ_OK && status != BZ_STREAM_END)
			return assay_fail(err, ASSAY_E_FORMAT, "damaged stream");
		if (status == BZ_OK && *used == in.len && bz->avail_out > 0)
			return assay_fail(err, ASSAY_E_FORMAT, "cut short in the stream");
	}
	return 0;
}

static int read_stream(struct assay_contents *out, struct assay_sink *sink, struct assay_error *err)
{
	bz_stream bz = { 0 };
	size_t before = sink->bytes.len;
	struct assay_part *part;
	uint64_t used = 0;
	int result;

	if (BZ2_bzDecompressInit(&bz, 0, 0) != BZ_OK)
		return assay_fail(err, ASSAY_E_SYSTEM, "libbz2 cannot start");
	result = run_decoder(&bz, assay_contents_rest(out), sink, &used, err);
	(void)BZ2_bzDecompressEnd(&bz);
	if (result < 0)
		return -1;
	assay_contents_fields(out, 0, "header", header_fields);
	part = assay_contents_part(out, 0, ASSAY_ROLE_STREAM, "stream", used - HEADER);
	part->unpacked = sink->bytes.len - before;
	return 0;
}

static int read_bzip2(struct assay_budget *budget, struct assay_contents *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = out->span.len };

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	while (probe(assay_contents_rest(out)))
		if (read_stream(out, &sink, err) < 0)
			return -1;
	assay_contents_stream(out, &sink);
	return 0;
}

const struct assay_reader assay_reader_bzip2 = {
	.name = "bzip2",
	.stream_rule = "bzip2/stream@1",
	.probe = probe,
	.read = read_bzip2,
};
