/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A comparison or an inspection as bytes, from one process of ours to another. The reader takes them for hostile
 * input: the process that wrote them had read delivered files.
 *
 * Layer:  model.
 * Format: numbers are eight bytes, little-endian; text and bytes are a length and what it counts;
 *         lists are a count and their items. Both ends are the same program, so nothing is
 *         versioned.
 * Limits: see wire.c.
 */
#ifndef ASSAY_MODEL_WIRE_H
#define ASSAY_MODEL_WIRE_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/strings.h"
#include "model/comparison.h"
#include "model/inspection.h"

#define ASSAY_WIRE_NUMBER 8 /* bytes */

void assay_wire_number(struct assay_buffer *out, uint64_t number);

/** Write another number over one that was written at offset at. */
void assay_wire_set(struct assay_buffer *out, size_t at, uint64_t number);

/** text may be NULL. */
void assay_wire_text(struct assay_buffer *out, const char *text);
void assay_wire_bytes(struct assay_buffer *out, struct assay_span bytes);

/** Read what the three above wrote. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int assay_wire_get_number(struct assay_cursor *cur, uint64_t *out,
                                        struct assay_error *err);

/** A number that is less than limit: an enum. */
ASSAY_CHECKED int assay_wire_get_below(struct assay_cursor *cur, uint64_t limit, unsigned *out,
                                       struct assay_error *err);

/** The count of a list whose items have at least one number each. */
ASSAY_CHECKED int assay_wire_get_count(struct assay_cursor *cur, uint64_t *out,
                                       struct assay_error *err);

/** Owned by the caller, without a NUL inside. Out: *out may be NULL only where maybe_null is set */
ASSAY_CHECKED int assay_wire_get_text(struct assay_cursor *cur, bool maybe_null, char **out,
                                      struct assay_error *err);
ASSAY_CHECKED int assay_wire_get_bytes(struct assay_cursor *cur, uint64_t max,
                                       struct assay_bytes *out, struct assay_error *err);

/** A short printable text that is static in the writer: kept in names, borrowed; may be NULL. */
ASSAY_CHECKED int assay_wire_get_name(struct assay_cursor *cur, struct assay_strings *names,
                                      const char **out, struct assay_error *err);

void assay_wire_write(const struct assay_comparison *comparison, struct assay_buffer *out);

/**
 * Read a comparison. Its ledgers are checked, its tiers are the worst of what it says and of what
 * follows from its ledgers and findings.
 *
 * Out:    *out, to be freed in any case
 * Errors: ASSAY_E_FORMAT  not what assay_wire_write writes
 */
ASSAY_CHECKED int assay_wire_read(struct assay_span span, struct assay_comparison *out,
                                  struct assay_error *err);

void assay_wire_write_inspection(const struct assay_inspection *inspection,
                                 struct assay_buffer *out);

/** The same for an inspection; its ranges are checked. */
ASSAY_CHECKED int assay_wire_read_inspection(struct assay_span span, struct assay_inspection *out,
                                             struct assay_error *err);

#endif
