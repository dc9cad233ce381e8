/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/stream/lzma_stream.h"

static const char *lzma_text(lzma_ret status)
{
	static const struct {
		lzma_ret status;
		const char *text;
	} texts[] = {
		{ LZMA_BUF_ERROR, "cut short in the stream" },
		{ LZMA_DATA_ERROR, "damaged stream" },
		{ LZMA_FORMAT_ERROR, "not an xz stream" },
		{ LZMA_OPTIONS_ERROR, "unknown options" },
		{ LZMA_UNSUPPORTED_CHECK, "unknown check" },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(texts); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "liblzma failed";
}

static int run_decoder(lzma_stream *lzma, struct assay_sink *sink, struct assay_error *err)
{
	lzma_ret status = LZMA_OK;

	while (status != LZMA_STREAM_END) {
		struct assay_bytes room;

		if (assay_sink_room(sink, &room, err) < 0)
			return -1;
		lzma->next_out = room.ptr;
		lzma->avail_out = room.len;
		/* All input is there: without output and input left it would never end. */
		status = lzma_code(lzma, lzma->avail_in == 0 ? LZMA_FINISH : LZMA_RUN);
		assay_sink_wrote(sink, room.len - lzma->avail_out);
		if (status == LZMA_MEMLIMIT_ERROR || status == LZMA_MEM_ERROR)
			return assay_fail(err, ASSAY_E_LIMIT, "wants too much memory to unpack");
		if (status != LZMA_OK && status != LZMA_STREAM_END)
			return assay_fail(err, ASSAY_E_FORMAT, "%s", lzma_text(status));
	}
	return 0;
}

int assay_lzma_run(lzma_stream *lzma, struct assay_span in, struct assay_sink *sink, uint64_t *used,
                   struct assay_error *err)
{
	int result;

	lzma->next_in = in.ptr;
	lzma->avail_in = in.len;
	result = run_decoder(lzma, sink, err);
	*used = lzma->total_in;
	lzma_end(lzma);
	return result;
}
