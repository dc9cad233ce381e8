/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenPGP signatures over data, read so strictly that nothing but a signature fits in.
 *
 * One packet; a signature of a document; of the subpackets only those that say who signed and when,
 * each once and of its one length; numbers without leading zeros, of bounded size. What is left to
 * choose is a time, a key id and the value of the signature.
 *
 * Layer:  formats. The signature is not verified: no key is known here.
 * Source: RFC 4880: 4.2 packet headers, 5.2.2 and 5.2.3 signatures, 3.2 numbers, 9.1 and 9.4
 *         algorithms; RFC 6637 section 5 for ECDSA; RFC 9580 section 5.2.3.2 for EdDSA.
 * Limits: versions 3 and 4. Notations, user ids and policies are refused.
 */
#ifndef ASSAY_FORMATS_SIGNATURE_OPENPGP_H
#define ASSAY_FORMATS_SIGNATURE_OPENPGP_H

#include "base/error.h"
#include "base/span.h"

/** Whether a span is one signature from its first to its last byte. Errors: the text says why not */
ASSAY_CHECKED int assay_openpgp_check(struct assay_span span, struct assay_error *err);

#endif
