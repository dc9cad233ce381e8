/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A span is a borrowed run of bytes; bytes are an owned one.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_SPAN_H
#define ASSAY_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

/** Borrowed; lives as long as what it points into. ptr may be NULL when len is 0. */
struct assay_span {
	const uint8_t *ptr;
	size_t len; /* bytes */
};

struct assay_spool;

/** Owned; free with assay_bytes_fini or ASSAY_AUTO_BYTES. */
struct assay_bytes {
	uint8_t *ptr;
	size_t len;                /* bytes */
	struct assay_spool *spool; /* where they lie; NULL: on the heap */
};

void assay_bytes_fini(struct assay_bytes *bytes);

#define ASSAY_AUTO_BYTES ASSAY_AUTO(assay_bytes_fini)

static inline struct assay_span assay_span_of(const void *ptr, size_t len)
{
	return (struct assay_span){ ptr, len };
}

static inline struct assay_span assay_span_of_str(const char *s)
{
	return assay_span_of(s, strlen(s));
}

static inline struct assay_span assay_span_of_bytes(const struct assay_bytes *bytes)
{
	return assay_span_of(bytes->ptr, bytes->len);
}

/** Whether [offset, offset + len) lies inside the span; no overflow for any values. */
static inline bool assay_span_holds(struct assay_span span, uint64_t offset, uint64_t len)
{
	return offset <= span.len && len <= span.len - offset;
}

/** The part [offset, offset + len), cut to what is there. */
static inline struct assay_span assay_span_sub(struct assay_span span, uint64_t offset,
                                               uint64_t len)
{
	if (offset >= span.len)
		return assay_span_of(NULL, 0);
	if (len > span.len - offset)
		len = span.len - offset;
	return assay_span_of(span.ptr + offset, (size_t)len);
}

static inline bool assay_span_equal(struct assay_span a, struct assay_span b)
{
	return a.len == b.len && (a.len == 0 || a.ptr == b.ptr || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** Whether the span holds exactly the string's bytes (without its NUL). */
static inline bool assay_span_is(struct assay_span span, const char *s)
{
	return assay_span_equal(span, assay_span_of_str(s));
}

static inline bool assay_span_starts(struct assay_span span, const void *prefix, size_t len)
{
	return span.len >= len && memcmp(span.ptr, prefix, len) == 0;
}

/** Take the next line off the front of a text, without its end. Return: false at the end of the text */
bool assay_span_line(struct assay_span *text, struct assay_span *line);

/**
 * Read exactly two lower-case hexadecimal digits for each of so many bytes.
 *
 * Return: false for anything else; then some of out may be written
 */
bool assay_span_parse_hex(struct assay_span text, uint8_t *out, size_t len);

/** How many bytes at the start of both are equal. */
size_t assay_span_common_start(struct assay_span a, struct assay_span b);

/** How many bytes at the end of both are equal, at most max: so that a start and an end that
 *  overlap are not counted twice. */
size_t assay_span_common_end(struct assay_span a, struct assay_span b, size_t max);

/** Whether every byte has the given value (true for an empty span). */
bool assay_span_is_fill(struct assay_span span, uint8_t value);

#endif
