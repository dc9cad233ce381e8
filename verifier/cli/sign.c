/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay sign`: a signature over a statement, or one more on an envelope. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "attest/chain.h"
#include "attest/document.h"
#include "attest/revocation.h"
#include "attest/statement.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/keys.h"

static const char *output, *certificate;

static const struct assay_option options[] = {
	ASSAY_OPTION_KEY,
	{ "output", 'o', "FILE", "where the envelope goes (default: see below)", ASSAY_OPTION_TEXT,
	  &output },
	{ "certificate", 0, "FILE",
	  "put these certificates beside the signature, the key's own first", ASSAY_OPTION_TEXT,
	  &certificate },
	ASSAY_OPTION_PASSPHRASE_FILE,
	ASSAY_OPTION_PASSPHRASE_FD,
	ASSAY_OPTION_PKCS11_MODULE,
	{ .name = NULL },
};

static const char statement_end[] = ".intoto.json";

/* The statements that verify and review leave in their folders. */
static const char *const statements[] = {
	"provenance.intoto.json", /* not there when no build was begun */
	"verdict.intoto.json", "summary.intoto.json",
	"review.intoto.json", /* alone in the folder of a review */
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

/* What may be signed, by the type of the payload: what is neither is not signed. */
static int describe_statement(struct assay_span payload, struct assay_buffer *out,
                              struct assay_error *err)
{
	ASSAY_AUTO_STATEMENT struct assay_statement statement = { 0 };

	if (assay_statement_parse(payload, &statement, err) < 0)
		return -1;
	assay_statement_describe(&statement, out);
	return 0;
}

static int describe_revocation(struct assay_span payload, struct assay_buffer *out,
                               struct assay_error *err)
{
	ASSAY_AUTO_REVOCATION struct assay_revocation list = { 0 };
	char when[ASSAY_CLOCK_TEXT];

	if (assay_revocation_parse(payload, &list, err) < 0)
		return -1;
	assay_clock_text(list.expires, when);
	assay_buffer_printf(out, "revokes    %zu\nnumber     %" PRIu64 "\nexpires    %s\n",
	                    json_array_size(list.revoked), list.number, when);
	return 0;
}

static const struct {
	const char *type;
	const char *schema; /* of a file that is not in an envelope yet */
	int (*describe)(struct assay_span payload, struct assay_buffer *out,
	                struct assay_error *err);
} payloads[] = {
	{ ASSAY_ENVELOPE_INTOTO, "", describe_statement },
	{ ASSAY_REVOCATION_TYPE, ASSAY_REVOCATION_SCHEMA, describe_revocation },
};

static int describe(const struct assay_envelope *envelope, struct assay_buffer *out,
                    struct assay_error *err)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(payloads); i++)
		if (strcmp(envelope->payload_type, payloads[i].type) == 0)
			return payloads[i].describe(assay_span_of_bytes(&envelope->payload), out,
			                            err);
	return assay_fail(err, ASSAY_E_FORMAT, "payloadType: is neither %s nor %s",
	                  payloads[0].type, payloads[1].type);
}

/* Out: *envelope, made or read, and what it says for people. */
static int load(const char *path, struct assay_envelope *envelope, bool *is_envelope,
                struct assay_buffer *said, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_JSON json_t *json = NULL;
	struct assay_span text;
	bool revocation;

	if (assay_file_read(AT_FDCWD, path, ASSAY_ENVELOPE_MAX, &file, err) < 0)
		return -1;
	text = assay_span_of_bytes(&file);
	if (assay_document_parse(text, ASSAY_ENVELOPE_MAX, &json, err) < 0)
		return -1;
	*is_envelope = assay_envelope_is(json);
	revocation = strcmp(assay_field_or_empty(json, "schema"), payloads[1].schema) == 0;
	if (!*is_envelope)
		assay_envelope_make(payloads[revocation].type, text, envelope);
	else if (assay_envelope_parse(text, envelope, err) < 0)
		return -1;
	return describe(envelope, said, err);
}

/* Never over signatures of others: an envelope of the same statement that is there already gets one
 * signature more, anything else stays as it is. */
static int take_earlier(const char *to, struct assay_envelope *envelope, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	struct assay_envelope earlier = { 0 };
	struct assay_error why = ASSAY_ERROR_INIT;

	if (assay_file_read(AT_FDCWD, to, ASSAY_ENVELOPE_MAX, &file, err) < 0)
		return -1;
	if (assay_envelope_parse(assay_span_of_bytes(&file), &earlier, &why) < 0 ||
	    strcmp(earlier.payload_type, envelope->payload_type) != 0 ||
	    !assay_span_equal(assay_span_of_bytes(&earlier.payload),
	                      assay_span_of_bytes(&envelope->payload))) {
		assay_envelope_fini(&earlier);
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s: is there already and holds something else: choose another "
		                  "name with --output",
		                  to);
	}
	assay_envelope_fini(envelope);
	*envelope = earlier;
	return 0;
}

static int check_output(const char *path, const char *to, bool is_envelope,
                        struct assay_envelope *envelope, struct assay_error *err)
{
	if (strcmp(path, to) == 0 || access(to, F_OK) < 0)
		return 0;
	if (is_envelope)
		return assay_fail(err, ASSAY_E_USAGE, "%s: is there already", to);
	return take_earlier(to, envelope, err);
}

/* Certificates beside the newest signature: who reads it and trusts their root then knows the key. */
static int add_certificates(struct assay_envelope *envelope, const struct assay_key *key,
                            struct assay_error *err)
{
	json_t *signature = envelope->signatures[envelope->count - 1].json;
	ASSAY_AUTO_BYTES struct assay_bytes file = { 0 };
	ASSAY_AUTO_KEY struct assay_key *own = NULL;

	if (certificate == NULL)
		return 0;
	if (assay_file_read(AT_FDCWD, certificate, ASSAY_CHAIN_MAX, &file, err) < 0)
		return -1;
	if (assay_key_read(assay_span_of_bytes(&file), NULL, &own, err) < 0)
		return assay_fail_in(err, "%s", certificate);
	if (assay_key_is_private(own) || !assay_sha256_equal(assay_key_id(own), assay_key_id(key)))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "%s: does not begin with a certificate of this key", certificate);
	assay_json_set(signature, "certificates", assay_json_str(assay_span_of_bytes(&file)));
	return 0;
}

static int sign_file(const char *path, const struct assay_key *key, struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, said = { 0 };
	ASSAY_AUTO_FREE char *to = NULL;
	char id[ASSAY_SHA256_HEX];
	bool is_envelope;

	if (load(path, &envelope, &is_envelope, &said, err) < 0)
		return assay_fail_in(err, "%s", path);
	to = output_path(path, is_envelope);
	if (check_output(path, to, is_envelope, &envelope, err) < 0)
		return -1;
	if (assay_envelope_sign(&envelope, key, err) < 0 ||
	    add_certificates(&envelope, key, err) < 0)
		return assay_fail_in(err, "%s", path);
	assay_envelope_write(&envelope, &text);
	if (assay_file_write(AT_FDCWD, to, assay_buffer_span(&text), 0666, err) < 0)
		return -1;
	assay_sha256_hex(assay_key_id(key), id);
	(void)printf("%ssigned by  %s, signature %zu\nin         %s\n", assay_buffer_str(&said), id,
	             envelope.count, to);
	return 0;
}

static int sign_folder(const char *folder, const struct assay_key *key, struct assay_error *err)
{
	bool any = false;

	if (output != NULL)
		return assay_fail(err, ASSAY_E_USAGE, "--output: is for one file");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(statements); i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", folder, statements[i]);

		if (access(path, F_OK) < 0)
			continue;
		if (sign_file(path, key, err) < 0)
			return -1;
		any = true;
	}
	return any ? 0
	           : assay_fail(err, ASSAY_E_USAGE, "%s: has no statement that could be signed",
	                        folder);
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
	.summary =
		"sign a statement or revocation list, an envelope once more, or a result's folder",
	.example = "assay sign --key lab-a.key assay-router-4.2.1\n"
		   "assay sign --key checker.key assay-router-4.2.1/verdict.dsse.json",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
