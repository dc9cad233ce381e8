/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths into the tree, and rules for what is found there. */
#include "base/yaml.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/memory.h"

/** The scalars that a path with [] names, in the order of the file. Owned. */
struct matches {
	const struct assay_yaml_node **nodes;
	size_t count, cap;
};

static void free_matches(struct matches *matches)
{
	free(matches->nodes);
}

static const struct assay_yaml_node *child(const struct assay_yaml_node *node, const char *key,
                                           size_t len)
{
	for (const struct assay_yaml_node *n = node->first; n != NULL; n = n->next)
		if (n->key != NULL && strlen(n->key) == len && memcmp(n->key, key, len) == 0)
			return n;
	return NULL;
}

/* Collect what path names below node. Recursion: once for each [] of the path. */
static void collect(struct matches *out, const struct assay_yaml_node *node, const char *path)
{
	while (node != NULL && *path != '\0') {
		size_t len;

		if (path[0] == '[' && path[1] == ']') {
			for (node = node->first; node != NULL; node = node->next)
				collect(out, node, path + 2);
			return;
		}
		path += *path == '.';
		len = strcspn(path, ".[");
		node = child(node, path, len);
		path += len;
	}
	if (node == NULL || node->text == NULL)
		return;
	assay_grow(&out->nodes, &out->cap, out->count, sizeof(*out->nodes));
	out->nodes[out->count++] = node;
}

static int check_node(const struct assay_yaml *yaml, const struct assay_yaml_node *node,
                      const struct assay_yaml_rule *rule, struct assay_error *err)
{
	ASSAY_AUTO_FREE char *shown = NULL;
	const char *wrong = NULL;
	uint64_t value;

	if (rule->max != 0) {
		value = strtoull(node->text, NULL, node->text[0] == '0' ? 8 : 10);
		if (value < rule->min || value > rule->max)
			return assay_yaml_fail(yaml, node, err,
			                       "must be from %" PRIu64 " to %" PRIu64, rule->min,
			                       rule->max);
	}
	if (rule->wrong != NULL)
		wrong = rule->wrong(node->text);
	if (wrong == NULL)
		return 0;
	shown = assay_yaml_shown(node->text);
	return assay_yaml_fail(yaml, node, err, "\"%s\": %s", shown, wrong);
}

/* By text; equal ones in the order of the file, so that the later one is blamed. */
static int compare_nodes(const void *a, const void *b)
{
	const struct assay_yaml_node *const *x = a, *const *y = b;
	int order = strcmp((*x)->text, (*y)->text);

	return order != 0 ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static int check_unique(const struct assay_yaml *yaml, struct matches *found,
                        struct assay_error *err)
{
	if (found->count > 1)
		qsort(found->nodes, found->count, sizeof(*found->nodes), compare_nodes);
	for (size_t i = 1; i < found->count; i++)
		if (strcmp(found->nodes[i]->text, found->nodes[i - 1]->text) == 0) {
			ASSAY_AUTO_FREE char *shown = assay_yaml_shown(found->nodes[i]->text);

			return assay_yaml_fail(yaml, found->nodes[i], err,
			                       "\"%s\" is there already, on line %u", shown,
			                       found->nodes[i - 1]->line);
		}
	return 0;
}

int assay_yaml_check(const struct assay_yaml *yaml, const struct assay_yaml_rule *rules,
                     size_t count, struct assay_error *err)
{
	for (size_t i = 0; i < count; i++) {
		ASSAY_AUTO(free_matches) struct matches found = { 0 };

		collect(&found, yaml->root, rules[i].path);
		for (size_t k = 0; k < found.count; k++)
			if (check_node(yaml, found.nodes[k], &rules[i], err) < 0)
				return -1;
		if (rules[i].unique && check_unique(yaml, &found, err) < 0)
			return -1;
	}
	return 0;
}

/* The item that "[N]…" names. Out: *path moved behind it. */
static const struct assay_yaml_node *item(const struct assay_yaml_node *node, const char **path)
{
	char *end;
	unsigned long index = strtoul(*path + 1, &end, 10);

	*path = *end == ']' ? end + 1 : end;
	node = node->first;
	while (node != NULL && index-- > 0)
		node = node->next;
	return node;
}

const struct assay_yaml_node *assay_yaml_find(const struct assay_yaml *yaml, const char *fmt, ...)
{
	const struct assay_yaml_node *node = yaml->root;
	char text[256];
	const char *path = text;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while (node != NULL && *path != '\0') {
		size_t len;

		if (*path == '[') {
			node = item(node, &path);
			continue;
		}
		path += *path == '.';
		len = strcspn(path, ".[");
		node = child(node, path, len);
		path += len;
	}
	return node;
}
