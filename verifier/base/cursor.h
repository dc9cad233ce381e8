/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only way to read input: a position in a span that cannot leave it.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_CURSOR_H
#define ASSAY_BASE_CURSOR_H

#include "base/error.h"
#include "base/span.h"

struct assay_cursor {
	struct assay_span span;
	size_t pos;      /* bytes from the start of span; never past span.len */
	bool big_endian; /* how get_u16, get_u32 and get_u64 read */
};

static inline struct assay_cursor assay_cursor_at(struct assay_span span, bool big_endian)
{
	return (struct assay_cursor){ .span = span, .big_endian = big_endian };
}

static inline size_t assay_cursor_left(const struct assay_cursor *cur)
{
	return cur->span.len - cur->pos;
}

/**
 * Move to an absolute offset in bytes.
 *
 * Errors: ASSAY_E_FORMAT  offset is past the end
 */
ASSAY_CHECKED int assay_cursor_seek(struct assay_cursor *cur, uint64_t offset,
                                    struct assay_error *err);

/**
 * Take the next len bytes as a span into the input.
 *
 * Errors: ASSAY_E_FORMAT  fewer than len bytes are left; the cursor has not moved
 */
ASSAY_CHECKED int assay_cursor_take(struct assay_cursor *cur, uint64_t len, struct assay_span *out,
                                    struct assay_error *err);

/** Read one number in the cursor's byte order. Errors: as assay_cursor_take. */
ASSAY_CHECKED int assay_cursor_u8(struct assay_cursor *cur, uint8_t *out, struct assay_error *err);
ASSAY_CHECKED int assay_cursor_u16(struct assay_cursor *cur, uint16_t *out,
                                   struct assay_error *err);
ASSAY_CHECKED int assay_cursor_u32(struct assay_cursor *cur, uint32_t *out,
                                   struct assay_error *err);
ASSAY_CHECKED int assay_cursor_u64(struct assay_cursor *cur, uint64_t *out,
                                   struct assay_error *err);

/** The number in the first bytes of a span that is known to be long enough (1, 2, 4 or 8). */
uint64_t assay_load(const uint8_t *ptr, size_t width, bool big_endian);

/** Write a number over bytes that are known to be there: what assay_load reads back. */
void assay_store(uint8_t *ptr, size_t width, bool big_endian, uint64_t value);

#endif
