/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How readers put together what they found.
 *
 * Layer: formats; for readers only.
 */
#ifndef ASSAY_FORMATS_CONTENTS_H
#define ASSAY_FORMATS_CONTENTS_H

#include "formats/reader.h"
#include "formats/sink.h"

/** The bytes behind the furthest part. */
static inline struct assay_span assay_contents_rest(const struct assay_contents *contents)
{
	return assay_span_sub(contents->span, contents->end, contents->span.len);
}

/**
 * Append the next part: it begins where the one before it ended.
 *
 * In:     entry, the newest one or ASSAY_NO_ENTRY
 * Return: the part, borrowed until the next one is appended
 */
struct assay_part *assay_contents_part(struct assay_contents *contents, size_t entry,
                                       enum assay_role role, const char *what, uint64_t length);

/**
 * Append a part that stands anywhere, of any entry. Parts of one entry are compared in the order
 * in which they were appended.
 */
struct assay_part *assay_contents_part_at(struct assay_contents *contents, size_t entry,
                                          enum assay_role role, const char *what, uint64_t offset,
                                          uint64_t length);

/** Append a part with a layout, whose length is that of its fields. */
void assay_contents_fields(struct assay_contents *contents, size_t entry, const char *what,
                           const struct assay_field *fields);

/** The same anywhere. */
void assay_contents_fields_at(struct assay_contents *contents, size_t entry, const char *what,
                              const struct assay_field *fields, uint64_t offset);

/** Append bytes that should all have one value; if they do not, they are a part that must be equal. */
void assay_contents_fill(struct assay_contents *contents, size_t entry, const char *what,
                         uint64_t length, uint8_t value);

/**
 * When all other parts are there: make every gap between them a part, of role FILL where its
 * bytes are all zeros or all ones, else one that must be equal. What is behind the last of them is
 * as assay_contents_end has it.
 */
void assay_contents_gaps(struct assay_contents *contents, const char *what);

/** Append an entry without a name; its parts follow. Errors: ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_contents_entry(struct assay_contents *contents, struct assay_budget *budget,
                                       enum assay_entry_type type, struct assay_error *err);

/**
 * Set the name or the link of an entry; the text is copied.
 *
 * Errors: ASSAY_E_FORMAT  a NUL in the text
 */
ASSAY_CHECKED int assay_contents_text(struct assay_contents *contents, char **slot,
                                      struct assay_span text, struct assay_error *err);

/** Append an attribute of an entry, or of the container (ASSAY_NO_ENTRY). It is copied. */
void assay_contents_attribute(struct assay_contents *contents, size_t entry,
                              const struct assay_attribute *attribute);

/** The same for a number that must be equal. */
void assay_contents_number(struct assay_contents *contents, size_t entry, const char *key,
                           enum assay_attribute_form form, uint64_t number);

/** Append a piece to the content of the newest entry. Errors: ASSAY_E_FORMAT  past the end */
ASSAY_CHECKED int assay_contents_piece(struct assay_contents *contents,
                                       const struct assay_piece *piece, struct assay_error *err);

/** Keep unpacked bytes as long as the contents; the bytes are moved. Return: them, borrowed */
struct assay_span assay_contents_keep(struct assay_contents *contents, struct assay_bytes *bytes);

/** Say that a stored value is not what it should be. The container is read on. */
void assay_contents_false(struct assay_contents *contents, size_t entry, const char *what,
                          uint64_t offset, uint64_t length);

/** Append a claim that is true. It is copied. */
void assay_contents_claim(struct assay_contents *contents, const struct assay_claim *claim);

/** Say why the container could not be read to its end. The first reason stays. */
void assay_contents_partial(struct assay_contents *contents, const char *fmt, ...)
	ASSAY_PRINTF(2, 3);

/** Append all that is left, when there is anything, as bytes that no member has: they must be equal. */
void assay_contents_trailing(struct assay_contents *contents, size_t entry);

/**
 * Append all that is left behind the end of an image: zeros that a tool added, then ones of flash
 * that was erased. Of both there may be none, and both are parts all the same, so that each has a
 * counterpart. Anything else must be equal.
 */
void assay_contents_end(struct assay_contents *contents, const char *what);

/**
 * End a stream format: what was unpacked becomes the content of its one entry, and bytes behind
 * the last stream a part that must be equal.
 */
void assay_contents_stream(struct assay_contents *contents, struct assay_sink *sink);

/** Bring parts and attributes in their order and check that parts cover every byte once. */
ASSAY_CHECKED int assay_contents_finish(struct assay_contents *contents, struct assay_error *err);

/** The newest entry. */
static inline struct assay_entry *assay_contents_newest(struct assay_contents *contents)
{
	return &contents->entries[contents->entry_count - 1];
}

#endif
