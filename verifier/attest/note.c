/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/note.h"

#include <inttypes.h>

#include "attest/base64.h"
#include "base/cursor.h"
#include "base/memory.h"
#include "base/quote.h"

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space: signed-note, "Format" */

#define PUBLIC_BYTES 32    /* RFC 8032, 5.1.5 */
#define SIGNATURE_BYTES 64 /* RFC 8032, 5.1.6 */

void assay_note_verifier_fini(struct assay_note_verifier *verifier)
{
	free(verifier->name);
	assay_key_free(verifier->key);
	*verifier = (struct assay_note_verifier){ 0 };
}

/* The first four bytes of SHA-256(name, newline, type, key). */
static uint32_t key_id(struct assay_span name, uint8_t type, struct assay_span key)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_sha256 digest;

	assay_buffer_add(&text, name.ptr, name.len);
	assay_buffer_add(&text, "\n", 1);
	assay_buffer_add(&text, &type, 1);
	assay_buffer_add(&text, key.ptr, key.len);
	assay_sha256(assay_buffer_span(&text), &digest);
	return (uint32_t)assay_load(digest.bytes, 4, true);
}

static bool good_name(struct assay_span name)
{
	if (name.len == 0 || name.len > 255 || assay_quote_plain(name) != name.len)
		return false;
	return memchr(name.ptr, ' ', name.len) == NULL && memchr(name.ptr, '+', name.len) == NULL;
}

static bool parse_id(struct assay_span text, uint32_t *out)
{
	char digits[9] = "";
	char *end;

	if (text.len != 8)
		return false;
	memcpy(digits, text.ptr, 8);
	if (strspn(digits, "0123456789abcdef") != 8)
		return false;
	*out = (uint32_t)strtoul(digits, &end, 16);
	return true;
}

/* Cut at the first of a character. Return: what stands before it; *rest what stands behind. */
static struct assay_span cut(struct assay_span *rest, char at)
{
	const uint8_t *p = rest->len > 0 ? memchr(rest->ptr, at, rest->len) : NULL;
	struct assay_span before = *rest;

	if (p == NULL) {
		*rest = assay_span_of(NULL, 0);
		return before;
	}
	before.len = (size_t)(p - rest->ptr);
	*rest = assay_span_sub(*rest, before.len + 1, rest->len);
	return before;
}

int assay_note_verifier_parse(struct assay_span text, struct assay_note_verifier *out,
                              struct assay_error *err)
{
	ASSAY_AUTO_NOTE_VERIFIER struct assay_note_verifier verifier = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes key = { 0 };
	struct assay_span rest = text, name = cut(&rest, '+'), id = cut(&rest, '+');

	if (!good_name(name) || !parse_id(id, &verifier.id))
		return assay_fail(err, ASSAY_E_FORMAT, "not a verifier key: NAME+ID+KEY");
	if (assay_base64_parse(rest, &key, err) < 0)
		return assay_fail_in(err, "verifier key");
	if (key.len != 1 + PUBLIC_BYTES ||
	    (key.ptr[0] != ASSAY_NOTE_ED25519 && key.ptr[0] != ASSAY_NOTE_COSIGNATURE))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "verifier key: of a type that this version cannot verify");
	verifier.type = key.ptr[0];
	if (key_id(name, verifier.type, assay_span_of(key.ptr + 1, PUBLIC_BYTES)) != verifier.id)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "verifier key: its id is not that of its key");
	if (assay_key_from_ed25519(key.ptr + 1, &verifier.key, err) < 0)
		return -1;
	verifier.name = assay_strndup((const char *)name.ptr, name.len);
	*out = verifier;
	verifier = (struct assay_note_verifier){ 0 };
	return 0;
}

int assay_note_verifier_of(const char *name, const struct assay_key *key, struct assay_buffer *out,
                           struct assay_error *err)
{
	uint8_t raw[1 + PUBLIC_BYTES] = { ASSAY_NOTE_ED25519 };
	struct assay_span public = assay_span_of(raw + 1, PUBLIC_BYTES);

