/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <inttypes.h>

#include "base/die.h"
#include "base/memory.h"
#include "base/quote.h"

/* jansson fails only for lack of memory in the calls below; see memory.h. */
static void must(int result)
{
	if (result != 0)
		assay_die("cannot build a JSON value");
}

int assay_json_parse(struct assay_span text, json_t **out, struct assay_error *err)
{
	json_error_t problem;
	json_t *json;

	json = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &problem);
	if (json == NULL) {
		/* jansson says what is near, as it stands there. */
		ASSAY_AUTO_FREE char *quoted = assay_quoted(problem.text);

		return assay_fail_at(err, ASSAY_E_FORMAT, (uint64_t)problem.position,
		                     "JSON, line %d: %s", problem.line, quoted);
	}
	*out = json;
	return 0;
}

static int append_chunk(const char *chunk, size_t size, void *data)
{
	assay_buffer_add(data, chunk, size);
	return 0;
}

void assay_json_canonical(const json_t *json, struct assay_buffer *out)
{
	must(json_dump_callback(json, append_chunk, out,
	                        JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY));
}

void assay_json_pretty(const json_t *json, struct assay_buffer *out)
{
	must(json_dump_callback(json, append_chunk, out,
	                        JSON_SORT_KEYS | JSON_INDENT(1) | JSON_ENCODE_ANY));
	assay_buffer_add_str(out, "\n");
}

void assay_json_digest(const json_t *json, struct assay_sha256 *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_json_canonical(json, &text);
	assay_sha256(assay_buffer_span(&text), out);
}

json_t *assay_json_str(struct assay_span text)
{
	json_t *json = json_stringn((const char *)text.ptr, text.len);
	ASSAY_AUTO_BUFFER struct assay_buffer quoted = { 0 };

	if (json != NULL)
		return json;
	assay_quote(&quoted, text);
	json = json_stringn(assay_buffer_str(&quoted), quoted.len);
	must(json == NULL);
	return json;
}

void assay_json_set(json_t *object, const char *key, json_t *value)
{
	must(json_object_set_new(object, key, value));
}

void assay_json_append(json_t *array, json_t *value)
{
	must(json_array_append_new(array, value));
}

void assay_json_set_str(json_t *object, const char *key, const char *value)
{
	assay_json_set(object, key, assay_json_str(assay_span_of_str(value)));
}

void assay_json_set_int(json_t *object, const char *key, uint64_t value)
{
	assay_json_set(object, key, json_integer((json_int_t)value));
}

void assay_json_set_bool(json_t *object, const char *key, bool value)
{
	assay_json_set(object, key, json_boolean(value));
}

void assay_json_set_sha256(json_t *object, const char *key, const struct assay_sha256 *value)
{
	char hex[ASSAY_SHA256_HEX];

	assay_sha256_hex(value, hex);
	assay_json_set_str(object, key, hex);
}

json_t *assay_json_strings(const struct assay_strings *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		assay_json_append(array, assay_json_str(assay_span_of_str(list->items[i])));
	return array;
}
