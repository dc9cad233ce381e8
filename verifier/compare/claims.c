/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/claims.h"

#include "base/memory.h"
#include "compare/transplant.h"

/* The claims that one text makes. */
struct list {
	const struct assay_claim *items;
	size_t count;
};

/* Whether a node is what stands inside of a delivered entry. */
static bool is_in(const struct assay_claims *claims, size_t entry, const char *inside,
                  const struct assay_node *node)
{
	const struct assay_container *container = claims->container;
	ASSAY_AUTO_FREE char *member =
		assay_container_path(container->node->path, &container->delivered->entries[entry]);
	size_t len = strlen(member);

	return strncmp(node->path, member, len) == 0 && strcmp(node->path + len, inside) == 0;
}

/* In: text, that of the node on this side: two members could have one path */
static struct list find(const struct assay_claims *claims, const struct assay_contents *contents,
                        const struct assay_node *node, struct assay_span text)
{
	struct list out = { 0 };

	for (size_t i = 0; i < contents->claim_count; i++) {
		const struct assay_claim *claim = &contents->claims[i];
		size_t entry = claim->entry;

		if (!assay_span_equal(claim->text, text))
			continue;
		if (contents == claims->container->rebuilt)
			entry = claims->pairing->delivered_of[entry];
		if (entry == ASSAY_UNPAIRED || !is_in(claims, entry, claim->inside, node))
			continue;
		if (out.count++ == 0)
			out.items = claim;
	}
	return out;
}

static bool same_claim(const struct assay_claims *claims, const struct assay_claim *a,
                       const struct assay_claim *b)
{
	if (strcmp(a->what, b->what) != 0 || strcmp(a->rule, b->rule) != 0 ||
	    a->packed != b->packed)
		return false;
	if (a->about == ASSAY_NO_ENTRY || b->about == ASSAY_NO_ENTRY)
		return a->about == b->about;
	return claims->pairing->rebuilt_of[a->about] == b->about;
}

/* What stands in front of a claim, behind the one before; behind the last one for i == count. */
static struct assay_span before(const struct list *list, size_t i, struct assay_span text,
                                uint64_t *at)
{
	*at = i > 0 ? list->items[i - 1].offset + list->items[i - 1].length : 0;
	return assay_span_sub(text, *at,
	                      (i < list->count ? list->items[i].offset : text.len) - *at);
}

/* Whether two texts are equal but for their claims. */
static bool same_frame(const struct assay_claims *claims, const struct assay_node *node,
                       const struct list *a, const struct list *b)
{
	uint64_t at;

	if (a->count != b->count)
		return false;
	for (size_t i = 0; i <= a->count; i++) {
		if (!assay_span_equal(before(a, i, node->delivered, &at),
		                      before(b, i, node->rebuilt, &at)))
			return false;
		if (i < a->count && !same_claim(claims, &a->items[i], &b->items[i]))
			return false;
	}
	return true;
}

/* The class of what a claim is about. True claims that differ about what is equal are not explained. */
static enum assay_class class_of(const struct assay_claims *claims, const struct assay_claim *claim)
{
	const struct assay_node *child = claims->children[claim->about];
	enum assay_class class = child != NULL ? child->class : ASSAY_CLASS_UNEXPLAINED;

	/* The same content in other bytes is packed otherwise. */
	if (claim->packed && class < ASSAY_CLASS_REPACKED)
		return ASSAY_CLASS_REPACKED;
	return class == ASSAY_CLASS_IDENTICAL ? ASSAY_CLASS_UNEXPLAINED : class;
}

/* Whether what a claim is about has findings of its own, of which this one would be a repetition. */
static bool is_told(const struct assay_claims *claims, const struct assay_claim *claim)
{
	const struct assay_node *child = claims->children[claim->about];

	return child != NULL && child->class == ASSAY_CLASS_UNEXPLAINED;
}

