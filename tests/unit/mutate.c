/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "testing.h"

#include "mutate.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

static unsigned current_line(const struct assay_buffer *out)
{
	unsigned line = 1;

	for (size_t i = 0; i < out->len; i++)
		line += out->ptr[i] == '\n';
	return line;
}

static void write_scalar(const struct assay_yaml_node *node, struct assay_buffer *out)
{
	if (!node->quoted && isdigit((unsigned char)node->text[0]) &&
	    strspn(node->text, "0123456789") == strlen(node->text)) {
		assay_buffer_add_str(out, node->text);
		return;
	}
	assay_buffer_add_str(out, "\"");
	for (const char *p = node->text; *p != '\0'; p++) {
		if (*p == '\n')
			assay_buffer_add_str(out, "\\n");
		else
			assay_buffer_printf(out, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
	}
	assay_buffer_add_str(out, "\"");
}

/* The child that is written at a place. */
static const struct assay_yaml_node *child_at(const struct assay_yaml_node *node, unsigned place,
                                              const struct mutation *m)
{
	const struct assay_yaml_node *n = node->first;

	if (m->reverse_keys && node->kind == ASSAY_YAML_MAPPING)
		place = node->count - 1 - place;
	if (m->swap == node && place < 2)
		place = 1 - place;
	while (place-- > 0)
		n = n->next;
	return n;
}

static void write_value(const struct assay_yaml_node *node, struct mutation *m,
                        struct assay_buffer *out);

static void write_child(const struct assay_yaml_node *child, struct mutation *m,
                        struct assay_buffer *out)
{
	if (child == m->leave_out) {
		m->line = current_line(out);
		return;
	}
	for (int times = child == m->repeat ? 2 : 1; times > 0; times--) {
		if (child->key != NULL)
			assay_buffer_printf(out, "\"%s\": ", child->key);
		if (child == m->repeat || child == m->replace)
			m->line = current_line(out);
		write_value(child, m, out);
		assay_buffer_add_str(out, ",\n");
	}
}

static void write_value(const struct assay_yaml_node *node, struct mutation *m,
                        struct assay_buffer *out)
{
	bool mapping = node->kind == ASSAY_YAML_MAPPING;

	if (node == m->replace) {
		assay_buffer_add_str(out, m->text);
		return;
	}
	if (node->kind == ASSAY_YAML_SCALAR) {
		write_scalar(node, out);
		return;
	}
	assay_buffer_add_str(out, mapping ? "{\n" : "[\n");
	for (unsigned i = 0; i < node->count; i++)
		write_child(child_at(node, i, m), m, out);
	if (node == m->extend) {
		m->line = current_line(out);
		assay_buffer_add_str(out, "extra: 1\n");
	}
	assay_buffer_add_str(out, mapping ? "}" : "]");
}

void mutate_write(const struct assay_yaml_node *root, struct mutation *mutation,
                  struct assay_buffer *out)
{
	mutation->line = 1;
	write_value(root, mutation, out);
	assay_buffer_add_str(out, "\n");
}

void mutate_each(const struct assay_yaml_node *root,
                 void (*visit)(const struct assay_yaml_node *node, void *context), void *context)
{
	visit(root, context);
	for (const struct assay_yaml_node *n = root->first; n != NULL; n = n->next)
		mutate_each(n, visit, context);
}

char *mutate_pattern(const struct assay_yaml_node *node)
{
	struct assay_buffer path = { 0 };
	char *to;

	assay_yaml_path(node, &path);
	assay_buffer_add(&path, "", 0);
	to = path.ptr;
	for (const char *from = path.ptr; *from != '\0'; from++)
		if (!(from > path.ptr && isdigit((unsigned char)*from) && (to[-1] == '[')))
			*to++ = *from;
	*to = '\0';
	return path.ptr;
}

struct assay_yaml *mutate_full_manifest(void)
{
	ASSAY_AUTO_FREE char *path = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_yaml *yaml = NULL;
	const char *top = getenv("top_srcdir");

	path = assay_asprintf("%s/tests/fuzz/corpus/manifest/full.yaml", top != NULL ? top : ".");
	if (assay_yaml_read(path, 1 << 20, &yaml, &err) < 0)
		fail_msg("%s", err.text);
	return yaml;
}
