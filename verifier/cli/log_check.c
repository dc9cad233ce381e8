/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay log check`: believe a log's proof, or not; with files alone. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "attest/witness.h"
#include "base/file.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/log.h"

static struct {
	const char *trust;
	const char *proof;
} opt;

static const struct assay_option options[] = {
	{ "trust", 't', "FILE", "which logs and witnesses are believed", ASSAY_OPTION_TEXT,
	  &opt.trust },
	{ "proof", 'p', "FILE", "what `assay log prove' wrote", ASSAY_OPTION_TEXT, &opt.proof },
	ASSAY_OPTION_SINCE,
	{ .name = NULL },
};

static int check_file(struct assay_span text, const struct assay_witness_policy *trust,
                      const char *path, struct assay_checkpoint *out, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer entry = { 0 };
	struct assay_tlog_proof proof;

	if (assay_cli_log_entry(path, &entry, err) < 0 ||
	    assay_tlog_proof_parse(text, &proof, err) < 0)
		return -1;
	return assay_tlog_proof_check(&proof, trust, assay_buffer_span(&entry), out, err);
}

static int check_growth(struct assay_span text, const struct assay_witness_policy *trust,
                        struct assay_checkpoint *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes before = { 0 };
	struct assay_growth_proof growth;
	struct assay_checkpoint old = { 0 };

	if (assay_file_read(AT_FDCWD, assay_log_opt.since, ASSAY_NOTE_MAX, &before, err) < 0 ||
	    assay_witness_check(trust, assay_span_of_bytes(&before), &old, err) < 0)
		return assay_fail_in(err, "%s", assay_log_opt.since);
	if (assay_growth_proof_parse(text, &growth, err) < 0)
		return -1;
	return assay_growth_proof_check(&growth, trust, &old, out, err);
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_WITNESS_POLICY struct assay_witness_policy trust = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes policy = { 0 }, proof = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer name = { 0 };
	struct assay_checkpoint checkpoint = { 0 };
	struct assay_span text;
	int result;

	if (opt.trust == NULL || opt.proof == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--trust and --proof have to be given");
	if ((argc == 1) == (assay_log_opt.since != NULL))
		return assay_fail(err, ASSAY_E_USAGE, "wants either a FILE or --since");
	if (assay_file_read(AT_FDCWD, opt.trust, ASSAY_WITNESS_FILE_MAX, &policy, err) < 0 ||
	    assay_file_read(AT_FDCWD, opt.proof, ASSAY_NOTE_MAX, &proof, err) < 0)
		return -1;
	if (assay_witness_policy_parse(assay_span_of_bytes(&policy), &trust, err) < 0)
		return assay_fail_in(err, "%s", opt.trust);
	text = assay_span_of_bytes(&proof);
	result = argc == 1 ? check_file(text, &trust, argv[0], &checkpoint, err)
	                   : check_growth(text, &trust, &checkpoint, err);
	if (result < 0)
		return assay_fail_in(err, "%s", opt.proof);
	assay_quote(&name, checkpoint.origin);
	(void)printf("log      %s\nentries  %" PRIu64 "\n", assay_buffer_str(&name),
	             checkpoint.tree.size);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_log_check = {
	.name = "log check",
	.args = "[FILE]",
	.summary = "check a proof of a log; needs no network",
	.example = "assay log check --trust logs.txt --proof verdict.tlog-proof verdict.dsse.json\n"
		   "assay log check --trust logs.txt --proof growth --since checkpoint.old",
	.options = options,
	.min_args = 0,
	.max_args = 1,
	.run = run,
};
