/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the formats that liblzma unpacks have in common.
 *
 * Layer: formats; for readers only.
 */
#ifndef ASSAY_FORMATS_STREAM_LZMA_STREAM_H
#define ASSAY_FORMATS_STREAM_LZMA_STREAM_H

#include <lzma.h>

#include "formats/sink.h"

#define ASSAY_LZMA_MEMORY ((uint64_t)512 << 20) /* bytes for a decoder: xz -9 wants 65 MiB */

/**
 * Run a decoder that was made over the stream that a span starts with, and end it.
 *
 * Out:    *used, bytes of in that the stream takes
 * Errors: ASSAY_E_FORMAT  damaged or cut short
 *         ASSAY_E_LIMIT   as assay_sink_room, and what it wants of memory
 */
ASSAY_CHECKED int assay_lzma_run(lzma_stream *lzma, struct assay_span in, struct assay_sink *sink,
                                 uint64_t *used, struct assay_error *err);

#endif
