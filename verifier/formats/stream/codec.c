/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/stream/codec.h"

#include <inttypes.h>
#include <lz4.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <zlib.h>
#include <zstd.h>

#include "base/memory.h"

#define XZ_MEMORY ((uint64_t)128 << 20) /* bytes for the decoder: blocks have small dictionaries */

/* A block at work. */
struct block {
	struct assay_span packed;
	uint8_t *out;
	size_t cap; /* bytes of out */
	size_t got; /* bytes written there */
};

/* Each unpacker returns NULL, or what is wrong. */
typedef const char *unpacker(struct block *block);

static const char *unpack_stored(struct block *block)
{
	if (block->packed.len > block->cap)
		return "holds too much";
	if (block->packed.len > 0)
		memcpy(block->out, block->packed.ptr, block->packed.len);
	block->got = block->packed.len;
	return NULL;
}

static const char *inflate_block(struct block *block, int window)
{
	z_stream z = { 0 };
	bool whole;
	int status;

	if (block->packed.len > UINT_MAX || block->cap > UINT_MAX)
		return "too large";
	if (inflateInit2(&z, window) != Z_OK)
		return "zlib cannot start";
	z.next_in = (Bytef *)(uintptr_t)block->packed.ptr;
	z.avail_in = (uInt)block->packed.len;
	z.next_out = block->out;
	z.avail_out = (uInt)block->cap;
	status = inflate(&z, Z_FINISH);
	block->got = block->cap - z.avail_out;
	whole = z.avail_in == 0;
	(void)inflateEnd(&z);
	if (status != Z_STREAM_END)
		return "damaged";
	return whole ? NULL : "bytes behind its end";
}

static const char *unpack_zlib(struct block *block)
{
	return inflate_block(block, MAX_WBITS);
}

static const char *unpack_deflate(struct block *block)
{
	return inflate_block(block, -MAX_WBITS);
}

/* Run a decoder of liblzma that was started, and end it. */
static const char *run_lzma(struct block *block, lzma_stream *lzma)
{
	lzma_ret status;
	bool whole;

	lzma->next_in = block->packed.ptr;
	lzma->avail_in = block->packed.len;
	lzma->next_out = block->out;
	lzma->avail_out = block->cap;
	status = lzma_code(lzma, LZMA_FINISH);
	block->got = block->cap - lzma->avail_out;
	whole = lzma->avail_in == 0;
	lzma_end(lzma);
	if (status == LZMA_MEMLIMIT_ERROR || status == LZMA_MEM_ERROR)
		return "wants too much memory to unpack";
	if (status != LZMA_STREAM_END)
		return "damaged";
	return whole ? NULL : "bytes behind its end";
}

static const char *unpack_lzma(struct block *block)
{
	lzma_stream lzma = LZMA_STREAM_INIT;

	if (lzma_alone_decoder(&lzma, XZ_MEMORY) != LZMA_OK)
		return "liblzma cannot start";
	return run_lzma(block, &lzma);
}

static const char *unpack_xz(struct block *block)
{
	lzma_stream lzma = LZMA_STREAM_INIT;

	if (lzma_stream_decoder(&lzma, XZ_MEMORY, LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
		return "liblzma cannot start";
	return run_lzma(block, &lzma);
}

static const char *unpack_lzo(struct block *block)
{
	lzo_uint got = block->cap;

	/* It fails when input is left over (LZO_E_INPUT_NOT_CONSUMED). */
	if (lzo1x_decompress_safe(block->packed.ptr, block->packed.len, block->out, &got, NULL) !=
	    LZO_E_OK)
		return "damaged, or bytes behind its end";
	block->got = got;
	return NULL;
}

static const char *unpack_lz4(struct block *block)
{
	int got;

	if (block->packed.len > INT_MAX || block->cap > INT_MAX)
		return "too large";
	/* The block ends with its input, so nothing can be left over. */
	got = LZ4_decompress_safe((const char *)block->packed.ptr, (char *)block->out,
	                          (int)block->packed.len, (int)block->cap);
	if (got < 0)
		return "damaged";
	block->got = (size_t)got;
	return NULL;
}

static const char *unpack_zstd(struct block *block)
{
	size_t frame = ZSTD_findFrameCompressedSize(block->packed.ptr, block->packed.len);
	size_t got;

	if (ZSTD_isError(frame))
		return "damaged";
	if (frame != block->packed.len)
		return "bytes behind its end";
	got = ZSTD_decompress(block->out, block->cap, block->packed.ptr, block->packed.len);
	if (ZSTD_isError(got))
		return "damaged";
	block->got = got;
	return NULL;
}

static const struct {
	const char *name;
	unpacker *unpack;
} codecs[] = {
	[ASSAY_CODEC_STORED] = { "stored", unpack_stored },
	[ASSAY_CODEC_ZLIB] = { "zlib", unpack_zlib },
	[ASSAY_CODEC_DEFLATE] = { "deflate", unpack_deflate },
	[ASSAY_CODEC_LZMA] = { "lzma", unpack_lzma },
	[ASSAY_CODEC_LZO] = { "lzo", unpack_lzo },
	[ASSAY_CODEC_XZ] = { "xz", unpack_xz },
	[ASSAY_CODEC_LZ4] = { "lz4", unpack_lz4 },
	[ASSAY_CODEC_ZSTD] = { "zstd", unpack_zstd },
};

const char *assay_codec_name(enum assay_codec codec)
{
	return codec < ASSAY_ARRAY_LEN(codecs) ? codecs[codec].name : NULL;
}

int assay_codec_unpack(enum assay_codec codec, struct assay_span packed, uint64_t most,
                       struct assay_sink *sink, struct assay_error *err)
{
	ASSAY_AUTO_FREE uint8_t *out = NULL;
	struct block block = { .packed = packed };
	const char *wrong;

	if (codec >= ASSAY_ARRAY_LEN(codecs) || most > ASSAY_CODEC_BLOCK_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "a block of up to %" PRIu64 " bytes", most);
	if (packed.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "an empty block");
	out = assay_calloc(most > 0 ? (size_t)most : 1, 1);
	block.out = out;
	block.cap = (size_t)most;
	wrong = codecs[codec].unpack(&block);
	if (wrong != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "%s block: %s", codecs[codec].name, wrong);
	return assay_sink_add(sink, assay_span_of(out, block.got), err);
}
