/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay export`: a verdict or reference pack in the form of somebody else. */
#include "attest/export.h"

#include <fcntl.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/statements.h"
#include "config.h"

static struct {
	const char *as;
	const char *output;
} opt;

static const struct assay_option options[] = {
	{ "as", 0, "FORM", ASSAY_EXPORT_NAMES, ASSAY_OPTION_TEXT, &opt.as },
	{ "output", 'o', "FILE", "where it goes (default: standard output)", ASSAY_OPTION_TEXT,
	  &opt.output },
	{ .name = NULL },
};

static int export(struct assay_span text, const struct assay_export *form, struct assay_buffer *out,
                  struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	struct assay_export_input input = { .statement = &statement, .version = PACKAGE_VERSION };

	if (assay_statement_parse(text, &statement, err) < 0)
		return -1;
	assay_sha256(text, &input.digest);
	return form->write(&input, out, err);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	const struct assay_export *form = opt.as != NULL ? assay_export_find(opt.as) : NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes text = { 0 };

	if (form == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--as: " ASSAY_EXPORT_NAMES);
	if (assay_cli_statement_text(argv[0], &text, err) < 0)
		return -1;
	if (export(assay_span_of_bytes(&text), form, &out, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	if (opt.output != NULL)
		return assay_file_write(AT_FDCWD, opt.output, assay_buffer_span(&out), 0666, err);
	return assay_write_full(STDOUT_FILENO, assay_buffer_span(&out), err);
}

const struct assay_command assay_cmd_export = {
	.name = "export",
	.args = "STATEMENT",
	.summary = "write a verdict or reference pack in a form that others read",
	.example = "assay export --as cyclonedx verdict.dsse.json\n"
		   "assay export --as mtree -o rootfs.mtree router-4.2.1.bin.reference.dsse.json",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
