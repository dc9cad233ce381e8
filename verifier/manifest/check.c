/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks between keys of a manifest: a table of functions, each with one concern. */
#include "base/memory.h"
#include "manifest/schema.h"

/** What each check looks at. */
struct subject {
	const struct assay_yaml *yaml;
	const struct assay_manifest *m;
	struct assay_error *err;
};

/* copy has no paths to take parts off, and a patch needs something to change. */
static int check_sources(const struct subject *s)
{
	bool something = false;

	for (unsigned i = 0; i < s->m->sources_count; i++) {
		const struct assay_source *source = &s->m->sources[i];

		if (source->unpack == ASSAY_UNPACK_COPY && source->strip != 0)
			return assay_yaml_fail(s->yaml,
			                       assay_yaml_find(s->yaml, "sources[%u].strip", i),
			                       s->err, "must be 0 for a file that is copied");
		if (source->unpack == ASSAY_UNPACK_PATCH && !something)
			return assay_yaml_fail(
				s->yaml, assay_yaml_find(s->yaml, "sources[%u].unpack", i), s->err,
				"no source before this patch that it could change");
		something = something || source->unpack != ASSAY_UNPACK_PATCH;
	}
	return 0;
}

static int check_environment(const struct subject *s)
{
	const struct assay_yaml_node *environment = assay_yaml_find(s->yaml, "build.environment");

	for (const struct assay_yaml_node *n = environment->first; n != NULL; n = n->next) {
		const char *wrong = assay_manifest_rule_variable(n->key);

		if (wrong != NULL)
			return assay_yaml_fail(s->yaml, n, s->err, "%s", wrong);
		/* NAME=VALUE and a NUL: MAX_ARG_STRLEN of linux/binfmts.h is 131072 */
		if (strlen(n->key) + strlen(n->text) + 2 > 131072)
			return assay_yaml_fail(s->yaml, n, s->err, "longer than execve(2) takes");
	}
	if (assay_yaml_find(s->yaml, "build.environment.PATH") == NULL)
		return assay_yaml_fail_key(s->yaml, environment, "PATH", s->err, "missing key");
	return 0;
}

static int check_steps(const struct subject *s)
{
	for (unsigned i = 0; i < s->m->build.steps_count; i++)
		if (s->m->build.steps[i].argv[0][0] == '\0')
			return assay_yaml_fail(
				s->yaml, assay_yaml_find(s->yaml, "build.steps[%u].argv[0]", i),
				s->err, "must not be empty: it names the program");
	return 0;
}

static bool has_output(const struct assay_manifest *m, const char *name)
{
	for (unsigned i = 0; i < m->outputs_count; i++)
		if (strcmp(m->outputs[i].name, name) == 0)
			return true;
	return false;
}

