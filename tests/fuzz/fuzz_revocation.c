/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A revocation list that was read has times, and finds each digest that is on it. */
#include "attest/document.h"
#include "attest/revocation.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_REVOCATION struct assay_revocation list = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_revocation_parse(assay_span_of(data, size), &list, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		return 0;
	}
	fuzz_assert(list.issued >= 0 && list.expires >= 0);
	for (size_t i = 0; i < json_array_size(list.revoked) && i < 16; i++) {
		struct assay_sha256 digest;

		fuzz_assert(assay_field_sha256(json_array_get(list.revoked, i), "sha256", &digest,
		                               &err) == 0);
		fuzz_assert(assay_revocation_find(&list, &digest) != NULL);
	}
	return 0;
}
