/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zstandard files: frames, and skippable frames, which carry anything and so must be equal.
 *
 * Source: RFC 8878: 3.1.1 frames, 3.1.2 skippable frames.
 */
#include <zstd.h>

#include "formats/readers.h"
#include "formats/stream/skippable.h"

#define MAGIC 0xfd2fb528u
#define WINDOW_LOG 27 /* 128 MiB, the largest that zstd -d takes without being told */

static bool probe(struct assay_span span)
{
	return assay_magic_of(span) == MAGIC;
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

static int read_zstd(struct assay_budget *budget, struct assay_contents *out,
                     struct assay_error *err)
{
	return assay_frames_read(budget, out, probe, read_frame, err);
}

const struct assay_reader assay_reader_zstd = {
	.name = "zstd",
	.stream_rule = "zstd/stream@1",
	.probe = probe,
	.read = read_zstd,
};
