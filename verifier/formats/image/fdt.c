/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device trees as entries, attributes and parts.
 *
 * Where a name stands in the strings block and where the blocks stand says nothing, so these are
 * metadata. What counts is the tree: nodes in their order, names and values of properties, and
 * the order of properties, which a kernel shows.
 */
#include "formats/image/fdt.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "formats/readers.h"

#define PROPERTY 12 /* bytes in front of a value */

static const struct assay_field header_fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "size and places", 4, 16, ASSAY_ROLE_METADATA },
	{ "version", 20, 8, ASSAY_ROLE_FIXED },
	{ "boot processor", 28, 4, ASSAY_ROLE_FIXED },
	{ "sizes of blocks", 32, 8, ASSAY_ROLE_METADATA },
	{ 0 },
};

/* In front of a value whose size follows from a content. */
static const struct assay_field content_fields[] = {
	{ "property", 0, 4, ASSAY_ROLE_METADATA },
	{ "size", 4, 4, ASSAY_ROLE_SIZE },
	{ "property's name", 8, 4, ASSAY_ROLE_METADATA },
	{ 0 },
};

/* --- the structure block --- */

/* Zeros up to the next word, as many as there are, or whatever is there where a rule lets it be. */
static void add_padding(struct assay_contents *out, size_t entry, uint64_t at, uint64_t length,
                        const char *rule)
{
	bool zeros = assay_span_is_fill(assay_span_sub(out->span, at, length), 0);
	enum assay_role role = zeros ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED;

	if (rule != NULL)
		role = ASSAY_ROLE_OPAQUE;
	assay_contents_part_at(out, entry, role, "padding", at, length)->rule = rule;
}

/* The value; of one that is judged as a part, what it is, so that there is one of each name. */
static void add_attribute(struct assay_contents *out, size_t node,
                          const struct fdt_property *property)
{
	struct assay_attribute attribute = { .key = "property",
		                             .name = property->token.name,
		                             .form = ASSAY_FORM_TEXT,
		                             .bytes = property->token.value };

	if (property->role != ASSAY_ROLE_METADATA)
		attribute.bytes = assay_span_of_str(property->what);
	else if (property->packing)
		attribute.role = ASSAY_ROLE_PACKING;
	assay_contents_attribute(out, node, &attribute);
}

static void add_property(struct assay_contents *out, size_t node,
                         const struct fdt_property *property)
{
	const struct fdt_token *token = &property->token;
	struct assay_part *part;

	if (property->role == ASSAY_ROLE_CONTENT)
		assay_contents_fields_at(out, node, "property", content_fields, token->at);
	else
		(void)assay_contents_part_at(out, node, ASSAY_ROLE_METADATA, "property", token->at,
		                             PROPERTY);
	part = assay_contents_part_at(out, property->entry, property->role, property->what,
	                              token->at + PROPERTY, token->value.len);
	part->rule = property->rule;
	add_padding(out, node, token->at + PROPERTY + token->value.len, token->padding,
	            property->padding_rule);
	add_attribute(out, node, property);
}

/* Which properties there are, in which order. */
static void add_order(const struct fdt_tree *tree, struct assay_contents *out, size_t index)
{
	const struct fdt_node *node = &tree->nodes[index];
	ASSAY_AUTO_BUFFER struct assay_buffer names = { 0 };
	struct assay_bytes text;

	for (size_t i = 0; i < node->count; i++) {
		struct assay_span name = tree->properties[node->property + i].token.name;

		assay_buffer_add(&names, " ", i > 0);
		assay_buffer_add(&names, name.ptr, name.len);
	}
	text = assay_buffer_steal(&names);
	assay_contents_attribute(out, index,
	                         &(struct assay_attribute){
					 .key = "properties",
					 .form = ASSAY_FORM_TEXT,
					 .bytes = assay_contents_keep(out, &text),
				 });
}

static int add_entry(struct fdt_tree *tree, size_t index, struct assay_budget *budget,
                     struct assay_contents *out, struct assay_error *err)
{
	const struct fdt_node *node = &tree->nodes[index];
	struct assay_entry *entry;

