/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay amend`: a statement in place of an earlier one, which stays what it was. */
#include <fcntl.h>
#include <stdio.h>

#include "attest/statement.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/statements.h"

static struct {
	const char *output;
	const char *reason;
	const char *by;
	bool no_times;
} opt;

static const struct assay_option options[] = {
	{ "reason", 'r', "TEXT", "what was wrong or has changed", ASSAY_OPTION_TEXT, &opt.reason },
	{ "by", 0, "NAME", "who amends it, named as in policies", ASSAY_OPTION_TEXT, &opt.by },
	{ "output", 'o', "FILE", "where the new statement goes: a file that is not there yet",
	  ASSAY_OPTION_TEXT, &opt.output },
	{ "no-times", 0, NULL, "leave out when this was done", ASSAY_OPTION_FLAG, &opt.no_times },
	{ .name = NULL },
};

static int check_options(struct assay_error *err)
{
	if (opt.reason == NULL || *opt.reason == '\0')
		return assay_fail(err, ASSAY_E_USAGE, "--reason: say why");
	if (opt.by == NULL || *opt.by == '\0')
		return assay_fail(err, ASSAY_E_USAGE, "--by: say who");
	if (opt.output == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--output: say where it goes");
	if (access(opt.output, F_OK) == 0)
		return assay_fail(err, ASSAY_E_USAGE, "%s: is there already", opt.output);
	return 0;
}

static int read_statement(const char *path, struct assay_statement *out,
                          struct assay_sha256 *digest, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	if (assay_cli_statement_text(path, &text, err) < 0)
		return -1;
	assay_sha256(assay_span_of_bytes(&text), digest);
	return assay_statement_parse(assay_span_of_bytes(&text), out, err) < 0
	               ? assay_fail_in(err, "%s", path)
	               : 0;
}

static void supersede(const struct assay_statement *statement, const struct assay_sha256 *earlier)
{
	json_t *said = assay_descriptor(NULL, earlier);
	char when[ASSAY_CLOCK_TEXT];

	assay_json_set_str(said, "reason", opt.reason);
	assay_json_set_str(said, "by", opt.by);
	if (!opt.no_times) {
		assay_clock_text(assay_clock_wall(), when);
		assay_json_set_str(said, "amendedOn", when);
	}
	assay_json_set(json_object_get(statement->json, "predicate"), "supersedes", said);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement earlier = { 0 }, later = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_sha256 first, second;

	if (check_options(err) < 0 || read_statement(argv[0], &earlier, &first, err) < 0 ||
	    read_statement(argv[1], &later, &second, err) < 0)
		return -1;
	if (strcmp(earlier.predicate_type, later.predicate_type) != 0 ||
	    !json_equal(earlier.subjects, later.subjects))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s and %s: are not of one kind about the same subjects", argv[0],
		                  argv[1]);
	supersede(&later, &first);
	assay_statement_write(later.json, &text);
	if (assay_file_write(AT_FDCWD, opt.output, assay_buffer_span(&text), 0666, err) < 0)
		return -1;
	(void)printf("statement  %s: sign it; %s stays as it is\n", opt.output, argv[0]);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_amend = {
	.name = "amend",
	.args = "EARLIER LATER",
	.summary = "make a statement that stands in place of an earlier one",
	.example = "assay amend --reason \"wrong lab named\" --by \"Lab A\" -o amended.intoto.json "
		   "verdict.dsse.json new/verdict.intoto.json",
	.options = options,
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
