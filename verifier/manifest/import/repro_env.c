/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repro-env.toml and repro-env.lock. Source: repro-env 0.4, and TOML 1.0 as far as those files use
 * it: tables, strings, arrays of strings, and words.
 */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "manifest/import/recipe.h"

struct toml {
	const char *at;
	unsigned line;
	char table[64];
	char *image, *name, *version, *sha256; /* of the current package; image of all */
	bool pinned;                           /* each package has a digest */
	bool locked;
};

static int wrong(const struct toml *toml, const char *what, struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_FORMAT, "line %u: %s", toml->line, what);
}

/* White space, and comments; line ends too when wanted. */
static void skip(struct toml *toml, bool lines)
{
	for (;; toml->at++) {
		if (*toml->at == '#')
			toml->at += strcspn(toml->at, "\n");
		if (*toml->at == '\n' && lines)
			toml->line++;
		else if (*toml->at == '\0' || strchr(" \t\r", *toml->at) == NULL)
			return;
	}
}

/* A basic string on one line, or a word (true, 3). */
static int read_value(struct toml *toml, struct assay_buffer *out, struct assay_error *err)
{
	out->len = 0;
	if (*toml->at != '"') {
		size_t len = strspn(toml->at, "abcdefghijklmnopqrstuvwxyz0123456789_.+-");

		assay_buffer_add(out, toml->at, len);
		toml->at += len;
		return len > 0 ? 0 : wrong(toml, "neither a string nor a word", err);
	}
	for (toml->at++; *toml->at != '"'; toml->at++) {
		if (*toml->at == '\\' && (toml->at[1] == '"' || toml->at[1] == '\\'))
			toml->at++;
		else if (*toml->at == '\0' || *toml->at == '\n' || *toml->at == '\\')
			return wrong(toml, "a string without an end, or with an escape", err);
		assay_buffer_add(out, toml->at, 1);
	}
	toml->at++;
	return 0;
}

static void replace(char **text, const struct assay_buffer *value)
{
	free(*text);
	*text = assay_strdup(assay_buffer_str(value));
}

static void end_package(struct toml *toml, struct assay_recipe *out)
{
	if (toml->name != NULL)
		assay_strings_printf(&out->toolchain, "%s %s%s%s", toml->name,
		                     toml->version != NULL ? toml->version : "?",
		                     toml->sha256 != NULL ? " sha256:" : "",
		                     toml->sha256 != NULL ? toml->sha256 : "");
	if (toml->name != NULL && toml->sha256 == NULL)
		toml->pinned = false;
	free(toml->name);
	free(toml->version);
	free(toml->sha256);
	toml->name = toml->version = toml->sha256 = NULL;
}

static void take(struct toml *toml, const char *key, const struct assay_buffer *value,
                 struct assay_recipe *out)
{
	bool package = strcmp(toml->table, "package") == 0;

	if (strcmp(toml->table, "container") == 0 && strcmp(key, "image") == 0)
		replace(&toml->image, value);
	else if (package && strcmp(key, "name") == 0)
		replace(&toml->name, value);
	else if (package && strcmp(key, "version") == 0)
		replace(&toml->version, value);
	else if (package && strcmp(key, "sha256") == 0)
		replace(&toml->sha256, value);
	else if (strcmp(key, "dependencies") == 0)
		assay_strings_add(&out->toolchain, assay_buffer_str(value));
}

static int read_array(struct toml *toml, const char *key, struct assay_recipe *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer value = { 0 };

	for (toml->at++;;) {
		skip(toml, true);
		if (*toml->at == ']') {
			toml->at++;
			return 0;
		}
		if (read_value(toml, &value, err) < 0)
			return -1;
		take(toml, key, &value, out);
		skip(toml, true);
		if (*toml->at == ',')
			toml->at++;
		else if (*toml->at != ']')
			return wrong(toml, "an array without an end", err);
	}
}

static int read_pair(struct toml *toml, struct assay_recipe *out, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer value = { 0 };
	size_t len = strspn(toml->at,
	                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	ASSAY_AUTO_FREE char *key = assay_strndup(toml->at, len);

	toml->at += len;
	skip(toml, false);
	if (len == 0 || *toml->at != '=')
		return wrong(toml, "neither a table nor \"key = value\"", err);
	toml->at++;
	skip(toml, false);
	if (*toml->at == '[')
		return read_array(toml, key, out, err);
	if (read_value(toml, &value, err) < 0)
		return -1;
	take(toml, key, &value, out);
	return 0;
}

/* [name] or [[name]] */
static int read_table(struct toml *toml, struct assay_recipe *out, struct assay_error *err)
{
	const char *name = toml->at + strspn(toml->at, "[");
	size_t open = (size_t)(name - toml->at), len = strcspn(name, "]\n");

	if (open > 2 || len == 0 || len >= sizeof(toml->table) || strspn(name + len, "]") != open)
		return wrong(toml, "not the name of a table", err);
	end_package(toml, out);
	memcpy(toml->table, name, len);
	toml->table[len] = '\0';
	toml->locked = toml->locked || open == 2;
	toml->at = name + len + open;
	return 0;
}

static int read_all(struct toml *toml, struct assay_recipe *out, struct assay_error *err)
{
	for (;;) {
		int failed;

		skip(toml, true);
		if (*toml->at == '\0')
			return 0;
		failed = *toml->at == '[' ? read_table(toml, out, err) : read_pair(toml, out, err);
		if (failed < 0)
			return -1;
		skip(toml, false);
		if (*toml->at != '\n' && *toml->at != '\0')
			return wrong(toml, "something behind a value", err);
	}
}

int assay_recipe_repro_env(struct assay_span text, struct assay_recipe *out,
                           struct assay_error *err)
{
	ASSAY_AUTO_FREE char *copy = assay_strndup((const char *)text.ptr, text.len);
	struct toml toml = { .at = copy, .line = 1, .pinned = true };
	int failed = read_all(&toml, out, err);

	end_package(&toml, out);
	out->format = toml.locked ? "repro-env-lock" : "repro-env-toml";
	if (toml.image != NULL)
		assay_strings_printf(&out->remarks, "container image: %s", toml.image);
	if (toml.image == NULL || strstr(toml.image, "@sha256:") == NULL)
		assay_strings_add(&out->lossy, "the container image: no digest");
	if (!toml.locked || !toml.pinned)
		assay_strings_add(&out->lossy, "packages of the toolchain: no digests");
	free(toml.image);
	assay_strings_add(&out->lossy, "product and version");
	assay_strings_add(&out->lossy, "sources, commands, outputs and delivered files");
	assay_strings_add(&out->lossy, "the tree that the packages' scripts make");
	assay_strings_add(&out->lossy,
	                  "environment, umask, user, host name, processors, memory, limits");
	return failed;
}
