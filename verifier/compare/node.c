/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/node.h"

#include <stdarg.h>

#include "base/memory.h"

/* What all nodes have that nothing was found of. Nobody writes to it. */
static struct assay_comparison nothing;

struct assay_node *assay_node_new(const char *path, struct assay_span delivered,
                                  struct assay_span rebuilt)
{
	struct assay_node *node = assay_calloc(1, sizeof(*node));

	node->path = assay_strdup(path);
	node->format = "data";
	node->delivered = delivered;
	node->rebuilt = rebuilt;
	node->found = &nothing;
	assay_ledger_init(&node->ledger, delivered.len);
	return node;
}

struct assay_comparison *assay_node_found(struct assay_node *node)
{
	if (node->found == &nothing)
		node->found = assay_calloc(1, sizeof(*node->found));
	return node->found;
}

/* Owner: taken over. NULL, or where there is nothing to free: as free(3). */
static void free_comparison(struct assay_comparison *comparison)
{
	if (comparison == NULL || comparison == &nothing)
		return;
	assay_comparison_fini(comparison);
	free(comparison);
}

/* The depth of the recursion is the depth limit of the walk that made the tree. */
void assay_node_free(struct assay_node *node)
{
	if (node == NULL)
		return;
	for (size_t i = 0; i < node->child_count; i++)
		assay_node_free(node->children[i]);
	free(node->children);
	free(node->path);
	free(node->kinds);
	assay_bytes_fini(&node->image);
	free_comparison(node->ready);
	assay_ledger_fini(&node->ledger);
	free_comparison(node->found);
	free(node);
}

void assay_node_adopt(struct assay_node *parent, struct assay_node *child)
{
	assay_grow(&parent->children, &parent->child_cap, parent->child_count,
	           sizeof(struct assay_node *));
	parent->children[parent->child_count++] = child;
}

void assay_node_inconclusive(struct assay_node *node, const char *fmt, ...)
{
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);
	ASSAY_AUTO_FREE char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	(void)assay_comparison_find(assay_node_found(node), &place, "%s",
	                            text != NULL ? text : "unreadable");
	node->tier = ASSAY_TIER_INCONCLUSIVE;
}

static enum assay_class worse(enum assay_class a, enum assay_class b)
{
	return a > b ? a : b;
}

/* Say of each kind how many differences it stands for. */
static void tell_kinds(struct assay_node *node)
{
	for (size_t i = 0; i < node->kind_count; i++) {
		struct assay_finding *finding = &node->found->findings[node->kinds[i].finding];
		ASSAY_AUTO_FREE char *text = finding->text;

		if (node->kinds[i].count == 1)
			finding->text = assay_steal(&text);
		else
			finding->text = assay_asprintf("%s, and in %zu more places", text,
			                               node->kinds[i].count - 1);
	}
	node->kind_count = 0;
}

enum assay_class assay_node_worst(const struct assay_node *node)
{
	enum assay_class class = assay_ledger_worst(&node->ledger);

	for (size_t i = 0; i < node->found->finding_count; i++)
		class = worse(class, node->found->findings[i].class);
	for (size_t i = 0; i < node->child_count; i++)
		class = worse(class, node->children[i]->class);
	return class;
}

void assay_node_settle(struct assay_node *node)
{
	tell_kinds(node);
	node->class = assay_node_worst(node);
	for (size_t i = 0; i < node->child_count; i++)
		node->tier = assay_tier_worse(node->tier, node->children[i]->tier);
	node->tier = assay_tier_worse(node->tier, assay_class_tier(node->class));
}

static void move_found(struct assay_comparison *from, struct assay_comparison *to)
{
	for (size_t i = 0; i < from->finding_count; i++) {
		assay_grow(&to->findings, &to->finding_cap, to->finding_count,
		           sizeof(*to->findings));
		to->findings[to->finding_count++] = from->findings[i];
	}
	for (size_t i = 0; i < from->transplant_count; i++) {
		assay_grow(&to->transplants, &to->transplant_cap, to->transplant_count,
		           sizeof(*to->transplants));
		to->transplants[to->transplant_count++] = from->transplants[i];
	}
	from->finding_count = from->transplant_count = 0;
}

void assay_node_set_image(struct assay_node *node, struct assay_span a, struct assay_span b)
{
	struct assay_bytes image = { assay_calloc(a.len + b.len, 1), a.len + b.len };

	if (a.len > 0)
		memcpy(image.ptr, a.ptr, a.len);
	if (b.len > 0)
		memcpy(image.ptr + a.len, b.ptr, b.len);
	assay_bytes_fini(&node->image);
	node->image = image;
}

/* The path of something in an artefact that has a path itself. Owner: caller frees. */
static char *path_below(const char *artefact, const char *path)
{
	bool plain = *artefact == '\0' || *path == '\0' || *path == '!';

	return assay_asprintf("%s%s%s", artefact, plain ? "" : "!", path);
}

static void move_below(const char *artefact, char **path)
{
	char *below = path_below(artefact, *path);

	free(*path);
	*path = below;
}

void assay_node_take(struct assay_node *node, struct assay_comparison *comparison)
{
	struct assay_comparison *ready = assay_calloc(1, sizeof(*ready));

	free_comparison(node->ready);
	node->ready = ready;
	*ready = *comparison;
	*comparison = (struct assay_comparison){ 0 };
	node->tier = ready->tier;
	for (size_t i = 0; i < ready->artefact_count; i++) {
		node->class = worse(node->class, assay_ledger_worst(&ready->artefacts[i].ledger));
		move_below(node->path, &ready->artefacts[i].path);
	}
	for (size_t i = 0; i < ready->finding_count; i++) {
		node->class = worse(node->class, ready->findings[i].class);
		move_below(node->path, &ready->findings[i].artefact);
	}
	for (size_t i = 0; i < ready->transplant_count; i++)
		move_below(node->path, &ready->transplants[i].artefact);
}

/* Names that were read live with the comparison that they came with. */
static void move_names(struct assay_strings *from, struct assay_strings *to)
{
	for (size_t i = 0; i < from->count; i++) {
		assay_grow(&to->items, &to->cap, to->count + 1, sizeof(*to->items));
		to->items[to->count++] = from->items[i];
		to->items[to->count] = NULL;
	}
	from->count = 0;
}

static void flatten_ready(struct assay_comparison *ready, struct assay_comparison *out)
{
	for (size_t i = 0; i < ready->artefact_count; i++) {
		struct assay_artefact *from = &ready->artefacts[i];
		size_t index = assay_comparison_add(out, from->path, from->format, &from->ledger);

		out->artefacts[index].tier = from->tier;
	}
	move_found(ready, out);
	move_names(&ready->names, &out->names);
}

void assay_node_flatten(struct assay_node *node, struct assay_comparison *out)
{
	size_t index;

	if (node->ready != NULL && node->ready->artefact_count > 0) {
		flatten_ready(node->ready, out);
		return;
	}
	index = assay_comparison_add(out, node->path, node->format, &node->ledger);
	out->artefacts[index].tier = node->tier;
	if (node->found != &nothing)
		move_found(node->found, out);
	/* There may be a million of them: each goes when it was told. */
	for (size_t i = 0; i < node->child_count; i++) {
		assay_node_flatten(node->children[i], out);
		assay_node_free(node->children[i]);
	}
	node->child_count = 0;
}
