/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base64, as envelopes and notes hold it: strict, so that one value has few spellings.
 *
 * Layer:  attest.
 * Source: RFC 4648, 4 and 5; DSSE 1.0.2, protocol: a verifier takes both alphabets.
 * Limits: no white space, no mixture of alphabets, unused bits are zero. Padding may be left out
 *         only together with the URL-safe alphabet.
 */
#ifndef ASSAY_ATTEST_BASE64_H
#define ASSAY_ATTEST_BASE64_H

#include "base/buffer.h"
#include "base/error.h"

/** Append the standard form, with padding. */
void assay_base64_write(struct assay_buffer *out, struct assay_span bytes);

/**
 * Read either alphabet.
 *
 * Out:    *out owned by the caller; never a NULL pointer
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_base64_parse(struct assay_span text, struct assay_bytes *out,
                                     struct assay_error *err);

#endif
