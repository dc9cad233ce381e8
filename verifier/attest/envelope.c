/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/envelope.h"

#include "attest/base64.h"
#include "attest/document.h"
#include "base/memory.h"

#define TYPE_BYTES 255
#define SIGNATURE_TEXT_MAX 12288 /* bytes of base64: RSA of 65536 bits, as much as OpenSSL takes */

void assay_envelope_fini(struct assay_envelope *envelope)
{
	for (size_t i = 0; i < envelope->count; i++)
		assay_bytes_fini(&envelope->signatures[i].bytes);
	assay_bytes_fini(&envelope->payload);
	json_decref(envelope->json);
	*envelope = (struct assay_envelope){ 0 };
}

bool assay_envelope_is(const json_t *json)
{
	return json_object_get(json, "payload") != NULL &&
	       json_object_get(json, "payloadType") != NULL;
}

static int take_signature(struct assay_envelope *envelope, json_t *json, struct assay_error *err)
{
	struct assay_signature *signature = &envelope->signatures[envelope->count];
	const char *text;

	if (!json_is_object(json))
		return assay_fail(err, ASSAY_E_FORMAT, "must be an object");
	text = assay_field_text(json, "sig", err);
	if (text == NULL)
		return -1;
	if (strlen(text) > SIGNATURE_TEXT_MAX)
		return assay_fail(err, ASSAY_E_LIMIT, "sig: longer than any signature");
	if (assay_base64_parse(assay_span_of_str(text), &signature->bytes, err) < 0)
		return assay_fail_in(err, "sig");
	signature->json = json;
	envelope->count++;
	return 0;
}

static int take_signatures(struct assay_envelope *envelope, struct assay_error *err)
{
	const json_t *list = assay_field(envelope->json, "signatures", JSON_ARRAY, err);

	if (list == NULL)
		return -1;
	if (json_array_size(list) > ASSAY_ENVELOPE_SIGNATURES)
		return assay_fail(err, ASSAY_E_LIMIT, "signatures: more than %d",
		                  ASSAY_ENVELOPE_SIGNATURES);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (take_signature(envelope, json_array_get(list, i), err) < 0)
			return assay_fail_in(err, "signatures[%zu]", i);
	return 0;
}

static int take_payload(struct assay_envelope *envelope, struct assay_error *err)
{
	const char *payload = assay_field_text(envelope->json, "payload", err);

	if (payload == NULL)
		return -1;
	if (assay_base64_parse(assay_span_of_str(payload), &envelope->payload, err) < 0)
		return assay_fail_in(err, "payload");
	envelope->payload_type = assay_field_text(envelope->json, "payloadType", err);
	if (envelope->payload_type == NULL)
		return -1;
	if (strlen(envelope->payload_type) > TYPE_BYTES)
		return assay_fail(err, ASSAY_E_LIMIT, "payloadType: longer than %d bytes",
		                  TYPE_BYTES);
	return 0;
}

int assay_envelope_parse(struct assay_span text, struct assay_envelope *out,
                         struct assay_error *err)
{
	ASSAY_AUTO_ENVELOPE struct assay_envelope envelope = { 0 };

	if (assay_document_parse(text, ASSAY_ENVELOPE_MAX, &envelope.json, err) < 0)
		return -1;
	if (take_payload(&envelope, err) < 0 || take_signatures(&envelope, err) < 0)
		return -1;
	*out = envelope;
	envelope = (struct assay_envelope){ 0 };
	return 0;
}

void assay_envelope_make(const char *payload_type, struct assay_span payload,
                         struct assay_envelope *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	*out = (struct assay_envelope){ .json = json_object() };
	assay_base64_write(&text, payload);
	assay_json_set_str(out->json, "payload", assay_buffer_str(&text));
	assay_json_set_str(out->json, "payloadType", payload_type);
	assay_json_set(out->json, "signatures", json_array());
	out->payload_type = json_string_value(json_object_get(out->json, "payloadType"));
	out->payload.ptr = assay_calloc(payload.len + 1, 1);
	out->payload.len = payload.len;
	if (payload.len > 0)
		memcpy(out->payload.ptr, payload.ptr, payload.len);
}

void assay_envelope_pae(const struct assay_envelope *envelope, struct assay_buffer *out)
{
	assay_buffer_printf(out, "DSSEv1 %zu %s %zu ", strlen(envelope->payload_type),
	                    envelope->payload_type, envelope->payload.len);
	assay_buffer_add(out, envelope->payload.ptr, envelope->payload.len);
}

int assay_envelope_find(const struct assay_envelope *envelope, struct assay_span pae,
                        const struct assay_key *key)
{
	for (size_t i = 0; i < envelope->count; i++)
		if (assay_key_verify(key, pae, assay_span_of_bytes(&envelope->signatures[i].bytes)))
			return (int)i;
	return -1;
}

int assay_envelope_sign(struct assay_envelope *envelope, const struct assay_key *key,
                        struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer pae = { 0 }, text = { 0 };
	struct assay_signature *signature = &envelope->signatures[envelope->count];
	json_t *list = json_object_get(envelope->json, "signatures");

	if (envelope->count >= ASSAY_ENVELOPE_SIGNATURES)
		return assay_fail(err, ASSAY_E_LIMIT,
		                  "has %d signatures, there is no room for more",
		                  ASSAY_ENVELOPE_SIGNATURES);
	if (!assay_key_is_private(key))
		return assay_fail(err, ASSAY_E_USAGE, "a public key cannot sign");
	assay_envelope_pae(envelope, &pae);
	if (assay_envelope_find(envelope, assay_buffer_span(&pae), key) >= 0)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "is signed by this key already: a second signature needs another "
		                  "person's key");
	if (assay_key_sign(key, assay_buffer_span(&pae), &signature->bytes, err) < 0)
		return -1;
	/* A token or an engine may answer with something else than it was asked for. */
	if (!assay_key_verify(key, assay_buffer_span(&pae), assay_span_of_bytes(&signature->bytes)))
		return assay_fail(err, ASSAY_E_TOOL,
		                  "the key made a signature that is not its own");
	assay_base64_write(&text, assay_span_of_bytes(&signature->bytes));
	signature->json = json_object();
	assay_json_set_sha256(signature->json, "keyid", assay_key_id(key));
	assay_json_set_str(signature->json, "sig", assay_buffer_str(&text));
	assay_json_append(list, signature->json);
	envelope->count++;
	return 0;
}

void assay_envelope_write(const struct assay_envelope *envelope, struct assay_buffer *out)
{
	assay_json_pretty(envelope->json, out);
}
