/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay stamp check`: are an envelope's time stamps good, as of the times that they state? */
#include "attest/stamp.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/stamp.h"

static struct {
	const char *authority;
	bool without_crls;
} opt;

static const struct assay_option options[] = {
	{ "authority", 'a', "FILE", "certificates of the authorities that are believed, in PEM",
	  ASSAY_OPTION_TEXT, &opt.authority },
	{ "without-crls", 0, NULL, "take time stamps that have no revocation lists with them",
	  ASSAY_OPTION_FLAG, &opt.without_crls },
	{ .name = NULL },
};

static void print_stamp(size_t number, const struct assay_stamp *stamp, bool last)
{
	char text[ASSAY_CLOCK_TEXT];

	assay_clock_text(stamp->time, text);
	(void)printf("stamp %zu    %s, %zu signatures\n", number, text, stamp->signatures);
	if (!last || stamp->not_after >= assay_clock_wall())
		return;
	assay_clock_text(stamp->not_after, text);
	(void)printf("note       its certificate ran out on %s: consider a further time stamp\n",
	             text);
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes authority = { 0 };
	struct assay_stamp stamps[ASSAY_STAMPS_MAX];
	size_t count = 0;

	if (opt.authority == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--authority: say who is believed");
	if (assay_file_read(AT_FDCWD, opt.authority, ASSAY_STAMP_FILE_MAX, &authority, err) < 0 ||
	    assay_cli_envelope(argv[0], &envelope, err) < 0)
		return -1;
	if (assay_stamp_check(&envelope, assay_span_of_bytes(&authority), !opt.without_crls, stamps,
	                      &count, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	for (size_t i = 0; i < count; i++)
		print_stamp(i + 1, &stamps[i], i + 1 == count);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_stamp_check = {
	.name = "stamp check",
	.args = "ENVELOPE",
	.summary = "check an envelope's time stamps as of the times that they state",
	.example = "assay stamp check --authority tsa-ca.pem verdict.dsse.json",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