	if (!good_name(assay_span_of_str(name)))
		return assay_fail(err, ASSAY_E_USAGE,
		                  "the name of a note's signer has neither spaces nor a plus");
	if (!assay_key_ed25519(key, raw + 1))
		return assay_fail(err, ASSAY_E_USAGE, "notes are signed with an Ed25519 key");
	assay_buffer_printf(out, "%s+%08" PRIx32 "+", name,
	                    key_id(assay_span_of_str(name), ASSAY_NOTE_ED25519, public));
	assay_base64_write(out, assay_span_of(raw, sizeof(raw)));
	return 0;
}

void assay_note_fini(struct assay_note *note)
{
	for (size_t i = 0; i < note->count; i++)
		assay_bytes_fini(&note->signatures[i].bytes);
	*note = (struct assay_note){ 0 };
}

bool assay_note_line(struct assay_span *text, struct assay_span *line)
{
	const uint8_t *end = text->len > 0 ? memchr(text->ptr, '\n', text->len) : NULL;

	if (end == NULL)
		return false;
	*line = assay_span_of(text->ptr, (size_t)(end - text->ptr));
	*text = assay_span_sub(*text, line->len + 1, text->len);
	return true;
}

bool assay_note_number(struct assay_span text, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(c - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

int assay_note_hash(struct assay_span text, struct assay_sha256 *out, struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes bytes = { 0 };

	if (assay_base64_parse(text, &bytes, err) < 0)
		return -1;
	if (bytes.len != ASSAY_SHA256_SIZE)
		return assay_fail(err, ASSAY_E_FORMAT, "a hash has %d bytes, not %zu",
		                  ASSAY_SHA256_SIZE, bytes.len);
	memcpy(out->bytes, bytes.ptr, sizeof(out->bytes));
	return 0;
}

/* "— NAME BASE64", where the bytes are the id and the signature. */
static int take_signature(struct assay_note *note, struct assay_span line, struct assay_error *err)
{
	struct assay_note_signature *signature = &note->signatures[note->count];
	struct assay_span rest;

	if (note->count >= ASSAY_NOTE_SIGNATURES)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %d signatures",
		                  ASSAY_NOTE_SIGNATURES);
	if (!assay_span_starts(line, dash, strlen(dash)))
		return assay_fail(err, ASSAY_E_FORMAT, "a signature does not begin with a dash");
	rest = assay_span_sub(line, strlen(dash), line.len);
	signature->name = cut(&rest, ' ');
	if (!good_name(signature->name))
		return assay_fail(err, ASSAY_E_FORMAT, "a signature has no good name");
	if (assay_base64_parse(rest, &signature->bytes, err) < 0)
		return assay_fail_in(err, "signature");
	note->count++;
	if (signature->bytes.len < 5)
		return assay_fail(err, ASSAY_E_FORMAT, "a signature has no bytes");
	signature->id = (uint32_t)assay_load(signature->bytes.ptr, 4, true);
	return 0;
}

/* Where the signatures begin: behind the last empty line. */
static bool find_end(struct assay_span text, size_t *end)
{
	for (size_t i = text.len; i > 1; i--)
		if (text.ptr[i - 1] == '\n' && text.ptr[i - 2] == '\n') {
			*end = i - 1;
			return true;
		}
	return false;
}

int assay_note_parse(struct assay_span text, struct assay_note *out, struct assay_error *err)
{
	ASSAY_AUTO_NOTE struct assay_note note = { 0 };
	struct assay_span rest, line;
	size_t end;

	if (text.len > ASSAY_NOTE_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "longer than any note");
	if (!assay_quote_is_text(text) || memchr(text.ptr, '\t', text.len) != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "not a note: other than plain text");
	if (!find_end(text, &end) || end == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not a note: no empty line and signatures");
	note.text = assay_span_sub(text, 0, end);
	rest = assay_span_sub(text, end + 1, text.len);
	while (assay_note_line(&rest, &line))
		if (take_signature(&note, line, err) < 0)
			return -1;
	if (rest.len > 0 || note.count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not a note: cut short");
	*out = note;
	note = (struct assay_note){ 0 };
	return 0;
}

/* A cosignature: a time, and a signature over it and the note. */
static bool verify_cosignature(const struct assay_note *note,
                               const struct assay_note_verifier *verifier,
                               struct assay_span signature, uint64_t *time)
{
	ASSAY_AUTO_BUFFER struct assay_buffer message = { 0 };

	if (signature.len != 8 + SIGNATURE_BYTES)
		return false;
	*time = assay_load(signature.ptr, 8, true);
	assay_buffer_printf(&message, "cosignature/v1\ntime %" PRIu64 "\n", *time);
	assay_buffer_add(&message, note->text.ptr, note->text.len);
	return assay_key_verify(verifier->key, assay_buffer_span(&message),
	                        assay_span_sub(signature, 8, SIGNATURE_BYTES));
}

int assay_note_verify(const struct assay_note *note, const struct assay_note_verifier *verifier,
                      uint64_t *time, struct assay_error *err)
{
	for (size_t i = 0; i < note->count; i++) {
		const struct assay_note_signature *s = &note->signatures[i];
		struct assay_span bytes =
			assay_span_sub(assay_span_of_bytes(&s->bytes), 4, SIZE_MAX);
		uint64_t when = 0;
		bool good;

		if (s->id != verifier->id || !assay_span_is(s->name, verifier->name))
			continue;
		good = verifier->type == ASSAY_NOTE_COSIGNATURE
		               ? verify_cosignature(note, verifier, bytes, &when)
		               : assay_key_verify(verifier->key, note->text, bytes);
		if (!good)
			return assay_fail(err, ASSAY_E_TRUST, "the signature of %s is bad",
			                  verifier->name);
		if (verifier->type == ASSAY_NOTE_COSIGNATURE)
			*time = when;
		return 1;
	}
	return 0;
}

int assay_note_sign(const char *name, const struct assay_key *key, struct assay_span text,
                    struct assay_buffer *out, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer verifier = { 0 }, bytes = { 0 };
	ASSAY_AUTO_BYTES struct assay_bytes signature = { 0 };
	ASSAY_AUTO_NOTE_VERIFIER struct assay_note_verifier ours = { 0 };

	if (assay_note_verifier_of(name, key, &verifier, err) < 0 ||
	    assay_note_verifier_parse(assay_buffer_span(&verifier), &ours, err) < 0 ||
	    assay_key_sign(key, text, &signature, err) < 0)
		return -1;
	for (int shift = 24; shift >= 0; shift -= 8)
		assay_buffer_add(&bytes, &(uint8_t){ (uint8_t)(ours.id >> shift) }, 1);
	assay_buffer_add(&bytes, signature.ptr, signature.len);
	assay_buffer_add(out, text.ptr, text.len);
	assay_buffer_printf(out, "\n%s%s ", dash, name);
	assay_base64_write(out, assay_buffer_span(&bytes));
	assay_buffer_add_str(out, "\n");
	return 0;
}

int assay_checkpoint_parse(struct assay_span text, struct assay_checkpoint *out,
                           struct assay_error *err)
{
	struct assay_span rest = text, size, root;

	if (!assay_note_line(&rest, &out->origin) || !assay_note_line(&rest, &size) ||
	    !assay_note_line(&rest, &root) || out->origin.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "not a checkpoint: origin, size and root");
	if (!assay_note_number(size, &out->tree.size))
		return assay_fail(err, ASSAY_E_FORMAT, "not a checkpoint: the size is no number");
	if (assay_note_hash(root, &out->tree.root, err) < 0)
		return assay_fail_in(err, "not a checkpoint: root");
	return 0;
}

void assay_checkpoint_write(const char *origin, const struct assay_merkle_tree *tree,
                            struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s\n%" PRIu64 "\n", origin, tree->size);
	assay_base64_write(out, assay_span_of(tree->root.bytes, sizeof(tree->root.bytes)));
	assay_buffer_add_str(out, "\n");
}
