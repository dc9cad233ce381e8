/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xz files: streams and the padding between them.
 *
 * liblzma checks the inside of a stream without leaving anything out: block headers and their
 * padding, the index against the blocks, the footer against the header, all checksums.
 *
 * Source: The .xz File Format 1.1.0: 2.1.1 stream header, 2.1.2 stream footer, 2.2 padding.
 */
#include <lzma.h>

#include "formats/contents.h"

#define MAGIC                                                                                      \
	"\xfd"                                                                                     \
	"7zXZ\0"
#define MAGIC_LEN 6
#define HEADER 12
#define FOOTER 12
#define PADDING 4                    /* stream padding comes in units of four zeros */
#define MEMORY ((uint64_t)512 << 20) /* bytes for the decoder: xz -9 wants 65 MiB */

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, MAGIC_LEN);
}

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

static int unpack_stream(struct assay_span in, struct assay_sink *sink, uint64_t *used,
                         struct assay_error *err)
{
	lzma_stream lzma = LZMA_STREAM_INIT;
	int result;

	if (lzma_stream_decoder(&lzma, MEMORY, LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
		return assay_fail(err, ASSAY_E_SYSTEM, "liblzma cannot start");
	lzma.next_in = in.ptr;
	lzma.avail_in = in.len;
	result = run_decoder(&lzma, sink, err);
	*used = lzma.total_in;
	lzma_end(&lzma);
	return result;
}

static int read_stream(struct assay_contents *out, struct assay_sink *sink, struct assay_error *err)
{
	size_t before = sink->bytes.len;
	struct assay_part *part;
	uint64_t used = 0;

	if (unpack_stream(assay_contents_rest(out), sink, &used, err) < 0)
		return -1;
	if (used < HEADER + FOOTER)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "a stream without an index");
	(void)assay_contents_part(out, 0, ASSAY_ROLE_PACKING, "stream header", HEADER);
	part = assay_contents_part(out, 0, ASSAY_ROLE_STREAM, "stream", used - HEADER - FOOTER);
	part->unpacked = sink->bytes.len - before;
	(void)assay_contents_part(out, 0, ASSAY_ROLE_PACKING, "stream footer", FOOTER);
	return 0;
}

/* Zeros in units of four, when there are any. */
static void read_padding(struct assay_contents *out)
{
	struct assay_span rest = assay_contents_rest(out);
	size_t len = 0;

	while (rest.len - len >= PADDING &&
	       assay_span_is_fill(assay_span_sub(rest, len, PADDING), 0))
		len += PADDING;
	assay_contents_fill(out, 0, "stream padding", len, 0);
}

static int read_xz(struct assay_budget *budget, struct assay_contents *out, struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = out->span.len };

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	while (probe(assay_contents_rest(out))) {
		if (read_stream(out, &sink, err) < 0)
			return -1;
		read_padding(out);
	}
	assay_contents_stream(out, &sink);
	return 0;
}

const struct assay_reader assay_reader_xz = {
	.name = "xz",
	.stream_rule = "xz/stream@1",
	.probe = probe,
	.read = read_xz,
};
