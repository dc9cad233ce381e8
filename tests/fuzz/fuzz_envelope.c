/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An envelope that was read can be written and read again, and then still has the same signed bytes
 * and as many signatures. */
#include "attest/envelope.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope first = { 0 }, second = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, pae = { 0 }, again = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_envelope_parse(assay_span_of(data, size), &first, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		fuzz_assert(err.text[0] != '\0' && first.json == NULL);
		return 0;
	}
	assay_envelope_write(&first, &text);
	fuzz_assert(assay_envelope_parse(assay_buffer_span(&text), &second, &err) == 0);
	assay_envelope_pae(&first, &pae);
	assay_envelope_pae(&second, &again);
	fuzz_assert(assay_span_equal(assay_buffer_span(&pae), assay_buffer_span(&again)));
	fuzz_assert(assay_span_starts(assay_buffer_span(&pae), "DSSEv1 ", 7));
	fuzz_assert(first.count == second.count && first.count <= ASSAY_ENVELOPE_SIGNATURES);
	return 0;
}
