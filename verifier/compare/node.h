/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of pairs that a comparison walks: one node for each artefact, with its ledger and its
 * own findings. In the end it is laid out flat as a struct assay_comparison.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_NODE_H
#define ASSAY_COMPARE_NODE_H

#include "compare/walk.h"

/** What a node is to the package around it. Any but the first is opened even when equal. */
enum assay_node_role {
	ASSAY_NODE_PLAIN,
	ASSAY_NODE_DEB_CONTROL, /* control.tar of a .deb, packed or not */
	ASSAY_NODE_DEB_DATA,    /* data.tar of a .deb, packed or not */
	ASSAY_NODE_DEB_MD5SUMS, /* the file md5sums in control.tar */
};

/** Findings of one kind in one node, told once: the field of many members of a container. */
struct assay_node_kind {
	const char *rule; /* static text */
	const char *what;
	size_t finding; /* index in found.findings: the first place */
	size_t count;
};

/** One artefact and its counterpart. */
struct assay_node {
	char *path;                  /* as in struct assay_artefact; owned */
	const char *format;          /* static text */
	struct assay_span delivered; /* borrowed while the node is being compared */
	struct assay_span rebuilt;
	enum assay_node_role role;
	struct assay_ledger ledger; /* over delivered */
	struct assay_comparison
		*found;         /* findings of this node only, to be read; see assay_node_found */
	enum assay_tier tier;   /* worst of its bytes, its findings and its children */
	enum assay_class class; /* the same as a class: what bytes that carry it have */
	struct assay_node_kind *kinds; /* owned */
	size_t kind_count, kind_cap;
	struct assay_comparison *ready; /* instead of all else: what another process found; owned */
	struct assay_bytes image;       /* the rebuilt bytes with all values transplanted, which are
	                                  the delivered ones; for the node around it. Owned. */
	struct assay_node **children;   /* owned, in the order of the delivered container */
	size_t child_count, child_cap;
};

/** A node with a new ledger. path is copied. Owner: caller frees, or hands it to a parent. */
struct assay_node *assay_node_new(const char *path, struct assay_span delivered,
                                  struct assay_span rebuilt);
void assay_node_free(struct assay_node *node);

static inline void assay_cleanup_node(struct assay_node **node)
{
	assay_node_free(*node);
}
#define ASSAY_AUTO_NODE ASSAY_AUTO(assay_cleanup_node)

/** The findings of a node, to add to them: most nodes never have one, and no room for it. */
struct assay_comparison *assay_node_found(struct assay_node *node);

/** Hand a compared child to its parent. */
void assay_node_adopt(struct assay_node *parent, struct assay_node *child);

/** A place in the node of the given class; for assay_comparison_find. */
struct assay_finding assay_node_place(const struct assay_node *node, uint64_t offset,
                                      uint64_t length, enum assay_class class, const char *rule);

/** Where a difference stands on both sides. Bytes. */
struct assay_run {
	uint64_t offset, length;                 /* in delivered */
	uint64_t rebuilt_offset, rebuilt_length; /* in rebuilt */
	uint64_t differing;                      /* of length; 0: all of it */
	bool exact;                              /* a field: shown without what is around it */
};

/** Give a finding that has none yet the excerpts of a run. */
void assay_node_show_run(const struct assay_node *node, const struct assay_run *run,
                         struct assay_finding *finding);

/**
 * Append a finding for a run, with excerpts of both sides. what: "mtime", or NULL for content.
 *
 * Return: the finding; borrowed until the next one is appended
 */
struct assay_finding *assay_node_find_run(struct assay_node *node, const struct assay_run *run,
                                          enum assay_class class, const char *rule,
                                          const char *what);

/**
 * The same for one of many differences of a kind under a rule. Only the first of a node becomes a
 * finding; the others are counted, and assay_node_settle says how many there are.
 *
 * In: text, what the finding says of the first; what and rule, static text, make the kind
 */
void assay_node_find_kind(struct assay_node *node, const struct assay_run *run,
                          enum assay_class class, const char *rule, const char *what,
                          const char *text);

/**
 * Append findings for all bytes of [offset, offset + length) that are not identical, one for each
 * run of a class and rule, and one for the rest when there are very many.
 *
 * In: shift, what to add to an offset in delivered to come to its counterpart in rebuilt
 */
void assay_node_find_bytes(struct assay_node *node, uint64_t offset, uint64_t length, int64_t shift,
                           const char *what);

/** The artefact could not be read to the end: its tier is inconclusive, with a finding. */
void assay_node_inconclusive(struct assay_node *node, const char *fmt, ...) ASSAY_PRINTF(2, 3);

/** The worst class of a node's bytes, findings and children, all that are there so far. */
enum assay_class assay_node_worst(const struct assay_node *node);

/** Set the node's image: two runs of bytes, one behind the other. */
void assay_node_set_image(struct assay_node *node, struct assay_span a, struct assay_span b);

/** Take over what was found of the node's two sides. The comparison is moved. */
void assay_node_take(struct assay_node *node, struct assay_comparison *comparison);

/** Set the tier from bytes, findings and children. Call when all of them are there. */
void assay_node_settle(struct assay_node *node);

/** Compare a node's two sides, whatever they are. Errors: only bugs and I/O; else a verdict. */
ASSAY_CHECKED int assay_node_compare(struct assay_walk *walk, struct assay_node *node,
                                     struct assay_error *err);

/** The same for a whole file, with what holds between all that is in it. */
ASSAY_CHECKED int assay_node_compare_file(struct assay_walk *walk, struct assay_node *node,
                                          struct assay_error *err);

/** Compare as plain bytes: by position, or by equal start and end when the sizes differ. */
void assay_node_compare_bytes(struct assay_node *node);

/** Move the node and all below it into out: parents first. The node keeps an empty shell only. */
void assay_node_flatten(struct assay_node *node, struct assay_comparison *out);

/** Flatten a tree and check that its verdict can be used. Errors: as assay_compare */
ASSAY_CHECKED int assay_node_conclude(struct assay_node *root, struct assay_comparison *out,
                                      struct assay_error *err);

#endif
