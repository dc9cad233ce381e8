/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * BUILDSPECs of Reproducible Central, which its tools run as shell scripts. Here they are read:
 * assignments and comments, nothing else. A value may use variables that were set before, in the
 * form $NAME or ${NAME}; every other expansion stays as it is written, and is told.
 *
 * Source: doc/BUILDSPEC.md of reproducible-central; POSIX.1-2017, Shell Command Language, 2.2, 2.6.
 */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "manifest/import/recipe.h"

#define VALUES_MAX (1u << 20) /* bytes of all values together: expansions can double each other */
#define NAMES_MAX 256         /* variables; ours */

struct spec {
	const char *at;
	unsigned line;
	struct assay_strings names, values;
	size_t size; /* of all values */
	bool unexpanded;
};

static int wrong(const struct spec *spec, const char *what, struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_FORMAT, "line %u: %s", spec->line, what);
}

static size_t name_length(const char *text)
{
	size_t len = 0;

	if (!isalpha((unsigned char)*text) && *text != '_')
		return 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

/* The last value of a variable, or NULL. */
static const char *get(const struct spec *spec, const char *name, size_t len)
{
	for (size_t i = spec->names.count; i-- > 0;)
		if (strlen(spec->names.items[i]) == len &&
		    strncmp(spec->names.items[i], name, len) == 0)
			return spec->values.items[i];
	return NULL;
}

static const char *value(const struct spec *spec, const char *name)
{
	const char *text = get(spec, name, strlen(name));

	return text != NULL && *text != '\0' ? text : NULL;
}

/* Text as it is written. */
static void take(struct spec *spec, size_t len, struct assay_buffer *out)
{
	for (size_t i = 0; i < len; i++)
		spec->line += spec->at[i] == '\n';
	assay_buffer_add(out, spec->at, len);
	spec->at += len;
}

/* How long an expansion is that begins with open and ends with close, both counted. 0: no end */
static size_t nested_length(const char *text, char open, char close)
{
	unsigned depth = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] == '\\' && text[i + 1] != '\0')
			i++;
		else if (text[i] == open)
			depth++;
		else if (text[i] == close && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* What stands behind a $. */
static int expand(struct spec *spec, struct assay_buffer *out, struct assay_error *err)
{
	const char *behind = spec->at + 1;
	bool braced = *behind == '{';
	size_t len = name_length(behind + braced), whole = 0;
	const char *text = len > 0 ? get(spec, behind + braced, len) : NULL;

	if (text != NULL && (!braced || behind[1 + len] == '}')) {
		assay_buffer_add_str(out, text);
		spec->at = behind + len + 2 * (size_t)braced;
		return out->len > VALUES_MAX ? wrong(spec, "values that are too long", err) : 0;
	}
	spec->unexpanded = true;
	if (braced)
		whole = nested_length(behind, '{', '}');
	else if (*behind == '(')
		whole = nested_length(behind, '(', ')');
	else
		whole = len;
	if (whole == 0 && (braced || *behind == '('))
		return wrong(spec, "an expansion without an end", err);
	take(spec, 1 + whole, out);
	return 0;
}

/* A word that stands in double quotes, behind the first of them. */
static int read_quoted(struct spec *spec, struct assay_buffer *out, struct assay_error *err)
{
	unsigned began = spec->line;

	while (*spec->at != '"') {
		if (*spec->at == '\0') {
			spec->line = began;
			return wrong(spec, "a quote without an end", err);
		}
		if (*spec->at == '\\' && spec->at[1] == '\n') {
			spec->at += 2;
			spec->line++;
		} else if (*spec->at == '\\' && spec->at[1] != '\0' &&
		           strchr("\"\\$`", spec->at[1]) != NULL) {
			spec->at++;
			take(spec, 1, out);
		} else if (*spec->at == '$') {
			if (expand(spec, out, err) < 0)
				return -1;
		} else {
			spec->unexpanded = spec->unexpanded || *spec->at == '`';
			take(spec, 1, out);
		}
	}
	spec->at++;
	return 0;
}

/* One character of a word, or what stands in quotes. */
static int read_part(struct spec *spec, struct assay_buffer *out, struct assay_error *err)
{
	const char *end;

	switch (*spec->at) {
	case '"':
		spec->at++;
		return read_quoted(spec, out, err);
	case '\'':
		end = strchr(spec->at + 1, '\'');
		if (end == NULL)
			return wrong(spec, "a quote without an end", err);
		spec->at++;
		take(spec, (size_t)(end - spec->at), out);
		spec->at++;
		return 0;
	case '$':
		return expand(spec, out, err);
	case '\\':
		spec->at++;
		if (*spec->at != '\0')
			take(spec, 1, out);
		return 0;
	case '`':
		end = strchr(spec->at + 1, '`');
		spec->unexpanded = true;
		if (end == NULL)
			return wrong(spec, "an expansion without an end", err);
		take(spec, (size_t)(end - spec->at) + 1, out);
		return 0;
	case '(':
	case ')':
	case '<':
	case '>':
	case '|':
	case '&':
		return wrong(spec, "a command, and not the value of a variable", err);
	default:
		take(spec, 1, out);
		return 0;
	}
}

static int read_assignment(struct spec *spec, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	size_t len = name_length(spec->at);
	ASSAY_AUTO_FREE char *name = assay_strndup(spec->at, len);

	if (len == 0 || spec->at[len] != '=')
		return wrong(spec, "neither NAME=value nor a comment: it is not run", err);
	spec->at += len + 1;
	while (*spec->at != '\0' && strchr(" \t\r\n;", *spec->at) == NULL)
		if (read_part(spec, &text, err) < 0)
			return -1;
	spec->at += strspn(spec->at, " \t\r;");
	if (*spec->at != '\0' && *spec->at != '\n' && *spec->at != '#')
		return wrong(spec, "a command behind an assignment: it is not run", err);
	spec->size += text.len;
	if (spec->size > VALUES_MAX || spec->names.count == NAMES_MAX)
		return wrong(spec, "too many variables, or values that are too long", err);
	assay_strings_add(&spec->names, name);
	assay_strings_add(&spec->values, assay_buffer_str(&text));
	return 0;
}

static int read_all(struct spec *spec, struct assay_error *err)
{
	while (*spec->at != '\0') {
		if (*spec->at == '#') {
			spec->at += strcspn(spec->at, "\n");
		} else if (isspace((unsigned char)*spec->at)) {
			spec->line += *spec->at == '\n';
			spec->at++;
		} else if (read_assignment(spec, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Variables that only describe. */
static void add_remarks(const struct spec *spec, struct assay_recipe *out)
{
	static const char *const names[] = { "groupId",       "gitRepo",   "gitTag",     "workdir",
		                             "sourceRmFiles", "newline",   "newlineGit", "os",
		                             "arch",          "buildinfo", "issue" };
	static const char *const unused[] = { "execBefore", "execAfter" };
	static const char *const tools[] = { "tool", "jdk", "toolchains" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(names); i++)
		if (value(spec, names[i]) != NULL)
			assay_strings_printf(&out->remarks, "%s: %s", names[i],
			                     value(spec, names[i]));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(unused); i++)
		if (value(spec, unused[i]) != NULL)
			assay_strings_printf(&out->lossy,
			                     "%s, which was meant to run on the host, is left out: "
			                     "%s",
			                     unused[i], value(spec, unused[i]));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tools); i++)
		if (value(spec, tools[i]) != NULL)
			assay_strings_printf(&out->toolchain, "%s %s", tools[i],
			                     value(spec, tools[i]));
}

static int convert(const struct spec *spec, struct assay_recipe *out, struct assay_error *err)
{
	static const char *const variables[][2] = { { "timezone", "TZ" }, { "locale", "LC_ALL" } };
	const char *name = value(spec, "artifactId"), *version = value(spec, "version"),
		   *mask = value(spec, "umask");

	if (name == NULL || version == NULL || value(spec, "command") == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "no artifactId, version or command");
	out->name = assay_strdup(name);
	out->version = assay_strdup(version);
	if (mask != NULL && strspn(mask, "01234567") == strlen(mask) && strlen(mask) <= 4)
		out->umask = assay_asprintf("%04o", (unsigned)strtoul(mask, NULL, 8));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(variables); i++)
		if (value(spec, variables[i][0]) != NULL)
			assay_strings_printf(&out->variables, "%s=%s", variables[i][1],
			                     value(spec, variables[i][0]));
	assay_strings_add(&out->commands, value(spec, "command"));
	add_remarks(spec, out);
	return 0;
}

int assay_recipe_buildspec(struct assay_span text, struct assay_recipe *out,
                           struct assay_error *err)
{
	ASSAY_AUTO_FREE char *copy = assay_strndup((const char *)text.ptr, text.len);
	struct spec spec = { .at = copy, .line = 1 };
	int failed = read_all(&spec, err);

	out->format = "buildspec";
	if (failed == 0)
		failed = convert(&spec, out, err);
	assay_strings_add(&out->lossy, "the JDK and the build tool: versions, but no digests");
	assay_strings_add(&out->lossy, "digests of the source: a tag of a repository");
	assay_strings_add(&out->lossy, "what the build tool fetches while it builds");
	assay_strings_add(&out->lossy, "digests of what was delivered");
	assay_strings_add(&out->lossy, "environment, user, host name, processors, memory, limits");
	if (out->umask == NULL)
		assay_strings_add(&out->lossy, "umask");
	if (spec.unexpanded)
		assay_strings_add(&out->lossy,
		                  "expansions of the shell: they are left as they are written");
	assay_strings_fini(&spec.names);
	assay_strings_fini(&spec.values);
	return failed;
}
