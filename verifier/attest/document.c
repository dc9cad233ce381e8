/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/document.h"

#include <inttypes.h>

#include "base/clock.h"

/* How deep brackets nest outside of text. jansson would go on to 2048, each a call deeper. */
static unsigned depth_of(struct assay_span text)
{
	unsigned depth = 0, deepest = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[') && ++depth > deepest)
			deepest = depth;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return deepest;
}

int assay_document_parse(struct assay_span text, uint64_t limit, json_t **out,
                         struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = NULL;

	if (text.len > limit)
		return assay_fail(err, ASSAY_E_LIMIT, "%zu bytes, limit %" PRIu64, text.len, limit);
	if (depth_of(text) > ASSAY_DOCUMENT_DEPTH)
		return assay_fail(err, ASSAY_E_LIMIT, "nested more than %d deep",
		                  ASSAY_DOCUMENT_DEPTH);
	if (assay_json_parse(text, &json, err) < 0)
		return -1;
	if (!json_is_object(json))
		return assay_fail(err, ASSAY_E_FORMAT, "not a JSON object");
	*out = assay_steal(&json);
	return 0;
}

static const char *const type_names[] = {
	[JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array", [JSON_STRING] = "text",
	[JSON_INTEGER] = "an integer", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
	[JSON_FALSE] = "false",        [JSON_NULL] = "null",
};

const json_t *assay_field(const json_t *object, const char *key, json_type type,
                          struct assay_error *err)
{
	const json_t *value = json_object_get(object, key);

	if (value != NULL && json_typeof(value) == type)
		return value;
	if (value == NULL)
		(void)assay_fail(err, ASSAY_E_FORMAT, "%s: missing", key);
	else
		(void)assay_fail(err, ASSAY_E_FORMAT, "%s: must be %s", key, type_names[type]);
	return NULL;
}

const char *assay_field_text(const json_t *object, const char *key, struct assay_error *err)
{
	const json_t *value = assay_field(object, key, JSON_STRING, err);

	return value != NULL ? json_string_value(value) : NULL;
}

const char *assay_field_or_empty(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

int assay_field_sha256(const json_t *object, const char *key, struct assay_sha256 *out,
                       struct assay_error *err)
{
	const char *text = assay_field_text(object, key, err);

	if (text == NULL)
		return -1;
	if (!assay_sha256_parse(text, out))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "%s: not 64 hexadecimal digits in lower case", key);
	return 0;
}

int assay_field_time(const json_t *object, const char *key, int64_t *out, struct assay_error *err)
{
	const char *text = assay_field_text(object, key, err);

	if (text == NULL)
		return -1;
	if (!assay_clock_parse(text, out))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: not a time like 2026-11-25T06:31:44Z",
		                  key);
	return 0;
}
