/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/signature/certificate.h"

#define CONSTRUCTED 0x20u /* X.690 8.1.2.5 */
#define BIT_STRING 0x03   /* X.690 8.6 */
#define DEPTH_MAX 16      /* ours; a certificate has 8 */

/* Every value in its one encoding, at every depth. */
static int check_values(struct assay_cursor *cur, unsigned depth, struct assay_error *err)
{
	while (assay_cursor_left(cur) > 0) {
		struct assay_span content;
		struct assay_cursor inner;
		uint8_t tag;

		if (assay_der_next(cur, &tag, &content, err) < 0)
			return -1;
		if ((tag & CONSTRUCTED) == 0)
			continue;
		inner = assay_cursor_at(content, true);
		if (depth == DEPTH_MAX)
			return assay_fail(err, ASSAY_E_FORMAT, "a certificate %d deep", DEPTH_MAX);
		if (check_values(&inner, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int check_certificate(struct assay_span content, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(content, true), whole = cur;
	struct assay_span part;

	if (content.len > ASSAY_CERTIFICATE_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "a certificate of %zu bytes", content.len);
	if (assay_der_take(&cur, ASSAY_DER_SEQUENCE, "certificate", &part, err) < 0 ||
	    assay_der_take(&cur, ASSAY_DER_SEQUENCE, "certificate", &part, err) < 0 ||
	    assay_der_take(&cur, BIT_STRING, "certificate", &part, err) < 0 ||
	    assay_der_end(&cur, "certificate", err) < 0)
		return -1;
	return check_values(&whole, 0, err);
}

int assay_certificates_check(struct assay_cursor *cur, struct assay_error *err)
{
	for (unsigned count = 0; assay_cursor_left(cur) > 0; count++) {
		struct assay_span content;

		if (count == ASSAY_CERTIFICATES_MAX)
			return assay_fail(err, ASSAY_E_FORMAT, "more than %d certificates",
			                  ASSAY_CERTIFICATES_MAX);
		if (assay_der_take(cur, ASSAY_DER_SEQUENCE, "certificate", &content, err) < 0 ||
		    check_certificate(content, err) < 0)
			return -1;
	}
	return 0;
}
