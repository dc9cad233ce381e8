/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members of a gzip file, for formats that are made of them.
 *
 * Layer:  formats; for readers only.
 * Source: RFC 1952.
 */
#ifndef ASSAY_FORMATS_STREAM_GZIP_H
#define ASSAY_FORMATS_STREAM_GZIP_H

#include "formats/contents.h"

/** Whether a member starts here. */
bool assay_gzip_is(struct assay_span span);

/**
 * Read the member behind the parts so far. Its parts belong to the newest entry.
 *
 * Out:    the sink has what it unpacks to behind what it had
 * Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_gzip_member(struct assay_contents *out, struct assay_sink *sink,
                                    struct assay_error *err);

/** Make the CRC of each header true in an image; recompute of struct assay_reader. */
void assay_gzip_recompute(const struct assay_contents *contents, uint8_t *image);

#endif
