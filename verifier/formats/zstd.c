/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zstandard files: frames, and skippable frames, which carry anything and so must be equal.
 *
 * Source: RFC 8878: 3.1.1 frames, 3.1.2 skippable frames.
 */
#include <zstd.h>

#include "base/cursor.h"
#include "formats/contents.h"

#define MAGIC 0xfd2fb528u
#define SKIPPABLE 0x184d2a50u /* to …5f */
#define WINDOW_LOG 27         /* 128 MiB, the largest that zstd -d takes without being told */

static uint32_t magic_of(struct assay_span span)
{
	return span.len >= 4 ? (uint32_t)assay_load(span.ptr, 4, false) : 0;
}

static bool is_skippable(struct assay_span span)
{
	return (magic_of(span) & 0xfffffff0u) == SKIPPABLE;
}

static bool probe(struct assay_span span)
{
	return magic_of(span) == MAGIC;
}

static int run_decoder(ZSTD_DStream *zstd, ZSTD_inBuffer *in, struct assay_sink *sink,
                       struct assay_error *err)
{
	size_t hint = 1; /* 0 at the end of a frame */

	while (hint != 0) {
		ZSTD_outBuffer buffer = { 0 };
		struct assay_bytes room;
		size_t before = in->pos;

		if (assay_sink_room(sink, &room, err) < 0)
			return -1;
		buffer.dst = room.ptr;
		buffer.size = room.len;
		hint = ZSTD_decompressStream(zstd, &buffer, in);
		if (ZSTD_isError(hint))
			return assay_fail(err, ASSAY_E_FORMAT, "%s", ZSTD_getErrorName(hint));
		assay_sink_wrote(sink, buffer.pos);
		if (hint != 0 && buffer.pos == 0 && in->pos == before)
			return assay_fail(err, ASSAY_E_FORMAT, "cut short in a frame");
	}
	return 0;
}

static int read_frame(struct assay_contents *out, struct assay_sink *sink, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);
	ZSTD_inBuffer in = { rest.ptr, rest.len, 0 };
	size_t before = sink->bytes.len;
	ZSTD_DStream *zstd = ZSTD_createDStream();
	struct assay_part *part;
	int result;

	if (zstd == NULL)
		return assay_fail(err, ASSAY_E_SYSTEM, "zstd cannot start");
	(void)ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, WINDOW_LOG);
	result = run_decoder(zstd, &in, sink, err);
	(void)ZSTD_freeDStream(zstd);
	if (result < 0)
		return -1;
	part = assay_contents_part(out, 0, ASSAY_ROLE_STREAM, "frame", in.pos);
	part->unpacked = sink->bytes.len - before;
	return 0;
}

static int read_skippable(struct assay_contents *out, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);

	if (rest.len < 8 || assay_load(rest.ptr + 4, 4, false) > rest.len - 8)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in a frame");
	(void)assay_contents_part(out, 0, ASSAY_ROLE_FIXED, "skippable frame",
	                          8 + assay_load(rest.ptr + 4, 4, false));
	return 0;
}

static int read_zstd(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = out->span.len };
	int result = 0;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	while (result == 0) {
		if (probe(assay_contents_rest(out)))
			result = read_frame(out, &sink, err);
		else if (is_skippable(assay_contents_rest(out)))
			result = read_skippable(out, err);
		else
			break;
	}
	if (result == 0)
		assay_contents_stream(out, &sink);
	return result;
}

const struct assay_reader assay_reader_zstd = {
	.name = "zstd",
	.stream_rule = "zstd/stream@1",
	.probe = probe,
	.read = read_zstd,
};
