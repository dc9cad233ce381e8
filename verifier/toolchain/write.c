/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lock as YAML: one line for each package, so that a change of a lock reads well in a diff. */
#include <strings.h>

#include "toolchain/lock.h"

/* Keys in the order in which people want to see them. */
static const char *const lock_keys[] = { "schema",   "name",  "intent", "architecture", "image",
	                                 "packages", "links", "files",  "directories",  "tree" };
static const char *const item_keys[] = { "algorithm", "name",    "version", "architecture",
	                                 "sha256",    "size",    "path",    "target",
	                                 "mode",      "content", "entries", "bytes" };

/* Whether every YAML reader takes the text for itself without quotes, wherever it stands. */
static bool is_plain(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789./_+-";
	static const char *const words[] = { "null", "true", "false", "yes", "no",
		                             "on",   "off",  "y",     "n" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	return text[strspn(text, safe)] == '\0' && strspn(text, letters) > 0;
}

/* Digests and versions look like numbers to some readers, or like words to others. */
static bool is_quoted(const char *key)
{
	return strcmp(key, "sha256") == 0 || strcmp(key, "version") == 0 ||
	       strcmp(key, "intent") == 0;
}

static void write_value(const char *key, const json_t *value, struct assay_buffer *out)
{
	if (json_is_string(value) && !is_quoted(key) && is_plain(json_string_value(value)))
		assay_buffer_add_str(out, json_string_value(value));
	else
		assay_json_canonical(value, out); /* a JSON string is a YAML string */
}

static void write_mapping(const json_t *object, struct assay_buffer *out)
{
	const char *separator = "{";

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(item_keys); i++) {
		const json_t *value = json_object_get(object, item_keys[i]);

		if (value == NULL)
			continue;
		assay_buffer_printf(out, "%s%s: ", separator, item_keys[i]);
		write_value(item_keys[i], value, out);
		separator = ", ";
	}
	assay_buffer_add_str(out, "}");
}

static void write_item(const json_t *item, struct assay_buffer *out)
{
	if (json_is_object(item))
		write_mapping(item, out);
	else
		write_value("", item, out);
}

static void write_key(const char *key, const json_t *value, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s:", key);
	if (json_is_array(value) && json_array_size(value) > 0) {
		for (size_t i = 0; i < json_array_size(value); i++) {
			assay_buffer_add_str(out, "\n  - ");
			write_item(json_array_get(value, i), out);
		}
	} else {
		assay_buffer_add_str(out, " ");
		if (json_is_object(value))
			write_mapping(value, out);
		else
			write_value(key, value, out);
	}
	assay_buffer_add_str(out, "\n");
}

void assay_lock_text(const struct assay_lock *lock, struct assay_buffer *out)
{
	ASSAY_AUTO_JSON json_t *json = assay_lock_json(lock);

	assay_buffer_printf(out, "# Written by `assay toolchain %s'; see assay-toolchain(5).\n",
	                    lock->image_count > 0 ? "import" : "lock");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(lock_keys); i++) {
		const json_t *value = json_object_get(json, lock_keys[i]);

		if (value != NULL)
			write_key(lock_keys[i], value, out);
	}
}
