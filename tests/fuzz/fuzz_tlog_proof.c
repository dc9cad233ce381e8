/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proof of a log that was read says the same after it was written and read again. */
#include "attest/witness.h"
#include "fuzz.h"

static void growth(struct assay_span text)
{
	ASSAY_AUTO_BUFFER struct assay_buffer again = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_growth_proof a, b;

	if (assay_growth_proof_parse(text, &a, &err) < 0)
		return;
	assay_growth_proof_write(&a, &again);
	fuzz_assert(assay_growth_proof_parse(assay_buffer_span(&again), &b, &err) == 0);
	fuzz_assert(a.old_size == b.old_size && a.proof.count == b.proof.count);
	fuzz_assert(assay_span_equal(a.checkpoint, b.checkpoint));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_BUFFER struct assay_buffer again = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_tlog_proof a, b;

	growth(assay_span_of(data, size));
	if (assay_tlog_proof_parse(assay_span_of(data, size), &a, &err) < 0)
		return 0;
	assay_tlog_proof_write(&a, &again);
	fuzz_assert(assay_tlog_proof_parse(assay_buffer_span(&again), &b, &err) == 0);
	fuzz_assert(a.index == b.index && a.proof.count == b.proof.count);
	fuzz_assert(assay_span_equal(a.checkpoint, b.checkpoint));
	return 0;
}
