/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flattened device trees: what a loader and a kernel make of them, and every byte beside it.
 *
 * Nodes become entries and properties their attributes, in the order of the tree. What a program
 * could read in another way than the next one (properties behind nodes, a name past its block) is
 * an error.
 *
 * Layer:  formats; private to this folder.
 * Source: Devicetree Specification 0.4, chapter 5; libfdt (fdt_check_full).
 * Limits: version 17 only, which is all that dtc has written since 2008. The figures below are
 *         ours: the largest trees of Linux have some thousand nodes.
 */
#ifndef ASSAY_FORMATS_IMAGE_FDT_H
#define ASSAY_FORMATS_IMAGE_FDT_H

#include "formats/contents.h"

#define FDT_NODES_MAX (1u << 16)
#define FDT_PROPERTIES_MAX (1u << 18)
#define FDT_DEPTH_MAX 64  /* FDT_MAX_DEPTH of Linux */
#define FDT_NAME_MAX 255  /* bytes; the specification has 31 */
#define FDT_PATH_MAX 1024 /* bytes */

enum fdt_kind {
	FDT_BEGIN = 1, /* Devicetree Specification 5.4.1 */
	FDT_END = 2,
	FDT_PROPERTY = 3,
	FDT_NOP = 4,
	FDT_LAST = 9,
};

struct fdt_header {
	struct assay_span span; /* of the whole file */
	uint32_t total, structure_at, structure_size, strings_at, strings_size, reserved_at;
};

/** One piece of the structure block. */
struct fdt_token {
	enum fdt_kind kind;
	uint64_t at;             /* in the file */
	uint64_t length;         /* with name or value and the padding behind it */
	uint64_t padding;        /* bytes of it */
	struct assay_span name;  /* of a node or property */
	struct assay_span value; /* of a property; stands at at + 12 */
	uint64_t name_at;        /* of a property's name, in the file */
};

struct fdt_property {
	struct fdt_token token;
	enum assay_role role;     /* of the value; METADATA: it is an attribute */
	const char *what;         /* of the value, as a part; static text */
	const char *rule;         /* role OPAQUE */
	size_t entry;             /* whose part the value is: the node's or an image's */
	const char *padding_rule; /* of the bytes behind the value; NULL: they are zeros */
	bool packing;             /* an attribute that tells where a content is, which may differ */
};

struct fdt_node {
	struct fdt_token begin;
	uint64_t end;     /* where its FDT_END is */
	size_t parent;    /* index of a node; its own for the root */
	size_t property;  /* index of its first property */
	size_t count;     /* of its properties */
	char *path;       /* "images/kernel"; "/" for the root; owned */
	bool has_content; /* a file, whose content is at content_at */
	bool external;    /* content behind the tree, in no property */
	uint64_t content_at, content_size;
};

/** Zero-initialise; free with fdt_tree_fini. */
struct fdt_tree {
	struct fdt_header header;
	struct fdt_node *nodes; /* parents first, in the order of the file */
	size_t node_count, node_cap;
	struct fdt_property *properties; /* each node's together */
	size_t property_count, property_cap;
	const char *slack_rule; /* of padding behind the strings; NULL: it is not looked at */
	uint64_t last;          /* where FDT_LAST is */
};

static inline bool fdt_is(struct assay_span span)
{
	return assay_span_starts(span, "\xd0\x0d\xfe\xed", 4);
}

/** Errors: ASSAY_E_FORMAT  blocks that are not where they can be, another version */
ASSAY_CHECKED int fdt_header_read(struct assay_span span, struct fdt_header *out,
                                  struct assay_error *err);

/**
 * Read the token at *at, and move behind it.
 *
 * Return: 1, 0 for FDT_LAST, -1. Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int fdt_next(const struct fdt_header *header, uint64_t *at, struct fdt_token *out,
                           struct assay_error *err);

/** Errors: ASSAY_E_FORMAT  no tree, or not one for every program; ASSAY_E_LIMIT */
ASSAY_CHECKED int fdt_tree_read(struct assay_span span, struct fdt_tree *out,
                                struct assay_error *err);
void fdt_tree_fini(struct fdt_tree *tree);
#define ASSAY_AUTO_FDT_TREE ASSAY_AUTO(fdt_tree_fini)

/** A property of a node; NULL when there is none. */
struct fdt_property *fdt_property_of(struct fdt_tree *tree, size_t node, const char *name);

/** Turn the tree into entries, attributes and parts. Errors: ASSAY_E_LIMIT, ASSAY_E_FORMAT */
ASSAY_CHECKED int fdt_emit(struct fdt_tree *tree, struct assay_budget *budget,
                           struct assay_contents *out, struct assay_error *err);

#endif
