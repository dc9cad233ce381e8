/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Detached CMS signatures, read so strictly that nothing but a signature fits in: what somebody
 * appends to a kernel module, say.
 *
 * One signer, one digest algorithm, no content, no certificates, no revocation lists, no
 * attributes that are not signed, only object identifiers that are listed here, every value in
 * its one DER encoding and of bounded size. What is left to choose is who signed (a name, a
 * serial number or a key id), when, and the value of the signature itself.
 *
 * Layer:  formats. The signature is not verified: no key is known here.
 * Source: RFC 5652 (CMS) sections 3, 5 and 11; RFC 5754 and RFC 8702 for algorithms; RFC 5280
 *         section 4.1.2.4 for names; Linux scripts/sign-file.c for what is written in practice.
 * Limits: RSA (PKCS #1 v1.5) and ECDSA. RSA-PSS, EdDSA, SM2 and ML-DSA are refused.
 */
#ifndef ASSAY_FORMATS_SIGNATURE_CMS_H
#define ASSAY_FORMATS_SIGNATURE_CMS_H

#include "base/error.h"
#include "base/span.h"

/** What a signature says about itself. Static text. */
struct assay_cms {
	const char *digest;    /* "sha256" */
	const char *signature; /* "RSA" */
};

/**
 * Read a ContentInfo that is a detached signature, from its first to its last byte.
 *
 * Errors: ASSAY_E_FORMAT  it is anything else; the text says what
 */
ASSAY_CHECKED int assay_cms_read_detached(struct assay_span span, struct assay_cms *out,
                                          struct assay_error *err);

/** The same with a few certificates in it (signature/certificate.h), as update files have them. */
ASSAY_CHECKED int assay_cms_read_certified(struct assay_span span, struct assay_cms *out,
                                           struct assay_error *err);

#endif
