/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The content of an entry, put together when somebody wants it.
 *
 * Layer: formats.
 */
#ifndef ASSAY_FORMATS_CONTENT_H
#define ASSAY_FORMATS_CONTENT_H

#include "formats/reader.h"

/** Zero-initialise; free with assay_content_fini. */
struct assay_content {
	struct assay_span span;   /* of the container, or of owned */
	struct assay_bytes owned; /* empty when the span is borrowed */
};

/**
 * Put together the content of an entry. The contents are changed (they keep the last block), so
 * one thread at a time may ask.
 *
 * Errors: ASSAY_E_FORMAT  a piece cannot be unpacked, or the entry is unreadable
 *         ASSAY_E_LIMIT   a limit of the budget was reached
 */
ASSAY_CHECKED int assay_content_open(struct assay_contents *contents, size_t entry,
                                     struct assay_budget *budget, struct assay_content *out,
                                     struct assay_error *err);

static inline void assay_content_fini(struct assay_content *content)
{
	assay_bytes_fini(&content->owned);
	content->span = (struct assay_span){ 0 };
}
#define ASSAY_AUTO_CONTENT ASSAY_AUTO(assay_content_fini)

/**
 * Whether two entries must have equal contents because the bytes that make them are equal, piece
 * by piece. Looks at nothing but bytes, and unpacks none. False says nothing.
 */
bool assay_content_same(const struct assay_contents *a, size_t entry_a,
                        const struct assay_contents *b, size_t entry_b);

#endif
