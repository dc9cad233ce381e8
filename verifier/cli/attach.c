/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay attach`: bind a report to the files that a verdict is about. */
#include "attest/attachment.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rules.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/statements.h"

static struct {
	const char *output;
	const char *kind;
	const char *result;
	const char *report;
	const char *plan;
	const char *by;
	bool no_times;
} opt;

static const struct assay_option options[] = {
	{ "kind", 'k', "KIND", "what it is, one word: penetration-test, document-review …",
	  ASSAY_OPTION_TEXT, &opt.kind },
	{ "result", 'r', "RESULT", "PASSED, WARNED or FAILED", ASSAY_OPTION_TEXT, &opt.result },
	{ "report", 0, "FILE", "the report; its name and digest are in the statement",
	  ASSAY_OPTION_TEXT, &opt.report },
	{ "plan", 0, "FILE", "what it was done by: a plan, a standard, a list of questions",
	  ASSAY_OPTION_TEXT, &opt.plan },
	{ "by", 0, "NAME", "who did it, named as in policies", ASSAY_OPTION_TEXT, &opt.by },
	{ "output", 'o', "FILE", "where the statement goes (default: KIND.intoto.json)",
	  ASSAY_OPTION_TEXT, &opt.output },
	{ "no-times", 0, NULL, "leave out when this was done", ASSAY_OPTION_FLAG, &opt.no_times },
	ASSAY_OPTION_LAB,
	{ .name = NULL },
};

static int check_options(struct assay_error *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (opt.kind == NULL || *opt.kind == '\0' || opt.kind[strspn(opt.kind, plain)] != '\0')
		return assay_fail(err, ASSAY_E_USAGE,
		                  "--kind: a word of small letters, digits and -, such as "
		                  "penetration-test");
	if (opt.result == NULL || !assay_attachment_result(opt.result))
		return assay_fail(err, ASSAY_E_USAGE, "--result: PASSED, WARNED or FAILED");
	if (opt.report == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--report: say which report it is");
	return 0;
}

static int digest_file(const char *path, const char **name, struct assay_sha256 *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map map = { 0 };

	if (path == NULL)
		return 0;
	if (assay_map_open(path, &map, err) < 0)
		return -1;
	assay_sha256(map.span, out);
	*name = assay_path_name(path);
	return 0;
}

static int write_statement(const struct assay_statement *verdict, struct assay_error *err)
{
	struct assay_attachment attachment = {
		.kind = opt.kind, .result = opt.result, .by = opt.by, .when = assay_clock_wall()
	};
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_JSON json_t *statement = NULL;
	struct assay_speaker speaker;
	char path[256];

	if (assay_cli_speaker(!opt.no_times, &speaker, err) < 0 ||
	    digest_file(opt.report, &attachment.report, &attachment.report_digest, err) < 0 ||
	    digest_file(opt.plan, &attachment.plan, &attachment.plan_digest, err) < 0)
		return -1;
	statement = assay_attachment_statement(&attachment, verdict, &speaker);
	assay_statement_write(statement, &text);
	(void)snprintf(path, sizeof(path), "%s.intoto.json", opt.kind);
	if (assay_file_write(AT_FDCWD, opt.output != NULL ? opt.output : path,
	                     assay_buffer_span(&text), 0666, err) < 0)
		return -1;
	(void)printf("statement  %s: sign it with `assay sign'\n",
	             opt.output != NULL ? opt.output : path);
	return ASSAY_EXIT_MATCH;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement verdict = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	if (check_options(err) < 0 || assay_cli_statement_text(argv[0], &text, err) < 0)
		return -1;
	if (assay_statement_parse(assay_span_of_bytes(&text), &verdict, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	if (strcmp(verdict.predicate_type, ASSAY_PREDICATE_VERDICT) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a verdict of a comparison",
		                  argv[0]);
	return write_statement(&verdict, err);
}

const struct assay_command assay_cmd_attach = {
	.name = "attach",
	.args = "VERDICT",
	.summary = "bind another report to the files that a verdict is about",
	.example = "assay attach --kind penetration-test --result PASSED --report pentest.pdf "
		   "verdict.dsse.json",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
