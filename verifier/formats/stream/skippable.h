/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Skippable frames, which Zstandard and lz4 files may have anywhere: they carry anything, so they
 * must be equal.
 *
 * Layer:  formats; for readers only.
 * Source: RFC 8878, 3.1.2; LZ4 Frame Format Description 1.6.2, "Skippable Frames".
 */
#ifndef ASSAY_FORMATS_STREAM_SKIPPABLE_H
#define ASSAY_FORMATS_STREAM_SKIPPABLE_H

#include "formats/contents.h"

/** The magic number of four bytes, little-endian; 0 when there are fewer. */
uint32_t assay_magic_of(struct assay_span span);

/** Append the frame that is next, and what it unpacks to. */
typedef int assay_read_frame(struct assay_contents *out, struct assay_sink *sink,
                             struct assay_error *err);

/** Read a file of frames, skippable ones among them. Errors: as struct assay_reader's read */
ASSAY_CHECKED int assay_frames_read(struct assay_budget *budget, struct assay_contents *out,
                                    bool (*is_frame)(struct assay_span span),
                                    assay_read_frame *read_frame, struct assay_error *err);

#endif
