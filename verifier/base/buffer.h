/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A buffer that grows: for text and bytes that we write.
 *
 * Layer: base. Ends the program when there is no memory (see memory.h).
 */
#ifndef ASSAY_BASE_BUFFER_H
#define ASSAY_BASE_BUFFER_H

#include "base/span.h"

/** Zero-initialise. ptr, when not NULL, has a NUL behind its len bytes. Owned. */
struct assay_buffer {
	char *ptr;
	size_t len; /* bytes in use */
	size_t cap;
};

void assay_buffer_fini(struct assay_buffer *buf);
#define ASSAY_AUTO_BUFFER ASSAY_AUTO(assay_buffer_fini)

void assay_buffer_add(struct assay_buffer *buf, const void *ptr, size_t len);
void assay_buffer_add_str(struct assay_buffer *buf, const char *s);
void assay_buffer_printf(struct assay_buffer *buf, const char *fmt, ...) ASSAY_PRINTF(2, 3);

/** Append two lower-case hexadecimal digits for each byte. */
void assay_buffer_add_hex(struct assay_buffer *buf, struct assay_span bytes);

/** The text so far; never NULL. Borrowed until the buffer changes. */
const char *assay_buffer_str(const struct assay_buffer *buf);

static inline struct assay_span assay_buffer_span(const struct assay_buffer *buf)
{
	return assay_span_of(buf->ptr, buf->len);
}

/** Hand the bytes over; the buffer is empty afterwards. */
struct assay_bytes assay_buffer_steal(struct assay_buffer *buf);

#endif
