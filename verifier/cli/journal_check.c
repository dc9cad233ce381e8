/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay journal check`: is a journal as it was written? */
#include "attest/journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "attest/document.h"
#include "attest/envelope.h"
#include "attest/statement.h"
#include "base/file.h"
#include "cli/command.h"

static const char *statement_path;

static const struct assay_option options[] = {
	{ "statement", 's', "FILE",
	  "the run's provenance, plain or in its envelope: the journal has to be the one it names",
	  ASSAY_OPTION_TEXT, &statement_path },
	{ .name = NULL },
};

/* A statement as it is, or out of an envelope. */
static int read_statement(const char *path, struct assay_statement *out, struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_span text;

	if (assay_file_read(AT_FDCWD, path, ASSAY_ENVELOPE_MAX, &file, err) < 0)
		return -1;
	text = assay_span_of_bytes(&file);
	if (assay_document_parse(text, ASSAY_ENVELOPE_MAX, &json, err) < 0)
		return assay_fail_in(err, "%s", path);
	if (assay_envelope_is(json)) {
		if (assay_envelope_parse(text, &envelope, err) < 0)
			return assay_fail_in(err, "%s", path);
		text = assay_span_of_bytes(&envelope.payload);
	}
	return assay_statement_parse(text, out, err) < 0 ? assay_fail_in(err, "%s", path) : 0;
}

static int check_statement(struct assay_span journal, struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	const json_t *details, *head;
	struct assay_sha256 digest;
	const json_t *records;

	if (read_statement(statement_path, &statement, err) < 0)
		return -1;
	details = json_object_get(statement.predicate, "runDetails");
	head = json_object_get(json_object_get(details, "metadata"), "assay_journal");
	if (head == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "%s: names no journal", statement_path);
	records = assay_field(head, "records", JSON_INTEGER, err);
	if (records == NULL || assay_field_sha256(head, "sha256", &digest, err) < 0)
		return assay_fail_in(err, "%s", statement_path);
	return assay_journal_has(journal, (uint64_t)json_integer_value(records), &digest, err);
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
