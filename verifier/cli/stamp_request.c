/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay stamp request`: what to send to a time stamp authority. */
#include "attest/stamp.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/stamp.h"

static const char *output;

static const struct assay_option options[] = {
	{ "output", 'o', "FILE", "where the request goes (default: ENVELOPE.tsq)",
	  ASSAY_OPTION_TEXT, &output },
	{ .name = NULL },
};

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes der = { 0 };
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s.tsq", argv[0]);
	const char *to = output != NULL ? output : path;

	if (assay_cli_envelope(argv[0], &envelope, err) < 0)
		return -1;
	if (assay_stamp_request(&envelope, &der, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	if (assay_file_write(AT_FDCWD, to, assay_span_of_bytes(&der), 0666, err) < 0)
		return -1;
	(void)printf("request    %s\n", to);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_stamp_request = {
	.name = "stamp request",
	.args = "ENVELOPE",
	.summary = "make a request for a time stamp on an envelope's signatures",
	.example = "assay stamp request verdict.dsse.json",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
