/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * X.509 certificates that travel with a signature: their shape and their size.
 *
 * Layer:  formats. Nothing is verified and no name is believed.
 * Source: RFC 5280 section 4.1: Certificate is a SEQUENCE of what is signed, an algorithm and a
 *         BIT STRING; all of it DER.
 * Limits: what an extension says is not looked at, so each certificate has a bound.
 */
#ifndef ASSAY_FORMATS_SIGNATURE_CERTIFICATE_H
#define ASSAY_FORMATS_SIGNATURE_CERTIFICATE_H

#include "formats/signature/der.h"

#define ASSAY_CERTIFICATE_MAX 4096 /* bytes; ours: those of firmware signers have 1 to 2 KiB */
#define ASSAY_CERTIFICATES_MAX 4   /* of a signature; ours */

/** Take a list of certificates to its end. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int assay_certificates_check(struct assay_cursor *cur, struct assay_error *err);

#endif
