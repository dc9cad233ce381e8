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

/** The bytes that no part covers yet. */
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

/** Append a part with a layout, whose length is that of its fields. */
void assay_contents_fields(struct assay_contents *contents, size_t entry, const char *what,
                           const struct assay_field *fields);

/** Append bytes that should all have one value; if they do not, they are a part that must be equal. */
void assay_contents_fill(struct assay_contents *contents, size_t entry, const char *what,
                         uint64_t length, uint8_t value);

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

/** Append all that is left, when there is anything, as bytes that no member has: they must be equal. */
void assay_contents_trailing(struct assay_contents *contents, size_t entry);

/**
 * End a stream format: what was unpacked becomes the content of its one entry, and bytes behind
 * the last stream a part that must be equal.
 */
void assay_contents_stream(struct assay_contents *contents, struct assay_sink *sink);

/** The newest entry. */
static inline struct assay_entry *assay_contents_newest(struct assay_contents *contents)
{
	return &contents->entries[contents->entry_count - 1];
}

/** All readers, for readers.c. */
extern const struct assay_reader assay_reader_ar, assay_reader_gzip, assay_reader_tar,
	assay_reader_xz, assay_reader_zstd;

#endif
