/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What base/json reads has one canonical form: writing, reading and writing again changes nothing. */
#include "base/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_BUFFER struct assay_buffer first = { 0 }, second = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL, *again = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_json_parse(assay_span_of(data, size), &json, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT && err.text[0] != '\0');
		return 0;
	}
	assay_json_canonical(json, &first);
	fuzz_assert(assay_json_parse(assay_buffer_span(&first), &again, &err) == 0);
	assay_json_canonical(again, &second);
	fuzz_assert(assay_span_equal(assay_buffer_span(&first), assay_buffer_span(&second)));
	return 0;
}
