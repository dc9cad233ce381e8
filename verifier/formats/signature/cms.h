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

#include "base/cursor.h"

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

/** A kind of content that is no plain data, and stands in the signature. */
struct assay_cms_kind {
	struct assay_span type; /* its object identifier, as content of the value */
	/**
	 * Check a signed attribute that not every signature may have, to the end of its value.
	 *
	 * Out:    *which, a number below 8 that is the attribute's own
	 * Errors: ASSAY_E_FORMAT  no signature of this kind has it, or not so
	 */
	int (*attribute)(struct assay_span oid, struct assay_cursor *value, unsigned *which,
	                 struct assay_error *err);
};

/**
 * Read a signature with certificates and with content of a kind, whose digest among the signed
 * attributes is true.
 *
 * Out: *content, what stands in the SEQUENCE that is signed; borrowed
 */
ASSAY_CHECKED int assay_cms_read_content(struct assay_span span, const struct assay_cms_kind *kind,
                                         struct assay_cms *out, struct assay_span *content,
                                         struct assay_error *err);

/** Take the AlgorithmIdentifier of a digest. Return: its name in *out, static text: "sha256" */
ASSAY_CHECKED int assay_cms_digest(struct assay_cursor *cur, const char **out,
                                   struct assay_error *err);

#endif
