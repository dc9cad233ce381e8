/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compressed blocks of file systems and images: one run of packed bytes that unpacks to a size
 * that is known beforehand, or at least bounded.
 *
 * What a block holds behind the end of its compressed data would be in memory and in no file, so
 * every byte of it must be used.
 *
 * Layer:  formats; for readers only.
 * Source: RFC 1950 (zlib); LZMA SDK, lzma.txt (the 13-byte header); The .xz File Format 1.1.0;
 *         LZ4 Block Format Description; RFC 8878 (zstd); lzo/lzo1x.h.
 */
#ifndef ASSAY_FORMATS_STREAM_CODEC_H
#define ASSAY_FORMATS_STREAM_CODEC_H

#include "formats/sink.h"

enum assay_codec {
	ASSAY_CODEC_STORED,
	ASSAY_CODEC_ZLIB,
	ASSAY_CODEC_DEFLATE, /* without the zlib header: RFC 1951 */
	ASSAY_CODEC_LZMA,
	ASSAY_CODEC_LZO,
	ASSAY_CODEC_XZ,
	ASSAY_CODEC_LZ4,
	ASSAY_CODEC_ZSTD,
};

/** "zstd"; NULL for a number that is none of the above. */
const char *assay_codec_name(enum assay_codec codec);

/**
 * Unpack one block.
 *
 * In:     most, bytes that it may unpack to; at most ASSAY_CODEC_BLOCK_MAX
 * Errors: ASSAY_E_FORMAT  damaged, unpacks to more, or bytes behind its end
 *         ASSAY_E_LIMIT   a limit of the budget was reached
 */
ASSAY_CHECKED int assay_codec_unpack(enum assay_codec codec, struct assay_span packed,
                                     uint64_t most, struct assay_sink *sink,
                                     struct assay_error *err);

#define ASSAY_CODEC_BLOCK_MAX (UINT64_C(64) << 20)

#endif