/* A value that stands in the text. Return: whether it may be another one */
static bool note_value(struct assay_walk *walk, struct assay_node *node,
                       const struct assay_claim *claim)
{
	struct assay_span value = assay_span_sub(node->delivered, claim->offset, claim->length);
	struct assay_transplant record = {
		.offset = claim->offset,
		.rule = claim->rule,
		.what = claim->what,
		.value = { (uint8_t *)(uintptr_t)value.ptr, value.len }, /* copied from */
	};

	return assay_transplant_find(claim->rule) != NULL &&
	       assay_transplant_note(walk, node, &record);
}

static void compare_value(struct assay_walk *walk, struct assay_node *node,
                          const struct assay_claim *claim, const struct assay_run *run)
{
	if (!note_value(walk, node, claim)) {
		(void)assay_node_find_run(node, run, ASSAY_CLASS_UNEXPLAINED, NULL, claim->what);
		return;
	}
	(void)assay_ledger_explain(&node->ledger, run->offset, run->length,
	                           ASSAY_CLASS_TRANSPLANTED, claim->rule);
	assay_node_find_kind(node, run, ASSAY_CLASS_TRANSPLANTED, claim->rule, claim->what,
	                     claim->what);
}

static void compare_claim(const struct assay_claims *claims, struct assay_walk *walk,
                          struct assay_node *node, const struct assay_claim *a,
                          const struct assay_claim *b)
{
	struct assay_run run = { a->offset, a->length, b->offset, b->length, 0, true };
	enum assay_class class;

	if (assay_span_equal(assay_span_sub(node->delivered, a->offset, a->length),
	                     assay_span_sub(node->rebuilt, b->offset, b->length))) {
		assay_ledger_explain(&node->ledger, a->offset, a->length, ASSAY_CLASS_IDENTICAL,
		                     NULL);
		return;
	}
	if (a->about == ASSAY_NO_ENTRY) {
		compare_value(walk, node, a, &run);
		return;
	}
	if (is_told(claims, a))
		return;
	class = class_of(claims, a);
	if (class != ASSAY_CLASS_UNEXPLAINED)
		assay_ledger_explain(&node->ledger, a->offset, a->length, class, a->rule);
	(void)assay_node_find_run(node, &run, class, a->rule, a->what);
}

static void compare_lists(const struct assay_claims *claims, struct assay_walk *walk,
                          struct assay_node *node, const struct list *a, const struct list *b)
{
	for (size_t i = 0; i <= a->count; i++) {
		uint64_t at;
		struct assay_span frame = before(a, i, node->delivered, &at);

		assay_ledger_explain(&node->ledger, at, frame.len, ASSAY_CLASS_IDENTICAL, NULL);
		if (i < a->count)
			compare_claim(claims, walk, node, &a->items[i], &b->items[i]);
	}
	/* The frame is that of the rebuilt text, and the claims are true of what was delivered. */
	if (assay_node_worst(node) == ASSAY_CLASS_TRANSPLANTED)
		assay_node_set_image(node, node->delivered, (struct assay_span){ 0 });
}

bool assay_claims_wait(const struct assay_claims *claims, size_t entry)
{
	const struct assay_contents *delivered = claims->container->delivered;

	for (size_t i = 0; i < delivered->claim_count; i++) {
		const struct assay_claim *claim = &delivered->claims[i];

		if (claim->entry == entry && claim->about != entry &&
		    claim->about != ASSAY_NO_ENTRY && claims->children[claim->about] == NULL &&
		    claims->pairing->rebuilt_of[claim->about] != ASSAY_UNPAIRED)
			return true;
	}
	return false;
}

bool assay_claims_compare(struct assay_walk *walk, struct assay_node *node)
{
	for (const struct assay_claims *claims = walk->claims; claims != NULL;
	     claims = claims->outer) {
		struct list a, b;

		if (claims->container->delivered->claim_count == 0)
			continue;
		a = find(claims, claims->container->delivered, node, node->delivered);
		b = find(claims, claims->container->rebuilt, node, node->rebuilt);
		if (a.count == 0 || !same_frame(claims, node, &a, &b))
			continue;
		compare_lists(claims, walk, node, &a, &b);
		return true;
	}
	return false;
}
