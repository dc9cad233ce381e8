/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `assay key show`: what a key is, and its public half. */
#include "attest/note.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/keys.h"
#include "cli/output.h"

static bool public;
static const char *note;

static const struct assay_option options[] = {
	{ "public", 'p', NULL, "print the public key as PEM and nothing else", ASSAY_OPTION_FLAG,
	  &public },
	{ "note", 0, "NAME", "print it as the verifier key of a log or witness of this name",
	  ASSAY_OPTION_TEXT, &note },
	ASSAY_OPTION_JSON,
	ASSAY_OPTION_PASSPHRASE_FILE,
	ASSAY_OPTION_PASSPHRASE_FD,
	ASSAY_OPTION_PKCS11_MODULE,
	{ .name = NULL },
};

static int run(int argc ASSAY_UNUSED, char *argv[], struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, pem = { 0 };
	ASSAY_AUTO_KEY struct assay_key *key = NULL;
	ASSAY_AUTO_JSON json_t *json = json_object();
	char id[ASSAY_SHA256_HEX];
	const char *kind;

	if (assay_cli_key_open(argv[0], &key, err) < 0)
		return -1;
	kind = assay_key_kind_name(assay_key_kind(key));
	assay_sha256_hex(assay_key_id(key), id);
	assay_key_write_public(key, &pem);
	assay_json_set_str(json, "schema", "assay.key/1");
	assay_json_set_str(json, "type", kind);
	assay_json_set_str(json, "id", id);
	assay_json_set_bool(json, "private", assay_key_is_private(key));
	assay_json_set_str(json, "public", assay_buffer_str(&pem));
	if (note != NULL) {
		if (assay_note_verifier_of(note, key, &text, err) < 0)
			return -1;
		assay_buffer_add_str(&text, "\n");
	} else if (public)
		assay_buffer_add_str(&text, assay_buffer_str(&pem));
	else
		assay_buffer_printf(&text, "type     %s\nhalf     %s\nid       %s\n", kind,
		                    assay_key_is_private(key) ? "private" : "public", id);
	return assay_output_write(json, &text, err) < 0 ? -1 : ASSAY_EXIT_MATCH;
}

const struct assay_command assay_cmd_key_show = {
	.name = "key show",
	.args = "KEY",
	.summary = "say what a key is: a PEM file, a certificate, or a token's pkcs11:URI",
	.example = "assay key show lab-a.pub\n"
		   "assay key show --public --passphrase-file pin 'pkcs11:token=lab;object=a'",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
