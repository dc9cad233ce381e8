/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes with their paths and properties, from the tokens. */
#include "base/memory.h"
#include "formats/image/fdt.h"

#define NONE SIZE_MAX

/* A tree in the making. */
struct walk {
	struct fdt_tree *tree;
	size_t open;    /* the node that is open; NONE: before and behind the root */
	unsigned depth; /* nodes that are open */
};

/* The name decides the path, so it has nothing in it that could be part of one. */
static int check_name(const struct walk *walk, const struct fdt_token *token,
                      struct assay_error *err)
{
	bool root = walk->open == NONE;

	if (root && walk->tree->node_count > 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, token->at, "a second root");
	if (root != (token->name.len == 0))
		return assay_fail_at(err, ASSAY_E_FORMAT, token->at,
		                     root ? "a root with a name" : "a node without a name");
	if (token->name.len > 0 && memchr(token->name.ptr, '/', token->name.len) != NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, token->at, "a node with a / in its name");
	if (walk->depth >= FDT_DEPTH_MAX || walk->tree->node_count >= FDT_NODES_MAX)
		return assay_fail_at(err, ASSAY_E_LIMIT, token->at, "too many nodes");
	return 0;
}

static char *path_of(const struct fdt_tree *tree, size_t parent, struct assay_span name)
{
	const char *above = parent == NONE || parent == 0 ? "" : tree->nodes[parent].path;

	if (parent == NONE)
		return assay_strdup("/");
	return assay_asprintf("%s%s%.*s", above, *above != '\0' ? "/" : "", (int)name.len,
	                      (const char *)name.ptr);
}

static int begin(struct walk *walk, const struct fdt_token *token, struct assay_error *err)
{
	struct fdt_tree *tree = walk->tree;
	size_t index = tree->node_count;

	if (check_name(walk, token, err) < 0)
		return -1;
	assay_grow(&tree->nodes, &tree->node_cap, index, sizeof(*tree->nodes));
	tree->nodes[index] = (struct fdt_node){
		.begin = *token,
		.parent = walk->open == NONE ? index : walk->open,
		.property = tree->property_count,
		.path = path_of(tree, walk->open, token->name),
	};
	tree->node_count++;
	if (strlen(tree->nodes[index].path) > FDT_PATH_MAX)
		return assay_fail_at(err, ASSAY_E_LIMIT, token->at, "a path that is too long");
	walk->open = index;
	walk->depth++;
	return 0;
}

static int end(struct walk *walk, const struct fdt_token *token, struct assay_error *err)
{
	struct fdt_node *node;

	if (walk->open == NONE)
		return assay_fail_at(err, ASSAY_E_FORMAT, token->at, "the end of no node");
	node = &walk->tree->nodes[walk->open];
	node->end = token->at;
	walk->open = node->parent == walk->open ? NONE : node->parent;
	walk->depth--;
	return 0;
}

/* Programs do not agree on properties behind the nodes of a node, so there are none. */
static int add_property(struct walk *walk, const struct fdt_token *token, struct assay_error *err)
{
	struct fdt_tree *tree = walk->tree;

	if (walk->open == NONE || walk->open + 1 != tree->node_count)
		return assay_fail_at(err, ASSAY_E_FORMAT, token->at,
		                     "a property that is not at the start of a node");
	if (tree->property_count >= FDT_PROPERTIES_MAX)
		return assay_fail_at(err, ASSAY_E_LIMIT, token->at, "too many properties");
	assay_grow(&tree->properties, &tree->property_cap, tree->property_count,
	           sizeof(*tree->properties));
	tree->properties[tree->property_count++] = (struct fdt_property){
		.token = *token,
		.role = ASSAY_ROLE_METADATA,
		.what = "value",
		.entry = walk->open,
	};
	tree->nodes[walk->open].count++;
	return 0;
}

static int take(struct walk *walk, const struct fdt_token *token, struct assay_error *err)
{
	switch (token->kind) {
	case FDT_BEGIN:
		return begin(walk, token, err);
	case FDT_END:
		return end(walk, token, err);
	case FDT_PROPERTY:
		return add_property(walk, token, err);
	case FDT_NOP:
	case FDT_LAST:
		break;
	}
	return 0;
}

int fdt_tree_read(struct assay_span span, struct fdt_tree *out, struct assay_error *err)
{
	struct walk walk = { .tree = out, .open = NONE };
	struct fdt_token token;
	uint64_t at;
	int got;

	if (fdt_header_read(span, &out->header, err) < 0)
		return -1;
	at = out->header.structure_at;
	while ((got = fdt_next(&out->header, &at, &token, err)) > 0)
		if (take(&walk, &token, err) < 0)
			return -1;
	if (got < 0)
		return -1;
	out->last = token.at;
	if (at != (uint64_t)out->header.structure_at + out->header.structure_size)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "bytes behind the end of the tree");
	if (walk.open != NONE || out->node_count == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, token.at, "a tree that is not closed");
	return 0;
}

void fdt_tree_fini(struct fdt_tree *tree)
{
	for (size_t i = 0; i < tree->node_count; i++)
		free(tree->nodes[i].path);
	free(tree->nodes);
	free(tree->properties);
	*tree = (struct fdt_tree){ 0 };
}

struct fdt_property *fdt_property_of(struct fdt_tree *tree, size_t node, const char *name)
{
	const struct fdt_node *of = &tree->nodes[node];

	for (size_t i = 0; i < of->count; i++) {
		struct fdt_property *property = &tree->properties[of->property + i];

		if (assay_span_is(property->token.name, name))
			return property;
	}
	return NULL;
}
