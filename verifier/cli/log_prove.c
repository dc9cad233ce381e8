/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay log prove`: that a file is in a log, or that the log has only grown. */
#include <inttypes.h>
#include <stdio.h>

#include "attest/witness.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/log.h"
#include "cli/output.h"

static const struct assay_option options[] = {
	ASSAY_OPTION_LOG,
	ASSAY_OPTION_SINCE,
	{ .name = NULL },
};

static int prove_file(struct assay_tlog *log, const char *path, struct assay_buffer *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer entry = { 0 };
	struct assay_tlog_proof proof = { .checkpoint = assay_tlog_checkpoint(log) };
	int got;

	if (assay_cli_log_entry(path, &entry, err) < 0)
		return -1;
	got = assay_tlog_find(log, assay_buffer_span(&entry), &proof.index, err);
	if (got == 0)
		return assay_fail(err, ASSAY_E_USAGE, "%s: is not in the log", path);
	if (got < 0 || assay_tlog_prove(log, proof.index, &proof.proof, err) < 0)
		return -1;
	assay_tlog_proof_write(&proof, out);
	return 0;
}

static int prove_growth(struct assay_tlog *log, struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };
	struct assay_growth_proof growth = { .checkpoint = assay_tlog_checkpoint(log) };
	struct assay_merkle_tree tree = { 0 };

	if (assay_cli_checkpoint(assay_log_opt.since, &text, &tree, err) < 0)
		return -1;
	growth.old_size = tree.size;
	if (assay_tlog_prove_extension(log, tree.size, &growth.proof, err) < 0)
		return -1;
	assay_growth_proof_write(&growth, out);
	return 0;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_TLOG struct assay_tlog *log = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	int result;

	if ((argc == 1) == (assay_log_opt.since != NULL))
		return assay_fail(err, ASSAY_E_USAGE, "wants either a FILE or --since");
	if (assay_cli_log_open(false, &log, err) < 0)
		return -1;
	result = argc == 1 ? prove_file(log, argv[0], &text, err) : prove_growth(log, &text, err);
	if (result < 0)
		return -1;
	return assay_output_write(NULL, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_log_prove = {
	.name = "log prove",
	.args = "[FILE]",
	.summary = "prove that a file is in a log, or that the log has only grown",
	.example = "assay log prove --log verdicts verdict.dsse.json >verdict.tlog-proof\n"
		   "assay log prove --log verdicts --since checkpoint.old >growth",
	.options = options,
	.min_args = 0,
	.max_args = 1,
	.run = run,
};
