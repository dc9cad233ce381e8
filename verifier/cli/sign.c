/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay sign`: a signature over a statement, or one more on an envelope. */
#include <fcntl.h>
#include <sys/stat.h>

#include "attest/document.h"
#include "attest/envelope.h"
#include "attest/statement.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/keys.h"

static const char *output;

static const struct assay_option options[] = {
	ASSAY_OPTION_KEY,
	{ "output", 'o', "FILE", "where the envelope goes (default: see below)", ASSAY_OPTION_TEXT,
	  &output },
	ASSAY_OPTION_PASSPHRASE_FILE,
	ASSAY_OPTION_PASSPHRASE_FD,
	ASSAY_OPTION_PKCS11_MODULE,
	{ .name = NULL },
};

static const char statement_end[] = ".intoto.json";

/* The statements that verify leaves in its folder. There is no provenance where no build began. */
static const struct {
	const char *name;
	bool optional;
} statements[] = {
	{ "provenance.intoto.json", true },
	{ "verdict.intoto.json", false },
	{ "summary.intoto.json", false },
};

/* x.intoto.json becomes x.dsse.json; an envelope is replaced by the one with one more signature. */
static char *output_path(const char *path, bool is_envelope)
{
	size_t len = strlen(path), end = strlen(statement_end);

	if (output != NULL)
		return assay_strdup(output);
	if (is_envelope)
		return assay_strdup(path);
	if (len > end && strcmp(path + len - end, statement_end) == 0)
		return assay_asprintf("%.*s.dsse.json", (int)(len - end), path);
	return assay_asprintf("%s.dsse.json", path);
}

/* Out: *envelope, and the statement in it. A payload that is no statement is not signed. */
static int load(const char *path, struct assay_envelope *envelope, bool *is_envelope,
                struct assay_statement *statement, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_span text;

	if (assay_file_read(AT_FDCWD, path, ASSAY_ENVELOPE_MAX, &file, err) < 0)
		return -1;
	text = assay_span_of_bytes(&file);
	if (assay_document_parse(text, ASSAY_ENVELOPE_MAX, &json, err) < 0)
		return -1;
	*is_envelope = assay_envelope_is(json);
	if (!*is_envelope)
		assay_envelope_make(ASSAY_ENVELOPE_INTOTO, text, envelope);
	else if (assay_envelope_parse(text, envelope, err) < 0)
		return -1;
	if (strcmp(envelope->payload_type, ASSAY_ENVELOPE_INTOTO) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "payloadType: is not %s",
		                  ASSAY_ENVELOPE_INTOTO);
	return assay_statement_parse(assay_span_of_bytes(&envelope->payload), statement, err);
}

static int sign_file(const char *path, const struct assay_key *key, struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, said = { 0 };
	ASSAY_AUTO_FREE char *to = NULL;
	char id[ASSAY_SHA256_HEX];
	bool is_envelope;

	if (load(path, &envelope, &is_envelope, &statement, err) < 0 ||
	    assay_envelope_sign(&envelope, key, err) < 0)
		return assay_fail_in(err, "%s", path);
	to = output_path(path, is_envelope);
	assay_envelope_write(&envelope, &text);
	if (assay_file_write(AT_FDCWD, to, assay_buffer_span(&text), 0666, err) < 0)
		return -1;
	assay_statement_describe(&statement, &said);
	assay_sha256_hex(assay_key_id(key), id);
	(void)printf("%ssigned by  %s, signature %zu\nin         %s\n", assay_buffer_str(&said), id,
	             envelope.count, to);
	return 0;
}

static int sign_folder(const char *folder, const struct assay_key *key, struct assay_error *err)
{
	if (output != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--output: is for one file");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(statements); i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", folder, statements[i].name);

		if (statements[i].optional && access(path, F_OK) < 0)
			continue;
		if (sign_file(path, key, err) < 0)
			return -1;
	}
	return 0;
}

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	struct stat st;
	int result;

	if (assay_key_opt.key == NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--key: say whose signature it is to be");
	if (stat(argv[0], &st) < 0)
		return assay_fail_errno(err, "%s", argv[0]);
	if (assay_cli_key_open(assay_key_opt.key, &key, err) < 0)
		return -1;
	result =
		S_ISDIR(st.st_mode) ? sign_folder(argv[0], key, err) : sign_file(argv[0], key, err);
	return result < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_sign = {
	.name = "sign",
	.args = "FILE|FOLDER",
	.summary = "sign a statement, add a signature to an envelope, or sign a result's folder",
	.example = "assay sign --key lab-a.key assay-router-4.2.1\n"
		   "assay sign --key checker.key assay-router-4.2.1/verdict.dsse.json",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