static int check_delivered(const struct subject *s)
{
	for (unsigned i = 0; i < s->m->delivered_count; i++) {
		ASSAY_AUTO_FREE char *shown = assay_yaml_shown(s->m->delivered[i].output);

		if (!has_output(s->m, s->m->delivered[i].output))
			return assay_yaml_fail(s->yaml,
			                       assay_yaml_find(s->yaml, "delivered[%u].output", i),
			                       s->err, "\"%s\": no output has this name", shown);
	}
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The same part of the same file twice would count one proof as two. */
static int check_parts(const struct subject *s)
{
	const struct assay_delivered *d = s->m->delivered;

	for (unsigned i = 0; i < s->m->delivered_count; i++)
		for (unsigned k = 0; k < i; k++)
			if (strcmp(d[i].file, d[k].file) == 0 &&
			    same_text(d[i].member, d[k].member))
				return assay_yaml_fail(
					s->yaml, assay_yaml_find(s->yaml, "delivered[%u]", i),
					s->err, "the same file and member as delivered[%u]", k);
	return 0;
}

/** A file with its pin, wherever the manifest names it. */
struct pin {
	const char *list; /* "sources" or "delivered" */
	unsigned index;
	const char *name;
	const char *sha256;
	uint64_t size;
};

/* Sources first, then delivered files. Owner: caller frees. */
static struct pin *list_pins(const struct assay_manifest *m, unsigned *count)
{
	struct pin *pins = assay_calloc(m->sources_count + m->delivered_count, sizeof(*pins));
	unsigned n = 0;

	for (unsigned i = 0; i < m->sources_count; i++)
		pins[n++] = (struct pin){ "sources", i, m->sources[i].name, m->sources[i].sha256,
			                  m->sources[i].size };
	for (unsigned i = 0; i < m->delivered_count; i++)
		pins[n++] = (struct pin){ "delivered", i, m->delivered[i].file,
			                  m->delivered[i].sha256, m->delivered[i].size };
	*count = n;
	return pins;
}

/* One file name has one digest and one size, however often it is named. */
static int check_pins(const struct subject *s)
{
	unsigned count;
	ASSAY_AUTO_FREE struct pin *pins = list_pins(s->m, &count);

	for (unsigned i = 0; i < count; i++)
		for (unsigned k = 0; k < i; k++) {
			if (strcmp(pins[i].name, pins[k].name) != 0 ||
			    (strcmp(pins[i].sha256, pins[k].sha256) == 0 &&
			     pins[i].size == pins[k].size))
				continue;
			return assay_yaml_fail(
				s->yaml,
				assay_yaml_find(s->yaml, "%s[%u]", pins[i].list, pins[i].index),
				s->err, "has the name of %s[%u] and another sha256 or size",
				pins[k].list, pins[k].index);
		}
	return 0;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* A hint for nothing is a typing error. Packages of the toolchain are named in its lock only. */
static int check_hints(const struct subject *s)
{
	unsigned count;
	ASSAY_AUTO_FREE struct pin *pins = list_pins(s->m, &count);

	for (unsigned i = 0; i < s->m->hints_count; i++) {
		const char *name = s->m->hints[i].name;
		ASSAY_AUTO_FREE char *shown = assay_yaml_shown(name);
		bool found = ends_in(name, ".deb");

		for (unsigned k = 0; k < count && !found; k++)
			found = strcmp(pins[k].name, name) == 0;
		if (!found)
			return assay_yaml_fail(
				s->yaml, assay_yaml_find(s->yaml, "hints[%u].name", i), s->err,
				"\"%s\": neither a source, nor a delivered file, "
				"nor a .deb of the toolchain",
				shown);
	}
	return 0;
}

/* An exclusion for nothing is a typing error, and one place has one reason. */
static int check_exclusions(const struct subject *s)
{
	const struct assay_exclusion *list = s->m->compare.exclusions;

	for (unsigned i = 0; i < s->m->compare.exclusions_count; i++) {
		ASSAY_AUTO_FREE char *shown = assay_yaml_shown(list[i].file);
		bool found = false;

		for (unsigned k = 0; k < s->m->delivered_count && !found; k++)
			found = strcmp(s->m->delivered[k].file, list[i].file) == 0;
		if (!found)
			return assay_yaml_fail(
				s->yaml, assay_yaml_find(s->yaml, "compare.exclusions[%u].file", i),
				s->err, "\"%s\": no delivered file has this name", shown);
		for (unsigned k = 0; k < i; k++)
			if (strcmp(list[i].file, list[k].file) == 0 &&
			    same_text(list[i].artefact, list[k].artefact) &&
			    list[i].offset == list[k].offset)
				return assay_yaml_fail(
					s->yaml,
					assay_yaml_find(s->yaml, "compare.exclusions[%u]", i),
					s->err, "the same place as compare.exclusions[%u]", k);
	}
	return 0;
}

static int (*const checks[])(const struct subject *s) = {
	check_sources, check_environment, check_steps, check_delivered,
	check_parts,   check_pins,        check_hints, check_exclusions,
};

int assay_manifest_check(const struct assay_yaml *yaml, const struct assay_manifest *manifest,
                         struct assay_error *err)
{
	const struct subject s = { yaml, manifest, err };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(checks); i++)
		if (checks[i](&s) < 0)
			return -1;
	return 0;
}
