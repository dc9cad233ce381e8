/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A policy of witnesses that was taken has a log, groups only of what stands above them, and a
 * quorum that all of its witnesses together can reach. */
#include "attest/witness.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_WITNESS_POLICY struct assay_witness_policy policy = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	uint64_t seen = 0;

	if (assay_witness_policy_parse(assay_span_of(data, size), &policy, &err) < 0)
		return 0;
	fuzz_assert(policy.log_count > 0 && policy.quorum < (int)policy.count);
	for (size_t i = 0; i < policy.count; i++) {
		const struct assay_witness *witness = &policy.witnesses[i];

		if (witness->is_group) {
			fuzz_assert((witness->members >> i) == 0 && witness->threshold > 0);
			fuzz_assert((uint64_t)__builtin_popcountll(seen & witness->members) >=
			            witness->threshold);
		}
		seen |= UINT64_C(1) << i;
	}
	return 0;
}
