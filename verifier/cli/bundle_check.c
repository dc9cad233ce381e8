/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay bundle check`: is a bundle whole, and who says so? */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "attest/judge.h"
#include "base/clock.h"
#include "base/quote.h"
#include "cli/bundle.h"
#include "cli/command.h"
#include "cli/windows.h"

static struct {
	const char *policy;
	const char *source;
} opt;

static const struct assay_option options[] = {
	{ "policy", 'p', "POLICY", "whose signature the index has to have, see assay-policy(5)",
	  ASSAY_OPTION_TEXT, &opt.policy },
	{ "without", 0, "DIR", "fail if 16 bytes in a row of a file of this folder are in it",
	  ASSAY_OPTION_TEXT, &opt.source },
	{ .name = NULL },
};

/* The owners of a policy whose signature the index has. A witness was there, which is no signature of
 * the index; a revoker has no say in it. */
static int check_signers(const struct assay_envelope *envelope, struct assay_buffer *out,
                         struct assay_error *err)
{
	ASSAY_AUTO_POLICY struct assay_policy *policy = NULL;
	struct assay_check_terms terms = { .now = assay_clock_wall() };
	struct assay_judged judged = { 0 };
	bool any = false;

	if (assay_policy_load(opt.policy, &policy, err) < 0 ||
	    assay_policy_current(policy, terms.now, err) < 0)
		return -1;
	terms.policy = policy;
	assay_judge_signers(&terms, envelope, &judged);
	for (unsigned i = 0; i < policy->signers_count; i++) {
		const struct assay_signer *signer = &policy->signers[i];

		if (!judged.signed_by[i])
			continue;
		assay_buffer_printf(out, "%-11s", "signed by");
		assay_quote(out, assay_span_of_str(signer->owner));
		assay_buffer_printf(out, " (%s)\n", assay_role_name(signer->role));
		any |= signer->role == ASSAY_ROLE_PERFORMER || signer->role == ASSAY_ROLE_CHECKER;
	}
	return any ? 0
	           : assay_fail(err, ASSAY_E_TRUST,
	                        "the index has no good signature by a performer or checker that "
	                        "the policy knows");
}

static void describe(const struct assay_opened_bundle *opened, struct assay_buffer *out)
{
	const struct assay_manifest *manifest = opened->manifest;
	char hex[ASSAY_SHA256_HEX];

	assay_buffer_printf(out, "%-11s", "product");
	assay_quote(out, assay_span_of_str(manifest->product.name));
	assay_buffer_add_str(out, " ");
	assay_quote(out, assay_span_of_str(manifest->product.version));
	assay_sha256_hex(&opened->manifest_id, hex);
	assay_buffer_printf(out, "\n%-11ssha256:%s\n%-11s%zu, each as the index names it\n",
	                    "manifest", hex, "files", opened->bundle.count - 1);
	assay_buffer_printf(out, "%-11s%s\n", "inputs",
	                    opened->inputs ? "all: it can be replayed" : "none");
	assay_buffer_printf(out, "%-11s%zu%s\n", "signatures", opened->index.envelope.count,
	                    opt.policy == NULL ? ", whose is not known without --policy" : "");
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_OPENED_BUNDLE struct assay_opened_bundle opened = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (assay_cli_bundle_open(argv[0], &opened, err) < 0)
		return -1;
	describe(&opened, &text);
	if ((opt.policy != NULL && check_signers(&opened.index.envelope, &text, err) < 0) ||
	    (opt.source != NULL && assay_cli_without(&opened.bundle, opt.source, err) < 0))
		return assay_fail_in(err, "%s", argv[0]);
	if (opt.source != NULL)
		assay_buffer_printf(&text, "%-11snothing of it is in the bundle\n", "without");
	(void)fputs(assay_buffer_str(&text), stdout);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_bundle_check = {
	.name = "bundle check",
	.args = "BUNDLE",
	.summary = "check that a bundle is whole, and who signed it",
	.example = "assay bundle check --policy labs.policy.yaml router-4.2.1.bundle.tar\n"
		   "assay bundle check --without router-4.2.1 router-4.2.1.bundle.tar",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
