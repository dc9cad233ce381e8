/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates of signers: a policy names the root that it trusts and the person whom it expects; the
 * signature brings the chain.
 *
 * Layer:  attest.
 * Source: RFC 5280, 6; RFC 4514 for how a subject is written. A chain is judged as of the time of the
 *         signature: of its time stamp where the policy wants one, else now; CRLs as of now.
 * Limits: 8 certificates in a chain, 64 KiB; 16 CRLs, complete ones of the issuers themselves. Whom no CRL
 *         covers is revoked where the policy gives CRLs; revoked keys are in attest/revocation.h.
 */
#ifndef ASSAY_ATTEST_CHAIN_H
#define ASSAY_ATTEST_CHAIN_H

#include "attest/key.h"

#define ASSAY_CHAIN_MAX ((size_t)65536) /* bytes of PEM */

/** A root and a subject. Owned; free with assay_anchor_free. */
struct assay_anchor;

/**
 * Read the root, one certificate or several in PEM.
 *
 * In:     crls in PEM; NULL: none are wanted; subject as RFC 4514 writes it: "CN=Lab A,O=Example"
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_anchor_read(struct assay_span pem, const struct assay_span *crls,
                                    const char *subject, struct assay_anchor **out,
                                    struct assay_error *err);
void assay_anchor_free(struct assay_anchor *anchor);

/** Whether two anchors stand for the same person. */
bool assay_anchor_equal(const struct assay_anchor *a, const struct assay_anchor *b);
const char *assay_anchor_subject(const struct assay_anchor *anchor);

/** Whether its CRLs are those of now. Errors: ASSAY_E_TRUST */
ASSAY_CHECKED int assay_anchor_current(const struct assay_anchor *anchor, int64_t now,
                                       struct assay_error *err);

/**
 * The key of the first certificate of a chain, if the chain leads to the root, is for signing, and is
 * about the expected subject, and no CRL has one of its certificates, but for one that was replaced or
 * whose owner left after the signature.
 *
 * In:     chain in PEM, the signer's first; when it was signed, and now, seconds since 1970-01-01 UTC
 * Errors: ASSAY_E_TRUST, ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_chain_key(const struct assay_anchor *anchor, struct assay_span chain,
                                  int64_t when, int64_t now, struct assay_key **out,
                                  struct assay_error *err);

#endif
