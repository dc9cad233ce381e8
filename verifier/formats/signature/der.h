/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Strict DER: each value has exactly one encoding, so there is no room between the lines.
 *
 * Layer:  formats.
 * Source: ITU-T X.690 (02/2021): 8.1 tags and lengths, 8.3 integers, 8.19 object identifiers,
 *         10.1 definite lengths of as few bytes as there can be.
 * Limits: tags above 30 are not read; nothing that we read has any.
 */
#ifndef ASSAY_FORMATS_SIGNATURE_DER_H
#define ASSAY_FORMATS_SIGNATURE_DER_H

#include "base/cursor.h"

/** Identifier bytes; X.690 8.1.2. */
enum assay_der_tag {
	ASSAY_DER_INTEGER = 0x02,
	ASSAY_DER_OCTETS = 0x04,
	ASSAY_DER_NULL = 0x05,
	ASSAY_DER_OID = 0x06,
	ASSAY_DER_UTF8 = 0x0c,
	ASSAY_DER_PRINTABLE = 0x13,
	ASSAY_DER_TELETEX = 0x14,
	ASSAY_DER_IA5 = 0x16,
	ASSAY_DER_UTC_TIME = 0x17,
	ASSAY_DER_TIME = 0x18,
	ASSAY_DER_SEQUENCE = 0x30,
	ASSAY_DER_SET = 0x31,
	ASSAY_DER_CONTEXT_0 = 0x80,       /* [0] IMPLICIT of a primitive type */
	ASSAY_DER_CONTEXT_0_OUTER = 0xa0, /* [0] of a constructed type */
	ASSAY_DER_CONTEXT_1_OUTER = 0xa1,
};

/**
 * Take the next value.
 *
 * Out:    *tag its identifier byte, *content without tag and length; borrowed
 * Errors: ASSAY_E_FORMAT  not DER, or cut short; offset is from the start of the cursor's span
 */
ASSAY_CHECKED int assay_der_next(struct assay_cursor *cur, uint8_t *tag, struct assay_span *content,
                                 struct assay_error *err);

/** Take the next value, which must have a tag. what: names it in errors. */
ASSAY_CHECKED int assay_der_take(struct assay_cursor *cur, enum assay_der_tag tag, const char *what,
                                 struct assay_span *content, struct assay_error *err);

/** Take a constructed value and go into it. */
ASSAY_CHECKED int assay_der_enter(struct assay_cursor *cur, enum assay_der_tag tag,
                                  const char *what, struct assay_cursor *inner,
                                  struct assay_error *err);

/** Nothing may be left. */
ASSAY_CHECKED int assay_der_end(const struct assay_cursor *cur, const char *what,
                                struct assay_error *err);

/** Whether the next value has a tag; false at the end. */
bool assay_der_is_next(const struct assay_cursor *cur, enum assay_der_tag tag);

/** Whether the content of an INTEGER has as few bytes as it can, and is not negative. */
bool assay_der_is_natural(struct assay_span content);

#endif
