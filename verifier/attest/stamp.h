/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time stamps on envelopes: somebody else's word for when the signatures were there. Checked as of the
 * time that they state, with the revocation lists of that time, so that they hold when all
 * certificates have run out.
 *
 * Layer:  attest.
 * Source: RFC 3161 (request, response, token), RFC 5280, 6.1 and 6.3 (paths, CRLs); renewal after the
 *         idea of RFC 4998: a later stamp covers the earlier ones with their revocation lists.
 * Limits: 16 stamps with 16 CRLs each. Imprints are SHA-256.
 *
 * A stamp is an object in the envelope's list "assay_timestamps": "signatures", how many of them it
 * covers; "token" and "crls" in base64. Its imprint is the SHA-256 of the canonical JSON of an object
 * with payload, payloadType, the texts "sig" of those signatures, and the stamps before it.
 */
#ifndef ASSAY_ATTEST_STAMP_H
#define ASSAY_ATTEST_STAMP_H

#include "attest/envelope.h"

#define ASSAY_STAMPS_MAX 16
#define ASSAY_STAMP_FILE_MAX                                                                       \
	((uint64_t)1 << 20) /* bytes of a response, a CRL, an authority's file */

/** What is in a good stamp. */
struct assay_stamp {
	int64_t time;      /* seconds since 1970-01-01 UTC: genTime of the token */
	size_t signatures; /* the first so many are covered */
	int64_t not_after; /* when the certificate that signed it ran or runs out */
};

/** A request for a stamp over all that the envelope has now. Out: *der owned */
ASSAY_CHECKED int assay_stamp_request(const struct assay_envelope *envelope,
                                      struct assay_bytes *der, struct assay_error *err);

/**
 * Put the answer into the envelope.
 *
 * In:     response in DER; crls in PEM or DER, valid at the time of the stamp
 * Errors: ASSAY_E_TRUST  refused by the authority, or the answer to another request
 */
ASSAY_CHECKED int assay_stamp_attach(struct assay_envelope *envelope, struct assay_span response,
                                     const struct assay_span *crls, size_t crl_count,
                                     struct assay_error *err);

/**
 * Check every stamp: that its authority goes back to one of those in PEM, as of the time it states and
 * with the CRLs that came with it; that it covers what it should; that times do not go back.
 *
 * In:     wants_crls  whether a stamp without CRLs is refused
 * Out:    stamps, *count of them
 * Errors: ASSAY_E_TRUST, ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_stamp_check(const struct assay_envelope *envelope,
                                    struct assay_span authorities, bool wants_crls,
                                    struct assay_stamp stamps[ASSAY_STAMPS_MAX], size_t *count,
                                    struct assay_error *err);

#endif
