/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay journal check`: is a journal as it was written? */
#include "attest/journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/journal.h"
#include "cli/statements.h"

static const char *statement_path;

static const struct assay_option options[] = {
	{ "statement", 's', "FILE",
	  "the run's provenance, plain or in its envelope: the journal has to be the one it names",
	  ASSAY_OPTION_TEXT, &statement_path },
	{ .name = NULL },
};

static int check_statement(struct assay_span journal, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };
	int named;

	if (assay_cli_statement_text(statement_path, &text, err) < 0)
		return -1;
	named = assay_cli_journal_named(journal, assay_span_of_bytes(&text), err);
	return named == 0 ? assay_fail(err, ASSAY_E_FORMAT, "%s: names no journal", statement_path)
	                  : named;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	struct assay_journal_head head;
	char hex[ASSAY_SHA256_HEX];

	if (assay_file_read(AT_FDCWD, argv[0], ASSAY_JOURNAL_MAX, &file, err) < 0)
		return -1;
	if (assay_journal_check(assay_span_of_bytes(&file), &head, err) < 0 ||
	    (statement_path != NULL && check_statement(assay_span_of_bytes(&file), err) < 0))
		return assay_fail_in(err, "%s", argv[0]);
	assay_sha256_hex(&head.last, hex);
	(void)printf("records    %" PRIu64 "\nlast       sha256:%s\n", head.records, hex);
	if (head.cut > 0)
		(void)printf("note       %" PRIu64
		             " bytes of a record that was not written whole\n",
		             head.cut);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_journal_check = {
	.name = "journal check",
	.args = "JOURNAL",
	.summary = "check that nothing in a journal was changed or taken out",
	.example = "assay journal check assay-router-4.2.1/journal.jsonl\n"
		   "assay journal check -s provenance.dsse.json journal.jsonl",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
