/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps from text to a manifest that can be trusted to mean one thing. */
#include "base/buffer.h"
#include "base/memory.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"

/* The word that a template has, or a digest that nobody computed. */
static bool is_blank(const char *text)
{
	return strcmp(text, ASSAY_MANIFEST_BLANK) == 0 ||
	       (strlen(text) == ASSAY_SHA256_HEX - 1 && strspn(text, "0") == ASSAY_SHA256_HEX - 1);
}

/* Collect the values that a person has yet to fill in: the first one, and text for the others.
 * Recursion: the depth is bounded by base/yaml. */
static void find_blanks(const struct assay_yaml_node *node, const struct assay_yaml_node **first,
                        struct assay_buffer *others)
{
	for (const struct assay_yaml_node *n = node->first; n != NULL; n = n->next)
		find_blanks(n, first, others);
	if (node->text == NULL || !is_blank(node->text))
		return;
	if (*first == NULL) {
		*first = node;
		return;
	}
	assay_buffer_add_str(others, others->len > 0 ? ", " : "; also missing: ");
	assay_yaml_path(node, others);
	assay_buffer_printf(others, " (line %u)", node->line);
}

/* Name all missing pins at once: a template has several. */
static int check_blanks(const struct assay_yaml *yaml, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer others = { 0 };
	const struct assay_yaml_node *first = NULL;

	find_blanks(yaml->root, &first, &others);
	if (first == NULL)
		return 0;
	return assay_yaml_fail(yaml, first, err, "missing pin, to be filled in%s",
	                       assay_buffer_str(&others));
}

/* The environment has free keys, which libcyaml cannot put into a struct. */
static void take_environment(const struct assay_yaml *yaml, struct assay_build *build)
{
	const struct assay_yaml_node *node = assay_yaml_find(yaml, "build.environment");

	build->environment = assay_calloc(node->count, sizeof(*build->environment));
	for (node = node->first; node != NULL; node = node->next)
		build->environment[build->environment_count++] = (struct assay_variable){
			assay_strdup(node->key),
			assay_strdup(node->text),
		};
}

static int compare_variables(const void *a, const void *b)
{
	const struct assay_variable *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int compare_outputs(const void *a, const void *b)
{
	const struct assay_output *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int compare_delivered(const void *a, const void *b)
{
	const struct assay_delivered *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	if (order == 0)
		order = strcmp(x->member != NULL ? x->member : "",
		               y->member != NULL ? y->member : "");
	return order;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_exclusions(const void *a, const void *b)
{
	const struct assay_exclusion *x = a, *y = b;
	int order = strcmp(x->file, y->file);

	order = order != 0 ? order : strcmp(assay_exclusion_path(x), assay_exclusion_path(y));
	return order != 0 ? order : compare_numbers(x->offset, y->offset);
}

/* What has no order in the file gets one, so that a build or a report cannot depend on it. */
static void sort_lists(struct assay_manifest *m)
{
	qsort(m->build.environment, m->build.environment_count, sizeof(*m->build.environment),
	      compare_variables);
	qsort(m->outputs, m->outputs_count, sizeof(*m->outputs), compare_outputs);
	qsort(m->delivered, m->delivered_count, sizeof(*m->delivered), compare_delivered);
	if (m->compare.exclusions_count > 0)
		qsort(m->compare.exclusions, m->compare.exclusions_count,
		      sizeof(*m->compare.exclusions), compare_exclusions);
}

/* The YAML reader counts; execve(2) wants a NULL pointer behind the last argument. */
static void end_arguments(struct assay_build *build)
{
	for (unsigned i = 0; i < build->steps_count; i++) {
		struct assay_step *step = &build->steps[i];

		step->argv = assay_realloc(step->argv, step->argv_count + 1u, sizeof(*step->argv));
		step->argv[step->argv_count] = NULL;
	}
}

static int load(const struct assay_yaml *yaml, struct assay_manifest **out, struct assay_error *err)
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;

	if (check_blanks(yaml, err) < 0 ||
	    assay_yaml_load(yaml, &assay_manifest_schema, &manifest, err) < 0)
		return -1;
	take_environment(yaml, &manifest->build);
	if (assay_yaml_check(yaml, assay_manifest_rules, assay_manifest_rule_count, err) < 0 ||
	    assay_manifest_check(yaml, manifest, err) < 0)
		return -1;
	sort_lists(manifest);
	end_arguments(&manifest->build);
	*out = assay_steal(&manifest);
	return 0;
}

int assay_manifest_load(const char *path, struct assay_manifest **out, struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;

	if (assay_yaml_read(path, ASSAY_MANIFEST_MAX, &yaml, err) < 0)
		return -1;
	return load(yaml, out, err);
}

int assay_manifest_parse(const char *name, struct assay_span text, struct assay_manifest **out,
                         struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;

	if (assay_yaml_parse(name, text, &yaml, err) < 0)
		return -1;
	return load(yaml, out, err);
}

void assay_manifest_free(struct assay_manifest *manifest)
{
	if (manifest == NULL)
		return;
	for (unsigned i = 0; i < manifest->build.environment_count; i++) {
		free(manifest->build.environment[i].name);
		free(manifest->build.environment[i].value);
	}
	free(manifest->build.environment);
	assay_yaml_unload(&assay_manifest_schema, manifest);
}
