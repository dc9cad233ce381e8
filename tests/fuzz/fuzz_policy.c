/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A policy that is taken has a key for each signer, no key twice, and thresholds that can be reached;
 * and an envelope that nobody signed proves nothing under it. */
#include "attest/check.h"
#include "fuzz.h"

static const char unsigned_envelope[] =
	"{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_POLICY struct assay_policy *policy = NULL;
	ASSAY_AUTO_CHECK struct assay_check check = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_check_terms terms = { 0 };

	if (assay_policy_parse("policy", assay_span_of(data, size), &policy, &err) < 0) {
		fuzz_assert(err.text[0] != '\0');
		return 0;
	}
	fuzz_assert(policy->signers_count > 0 && policy->required.owners > 0);
	fuzz_assert(policy->required.owners <= policy->signers_count);
	for (unsigned i = 0; i < policy->signers_count; i++)
		for (unsigned k = 0; k < i; k++)
			fuzz_assert(!assay_sha256_equal(assay_key_id(policy->keys[i]),
			                                assay_key_id(policy->keys[k])));
	terms.policy = policy;
	assay_check_add(&check, &terms,
	                &(struct assay_evidence){
				.name = "x", .envelope = assay_span_of_str(unsigned_envelope) });
	assay_check_conclude(&check, &terms);
	fuzz_assert(check.status == ASSAY_EXIT_TRUST);
	return 0;
}
