/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lz4 files: frames, skippable frames, and the legacy form that kernels are packed with.
 *
 * Source: LZ4 Frame Format Description 1.6.2: general structure, skippable frames, legacy frame.
 */
#include <lz4.h>
#include <lz4frame.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/readers.h"
#include "formats/stream/skippable.h"

#define MAGIC 0x184d2204u
#define LEGACY 0x184c2102u
#define LEGACY_BLOCK ((size_t)8 << 20)
#define LZ4_RATIO 256 /* no byte of input makes more than 255 of output */
#define LEGACY_PACKED_MAX ((uint64_t)LZ4_COMPRESSBOUND(8 << 20))

static bool is_frame(struct assay_span span)
{
	return assay_magic_of(span) == MAGIC || assay_magic_of(span) == LEGACY;
}

static int run_decoder(LZ4F_dctx *lz4, struct assay_span in, struct assay_sink *sink,
                       uint64_t *used, struct assay_error *err)
{
	size_t hint = 1; /* 0 at the end of a frame */

	while (hint != 0) {
		struct assay_bytes room;
		size_t taken = in.len - *used;

		if (assay_sink_room(sink, &room, err) < 0)
			return -1;
		hint = LZ4F_decompress(lz4, room.ptr, &room.len, in.ptr + *used, &taken, NULL);
		if (LZ4F_isError(hint))
			return assay_fail(err, ASSAY_E_FORMAT, "%s", LZ4F_getErrorName(hint));
		*used += taken;
		assay_sink_wrote(sink, room.len);
		if (hint != 0 && taken == 0 && room.len == 0)
			return assay_fail(err, ASSAY_E_FORMAT, "cut short in a frame");
	}
	return 0;
}

static int unpack_frame(struct assay_span in, struct assay_sink *sink, uint64_t *used,
                        struct assay_error *err)
{
	LZ4F_dctx *lz4 = NULL;
	int result;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION)))
		return assay_fail(err, ASSAY_E_SYSTEM, "liblz4 cannot start");
	result = run_decoder(lz4, in, sink, used, err);
	(void)LZ4F_freeDecompressionContext(lz4);
	return result;
}

/* One block of the legacy form: its packed size, then 8 MiB packed, or less in the last one. */
static int unpack_block(struct assay_span packed, struct assay_sink *sink, size_t *size,
                        struct assay_error *err)
{
	size_t most = packed.len * LZ4_RATIO < LEGACY_BLOCK ? packed.len * LZ4_RATIO : LEGACY_BLOCK;
	ASSAY_AUTO_BYTES struct assay_bytes block = { assay_calloc(most, 1), most };
	int got = LZ4_decompress_safe((const char *)packed.ptr, (char *)block.ptr, (int)packed.len,
	                              (int)block.len);

	if (got < 0)
		return assay_fail(err, ASSAY_E_FORMAT, "damaged block");
	*size = (size_t)got;
	return assay_sink_add(sink, assay_span_of(block.ptr, *size), err);
}

/*
 * The legacy form has no end: it goes on until the file does, or something follows that cannot be
 * the size of a block.
 */
static int unpack_legacy(struct assay_span in, struct assay_sink *sink, uint64_t *used,
                         struct assay_error *err)
{
	size_t size = LEGACY_BLOCK;

	*used = 4;
	while (in.len - *used >= 4 && size == LEGACY_BLOCK) {
		uint64_t packed = assay_load(in.ptr + *used, 4, false);

		if (packed == 0 || packed > LEGACY_PACKED_MAX)
			break;
		if (packed > in.len - *used - 4)
			return assay_fail(err, ASSAY_E_FORMAT, "cut short in a block");
		if (unpack_block(assay_span_sub(in, *used + 4, packed), sink, &size, err) < 0)
			return -1;
		*used += 4 + packed;
	}
	return 0;
}

static int read_frame(struct assay_contents *out, struct assay_sink *sink, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);
	bool legacy = assay_magic_of(rest) == LEGACY;
	size_t before = sink->bytes.len;
	struct assay_part *part;
	uint64_t used = 0;

	if ((legacy ? unpack_legacy : unpack_frame)(rest, sink, &used, err) < 0)
		return -1;
	part = assay_contents_part(out, 0, ASSAY_ROLE_STREAM, legacy ? "legacy frame" : "frame",
	                           used);
	part->unpacked = sink->bytes.len - before;
	return 0;
}

static int read_lz4(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	return assay_frames_read(budget, out, is_frame, read_frame, err);
}

const struct assay_reader assay_reader_lz4 = {
	.name = "lz4",
	.stream_rule = "lz4/stream@1",
	.probe = is_frame,
	.read = read_lz4,
};
