/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xz files: streams and the padding between them.
 *
 * liblzma checks the inside of a stream without leaving anything out: block headers and their
 * padding, the index against the blocks, the footer against the header, all checksums.
 *
 * Source: The .xz File Format 1.1.0: 2.1.1 stream header, 2.1.2 stream footer, 2.2 padding.
 */
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/stream/lzma_stream.h"

#define MAGIC                                                                                      \
	"\xfd"                                                                                     \
	"7zXZ\0"
#define MAGIC_LEN 6
#define HEADER 12
#define FOOTER 12
#define PADDING 4 /* stream padding comes in units of four zeros */

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, MAGIC_LEN);
}

static int unpack_stream(struct assay_span in, struct assay_sink *sink, uint64_t *used,
                         struct assay_error *err)
{
	lzma_stream lzma = LZMA_STREAM_INIT;

	if (lzma_stream_decoder(&lzma, ASSAY_LZMA_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
		return assay_fail(err, ASSAY_E_SYSTEM, "liblzma cannot start");
	return assay_lzma_run(&lzma, in, sink, used, err);
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