	if (assay_contents_entry(out, budget,
	                         node->has_content ? ASSAY_ENTRY_FILE : ASSAY_ENTRY_DIRECTORY,
	                         err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	if (node->has_content)
		entry->content = assay_span_sub(out->span, node->content_at, node->content_size);
	return assay_contents_text(out, &entry->name, assay_span_of_str(node->path), err);
}

static void add_node(const struct fdt_tree *tree, size_t index, struct assay_contents *out)
{
	const struct fdt_node *node = &tree->nodes[index];
	const struct fdt_token *begin = &node->begin;

	(void)assay_contents_part_at(out, index, ASSAY_ROLE_METADATA, "node", begin->at,
	                             begin->length - begin->padding);
	add_padding(out, index, begin->at + begin->length - begin->padding, begin->padding, NULL);
	for (size_t i = 0; i < node->count; i++)
		add_property(out, index, &tree->properties[node->property + i]);
	if (node->external)
		(void)assay_contents_part_at(out, index, ASSAY_ROLE_CONTENT, "content",
		                             node->content_at, node->content_size);
	(void)assay_contents_part_at(out, index, ASSAY_ROLE_METADATA, "end of node", node->end, 4);
	add_order(tree, out, index);
}

/* --- the other blocks --- */

/* Addresses and sizes of memory that a kernel leaves alone, up to a pair of zeros. */
static int add_reserved(const struct fdt_header *header, struct assay_contents *out,
                        struct assay_error *err)
{
	uint64_t at = header->reserved_at;

	for (;; at += 16) {
		if (at > header->total || header->total - at < 16)
			return assay_fail_at(err, ASSAY_E_FORMAT, at,
			                     "reserved memory without an end");
		if (assay_span_is_fill(assay_span_sub(out->span, at, 16), 0))
			break;
	}
	(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "reserved memory",
	                             header->reserved_at, at + 16 - header->reserved_at);
	return 0;
}

/* A run of the strings block that is a name, with its NUL. */
struct run {
	uint64_t at, end;
};

static int by_place(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

static void add_run(struct assay_contents *out, const struct run *run)
{
	if (run->end > run->at)
		(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA,
		                             "names of properties", run->at, run->end - run->at);
}

/* Names may share their ends, and all of them their bytes. */
static void add_strings(const struct fdt_tree *tree, struct assay_contents *out)
{
	ASSAY_AUTO_FREE struct run *runs = assay_calloc(tree->property_count + 1, sizeof(*runs));
	struct run open = { 0 };

	for (size_t i = 0; i < tree->property_count; i++) {
		const struct fdt_token *token = &tree->properties[i].token;

		runs[i] = (struct run){ token->name_at, token->name_at + token->name.len + 1 };
	}
	qsort(runs, tree->property_count, sizeof(*runs), by_place);
	for (size_t i = 0; i < tree->property_count; i++) {
		if (runs[i].at > open.end) {
			add_run(out, &open);
			open = runs[i];
		}
		open.end = runs[i].end > open.end ? runs[i].end : open.end;
	}
	add_run(out, &open);
}

/* Up to three bytes behind the strings, which bring the end to a multiple of four. */
static void add_slack(const struct fdt_tree *tree, struct assay_contents *out)
{
	const struct fdt_header *header = &tree->header;
	uint64_t end = (uint64_t)header->strings_at + header->strings_size;

	if (tree->slack_rule != NULL && end < header->total && header->total - end < 4)
		assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_OPAQUE, "padding", end,
		                       header->total - end)
			->rule = tree->slack_rule;
}

int fdt_emit(struct fdt_tree *tree, struct assay_budget *budget, struct assay_contents *out,
             struct assay_error *err)
{
	assay_contents_fields(out, ASSAY_NO_ENTRY, "header", header_fields);
	/* All of them first: a part may belong to an entry that comes later. */
	for (size_t i = 0; i < tree->node_count; i++)
		if (add_entry(tree, i, budget, out, err) < 0)
			return -1;
	for (size_t i = 0; i < tree->node_count; i++)
		add_node(tree, i, out);
	(void)assay_contents_part_at(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "end of the tree",
	                             tree->last, 4);
	add_strings(tree, out);
	if (add_reserved(&tree->header, out, err) < 0)
		return -1;
	add_slack(tree, out);
	/* Also what is behind the end, and tokens that say nothing. */
	assay_contents_gaps(out, "bytes of no node");
	return 0;
}

static bool probe(struct assay_span span)
{
	return fdt_is(span);
}

static int read_fdt(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	ASSAY_AUTO_FDT_TREE struct fdt_tree tree = { 0 };

	if (fdt_tree_read(out->span, &tree, err) < 0)
		return -1;
	return fdt_emit(&tree, budget, out, err);
}

const struct assay_reader assay_reader_fdt = {
	.name = "device-tree",
	.repack_rule = "fdt/repacked@1",
	.probe = probe,
	.read = read_fdt,
};
