/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay log add`: put digests of files into a log, and sign its new checkpoint. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/keys.h"
#include "cli/log.h"

static const char *origin;

static const struct assay_option options[] = {
	ASSAY_OPTION_LOG,
	{ "origin", 0, "NAME", "the log's name, such as lab.example/verdicts", ASSAY_OPTION_TEXT,
	  &origin },
	ASSAY_OPTION_KEY,
	ASSAY_OPTION_PASSPHRASE_FILE,
	ASSAY_OPTION_PASSPHRASE_FD,
	{ .name = NULL },
};

/* A log that is there has to be this key's under this name, or we would sign another's history. */
static int check_owner(const struct assay_tlog *log, const struct assay_key *key,
                       struct assay_error *err)
{
	ASSAY_AUTO_NOTE_VERIFIER struct assay_note_verifier verifier = { 0 };
	ASSAY_AUTO_NOTE struct assay_note note = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer ours = { 0 };
	uint64_t time;
	int got;

	if (assay_note_verifier_of(origin, key, &ours, err) < 0 ||
	    assay_note_verifier_parse(assay_buffer_span(&ours), &verifier, err) < 0)
		return -1;
	if (assay_tlog_checkpoint(log).len == 0)
		return 0;
	if (assay_note_parse(assay_tlog_checkpoint(log), &note, err) < 0)
		return -1;
	got = assay_note_verify(&note, &verifier, &time, err);
	if (got == 0)
		return assay_fail(err, ASSAY_E_TRUST,
		                  "the log's checkpoint is not signed by this key under this name");
	return got < 0 ? -1 : 0;
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_TLOG struct assay_tlog *log = NULL;
	ASSAY_AUTO_KEY struct assay_key *key = NULL;

	if (origin == NULL || assay_key_opt.key == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--origin and --key: say whose log it is");
	if (assay_cli_key_open(assay_key_opt.key, &key, err) < 0 ||
	    assay_cli_log_open(true, &log, err) < 0 || check_owner(log, key, err) < 0)
		return -1;
	for (int i = 0; i < argc; i++) {
		ASSAY_AUTO_BUFFER struct assay_buffer entry = { 0 };

		if (assay_cli_log_entry(argv[i], &entry, err) < 0 ||
		    assay_tlog_append(log, assay_buffer_span(&entry), err) < 0)
			return -1;
	}
	if (assay_tlog_commit(log, origin, key, err) < 0)
		return -1;
	(void)printf("entries  %" PRIu64 "\n", assay_tlog_size(log));
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_log_add = {
	.name = "log add",
	.args = "FILE…",
	.summary = "append to a log of verdicts and sign its checkpoint",
	.example = "assay log add --log verdicts --origin lab.example/verdicts --key log.key "
		   "verdict.dsse.json",
	.options = options,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
