/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay stamp attach`: put a time stamp authority's answer into the envelope. */
#include "attest/stamp.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/stamp.h"

#define CRLS_MAX 16

static const char *response;

static const struct assay_option options[] = {
	{ "response", 'r', "FILE", "the authority's answer", ASSAY_OPTION_TEXT, &response },
	{ .name = NULL },
};

static void unmap(struct assay_map (*maps)[CRLS_MAX])
{
	for (size_t i = 0; i < CRLS_MAX; i++)
		assay_map_fini(&(*maps)[i]);
}

static int attach(struct assay_envelope *envelope, char *crls[], size_t count,
                  struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes answer = { 0 };
	ASSAY_AUTO(unmap) struct assay_map maps[CRLS_MAX] = { 0 };
	struct assay_span spans[CRLS_MAX];

	if (count > CRLS_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d CRLs", CRLS_MAX);
	if (assay_file_read(AT_FDCWD, response, ASSAY_STAMP_FILE_MAX, &answer, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (assay_map_open(crls[i], &maps[i], err) < 0)
			return -1;
		spans[i] = maps[i].span;
	}
	return assay_stamp_attach(envelope, assay_span_of_bytes(&answer), spans, count, err);
}

static int run(int argc, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (response == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--response: name the authority's answer");
	if (assay_cli_envelope(argv[0], &envelope, err) < 0)
		return -1;
	if (attach(&envelope, argv + 1, (size_t)argc - 1, err) < 0)
		return assay_fail_in(err, "%s", argv[0]);
	assay_envelope_write(&envelope, &text);
	if (assay_file_write(AT_FDCWD, argv[0], assay_buffer_span(&text), 0666, err) < 0)
		return -1;
	(void)printf("stamped    %s\n", argv[0]);
	return ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_stamp_attach = {
	.name = "stamp attach",
	.args = "ENVELOPE [CRL…]",
	.summary = "put a time stamp into an envelope, with the revocation lists of its time",
	.example = "assay stamp attach --response verdict.tsr verdict.dsse.json tsa-ca.crl",
	.options = options,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
