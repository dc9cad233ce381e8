/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Authenticode signatures of PE images: a CMS signature whose content is the digest of the image
 * and nothing else. Read as strictly as signature/cms.h: no attributes that are not signed, of the
 * signed ones only those below, each with one of few values.
 *
 * Layer:  formats. The signature is not verified: no key is known here.
 * Source: Microsoft, "Windows Authenticode Portable Executable Signature Format" (2008), "PKCS #7
 *         SignedData" and following; sbsigntool 0.9.4, pesign 116 and osslsigncode 2.5 for what is
 *         written in practice.
 * Limits: time stamps, which are attributes that are not signed, and page hashes are refused.
 */
#ifndef ASSAY_FORMATS_SIGNATURE_AUTHENTICODE_H
#define ASSAY_FORMATS_SIGNATURE_AUTHENTICODE_H

#include "formats/signature/cms.h"

struct assay_authenticode {
	struct assay_cms cms;
	const char *algorithm;    /* of the image's digest; static text: "sha256" */
	struct assay_span digest; /* of the image; borrowed */
};

/** Read a signature from its first to its last byte. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int assay_authenticode_read(struct assay_span span, struct assay_authenticode *out,
                                          struct assay_error *err);

#endif
