/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Input on its way to a person: nothing from a file reaches a terminal or a report except
 * through here.
 *
 * Layer:  base.
 * Source: RFC 3629 for UTF-8; Unicode 15, 23.2 for the bidirectional controls that can make one
 *         name look like another.
 */
#ifndef ASSAY_BASE_QUOTE_H
#define ASSAY_BASE_QUOTE_H

#include "base/buffer.h"

/**
 * Append text with everything escaped that is not plain, printable UTF-8: control characters,
 * bytes that are not UTF-8, bidirectional controls and other invisible format characters become
 * \xNN for each byte; a backslash becomes \\. The result is printable and can be read back.
 */
void assay_quote(struct assay_buffer *out, struct assay_span text);

/**
 * Append what assay_quote was given.
 *
 * Return: false when the text is not one that assay_quote writes
 */
bool assay_unquote(struct assay_buffer *out, struct assay_span quoted);

/** As assay_quote, into memory that the caller frees. */
char *assay_quoted(const char *text);

/** Return: how many bytes at the start are plain, printable UTF-8 (a backslash counts as such). */
size_t assay_quote_plain(struct assay_span text);

/** Whether all of it is plain, printable UTF-8, line ends and tabs. */
bool assay_quote_is_text(struct assay_span text);

#endif
