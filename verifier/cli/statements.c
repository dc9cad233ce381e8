/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/statements.h"

#include <fcntl.h>

#include "attest/document.h"
#include "attest/envelope.h"
#include "base/file.h"
#include "config.h"

struct assay_statement_options assay_statement_opt;

/* The program is part of what a verdict rests on: its own bytes, not the file of that name. */
static int digest_of_ourselves(struct assay_sha256 *out, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return assay_fail_errno(err, "open /proc/self/exe");
	return assay_sha256_fd(fd, out, NULL, err);
}

int assay_cli_speaker(bool times, struct assay_speaker *out, struct assay_error *err)
{
	*out = (struct assay_speaker){
		.lab = assay_statement_opt.lab != NULL ? assay_statement_opt.lab
		                                       : ASSAY_LAB_UNNAMED,
		.performer = assay_statement_opt.performer,
		.version = PACKAGE_VERSION,
		.times = times,
	};
	return digest_of_ourselves(&out->program, err);
}

int assay_cli_write_statements(const struct assay_result *result,
                               const struct assay_result_dir *dir, bool times,
                               struct assay_error *err)
{
	ASSAY_AUTO_STATEMENTS struct assay_statements made = { 0 };
	struct assay_speaker speaker;

	if (assay_cli_speaker(times, &speaker, err) < 0)
		return -1;
	assay_statements_make(result, &speaker, &made);
	if (made.provenance.len > 0 &&
	    assay_result_dir_write(dir, "provenance.intoto.json",
	                           assay_buffer_span(&made.provenance), err) < 0)
		return -1;
	if (assay_result_dir_write(dir, "verdict.intoto.json", assay_buffer_span(&made.verdict),
	                           err) < 0)
		return -1;
	return assay_result_dir_write(dir, "summary.intoto.json", assay_buffer_span(&made.summary),
	                              err);
}

int assay_cli_statement_text(const char *path, struct assay_bytes *out, struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;

	if (assay_file_read(AT_FDCWD, path, ASSAY_ENVELOPE_MAX, &file, err) < 0)
		return -1;
	if (assay_document_parse(assay_span_of_bytes(&file), ASSAY_ENVELOPE_MAX, &json, err) < 0)
		return assay_fail_in(err, "%s", path);
	if (!assay_envelope_is(json)) {
		*out = file;
		file = (struct assay_bytes){ 0 };
		return 0;
	}
	if (assay_envelope_parse(assay_span_of_bytes(&file), &envelope, err) < 0)
		return assay_fail_in(err, "%s", path);
	*out = envelope.payload;
	envelope.payload = (struct assay_bytes){ 0 };
	return 0;
}
