/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A statement that was read has subjects with digests, can be told in printable text, and says the
 * same after it was written and read again. */
#include "attest/statement.h"
#include "base/quote.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_STATEMENT struct assay_statement first = { 0 }, second = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, told = { 0 }, again = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_sha256 digest = { { 0 } };

	if (assay_statement_parse(assay_span_of(data, size), &first, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		return 0;
	}
	fuzz_assert(json_array_size(first.subjects) > 0 && json_is_object(first.predicate));
	assay_statement_write(first.json, &text);
	fuzz_assert(assay_statement_parse(assay_buffer_span(&text), &second, &err) == 0);
	assay_statement_describe(&first, &told);
	assay_statement_describe(&second, &again);
	fuzz_assert(assay_quote_is_text(assay_buffer_span(&told)));
	fuzz_assert(assay_span_equal(assay_buffer_span(&told), assay_buffer_span(&again)));
	(void)assay_statement_has(&first, &digest);
	return 0;
}
