/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/survey.h"

#include <string.h>

#include "base/memory.h"
#include "rebuild/inside/embed.h"
#include "rebuild/pins.h"

#define TEXT_MAX 65536 /* bytes; what the program has room for */

/* The row that a key belongs to: "uname" of "uname.release". Return: NULL when there is none */
static const struct assay_pin *find_row(const char *key)
{
	size_t len = strcspn(key, ".");

	for (size_t i = 0; i < ASSAY_PIN_COUNT; i++)
		if (key[len] == '.' && strlen(assay_pins[i].key) == len &&
		    strncmp(assay_pins[i].key, key, len) == 0)
			return &assay_pins[i];
	return NULL;
}

static int check(json_t *survey, struct assay_error *err)
{
	const char *key;
	json_t *value;

	if (!json_is_object(survey))
		return assay_fail(err, ASSAY_E_FORMAT, "not a JSON object");
	json_object_foreach(survey, key,
	                    value) if (!json_is_string(value) ||
	                               find_row(key) ==
	                                       NULL) return assay_fail(err, ASSAY_E_FORMAT,
	                                                               "a key that is none");
	return 0;
}

int assay_survey_read(int fd, json_t **out, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *text = assay_calloc(1, TEXT_MAX);
	ASSAY_AUTO_JSON json_t *survey = NULL;
	ssize_t len = fd < 0 ? -1 : pread(fd, text, TEXT_MAX, 0);

	if (len < 0)
		return assay_fail_errno(err, "read what was seen inside the container");
	if (assay_json_parse(assay_span_of(text, (size_t)len), &survey, err) < 0 ||
	    check(survey, err) < 0)
		return assay_fail_in(err, "what was seen inside the container");
	json_decref(*out);
	*out = assay_steal(&survey);
	return 0;
}

static bool is_pinned(const struct assay_build_record *record, const char *key)
{
	const char *row = find_row(key)->key;
	size_t len = strlen(row);

	for (size_t i = 0; i < record->unpinned.count; i++)
		if (strncmp(record->unpinned.items[i], row, len) == 0 &&
		    record->unpinned.items[i][len] == ':')
			return false;
	return true;
}

/* Of every line, with its end, in their order: a person can check it with sha256sum(1). */
static void digest_lines(const struct assay_strings *lines, struct assay_sha256 *out)
{
	ASSAY_AUTO_HASHER struct assay_hasher *hasher = assay_hasher_new();

	for (size_t i = 0; i < lines->count; i++) {
		assay_hasher_add(hasher, lines->items[i], strlen(lines->items[i]));
		assay_hasher_add(hasher, "\n", 1);
	}
	assay_hasher_finish(hasher, out);
}

/* A line each: line ends and tabs of a file's text become marks. */
static void add(struct assay_strings *list, const char *key, const char *value)
{
	ASSAY_AUTO_FREE char *line = assay_asprintf("%s: %s", key, value);

	for (char *p = line; (p = strpbrk(p, "\n\r\t")) != NULL;)
		*p = *p == '\t' ? ' ' : '|';
	assay_strings_add(list, line);
}

void assay_survey_take(json_t *survey, struct assay_build_record *record)
{
	const char *key;
	json_t *value;

	json_object_foreach(survey, key, value)
		add(is_pinned(record, key) ? &record->pinned : &record->seen, key,
	            json_string_value(value));
	assay_strings_sort(&record->pinned);
	assay_strings_sort(&record->seen);
	digest_lines(&record->pinned, &record->environment);
	assay_sha256(assay_inside_program(), &record->probe);
}
