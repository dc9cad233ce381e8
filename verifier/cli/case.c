/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay case`: all that is known about a file, and what a policy still misses. */
#include "attest/case.h"

#include "base/clock.h"
#include "cli/check.h"
#include "cli/command.h"
#include "cli/evidence.h"
#include "cli/output.h"

static struct {
	const char *policy;
	const char *evidence;
	const char *revocations;
} opt;

static const struct assay_option options[] = {
	{ "policy", 'p', "POLICY", "what is demanded, see assay-policy(5)", ASSAY_OPTION_TEXT,
	  &opt.policy },
	{ "evidence", 'e', "PATH", "an envelope, or a folder of them (default: UPDATE.dsse.json)",
	  ASSAY_OPTION_TEXT, &opt.evidence },
	{ "revocations", 'r', "FILE", "the signed list of what was revoked", ASSAY_OPTION_TEXT,
	  &opt.revocations },
	ASSAY_OPTION_JSON,
	{ .name = NULL },
};

static int add_evidence(struct assay_case *c, const struct assay_check_terms *terms,
                        const char *update, struct assay_error *err)
{
	ASSAY_AUTO_EVIDENCE_FILES struct assay_evidence_files files = { 0 };

	if (assay_cli_evidence(opt.evidence, update, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.count; i++)
		assay_case_add(c, terms,
		               &(struct assay_evidence){
				       .name = files.items[i].name,
				       .envelope = assay_span_of_bytes(&files.items[i].envelope),
				       .proof = assay_span_of_bytes(&files.items[i].proof) });
	return 0;
}

static int answer(struct assay_case *c, const struct assay_check_terms *terms,
                  struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	assay_case_conclude(c, terms);
	assay_case_text(c, terms, &text);
	json = assay_case_json(c, terms);
	return assay_output_write(json, &text, err) < 0 ? -1 : (int)c->status;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_POLICY struct assay_policy *policy = NULL;
	ASSAY_AUTO_REVOCATION struct assay_revocation revocation = { 0 };
	ASSAY_AUTO_CASE struct assay_case c = { 0 };
	struct assay_check_terms terms = { .now = assay_clock_wall() };

	if (opt.policy == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--policy: say what is demanded");
	if (assay_policy_load(opt.policy, &policy, err) < 0 ||
	    assay_policy_current(policy, terms.now, err) < 0)
		return -1;
	terms.policy = policy;
	if (assay_cli_digest_update(argv[0], &c.check.digest, err) < 0)
		return -1;
	if (opt.revocations != NULL) {
		if (assay_cli_load_revocations(opt.revocations, policy, terms.now, &revocation,
		                               err) < 0)
			return -1;
		terms.revocation = &revocation;
	}
	if (add_evidence(&c, &terms, argv[0], err) < 0)
		return -1;
	return answer(&c, &terms, err);
}

const struct assay_command assay_cmd_case = {
	.name = "case",
	.args = "UPDATE",
	.summary = "show all evidence about a file, and what a policy still misses",
	.example = "assay case --policy router.policy.yaml --evidence case router-4.2.1.bin",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
