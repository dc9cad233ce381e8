/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Raw deflate streams, as gzip files and zip archives have them.
 *
 * Layer:  formats; for readers only.
 * Source: RFC 1951, through zlib.
 */
#ifndef ASSAY_FORMATS_STREAM_DEFLATE_H
#define ASSAY_FORMATS_STREAM_DEFLATE_H

#include "formats/sink.h"

/**
 * Unpack the stream that a span starts with.
 *
 * Out:    *used, bytes of in that the stream takes
 * Errors: ASSAY_E_FORMAT  damaged or cut short
 *         ASSAY_E_LIMIT   as assay_sink_room
 */
ASSAY_CHECKED int assay_inflate(struct assay_span in, struct assay_sink *sink, uint64_t *used,
                                struct assay_error *err);

/** Unpack as much of a raw stream as fits, to look at. Return: bytes in out */
size_t assay_inflate_start(struct assay_span in, uint8_t *out, size_t size);

/** Adler-32 as zlib and lzop have it. */
uint32_t assay_adler32(struct assay_span bytes);

/** CRC-32 as gzip and zip have it. */
uint32_t assay_crc32(struct assay_span bytes);

/** The same going on from the CRC-32 of the bytes before; of none it is 0. */
uint32_t assay_crc32_more(uint32_t crc, struct assay_span bytes);

#endif
