/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/exclusion.h"

#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"

#define RULE "policy/excluded@1"

/*
 * policy/excluded: bytes that no comparison can say anything about, so that a person has to. The
 * rule never applies by itself: a path, a place and an exact size are given from outside, with a
 * reason and the name of who approved it, and all of that is in every output beside the verdict,
 * which is never better than normalised. A region that does not lie in both files, or a path that
 * two members have, excludes nothing.
 */

static const struct assay_exclusions *list_of(const struct assay_walk *walk)
{
	static const struct assay_exclusions none = { 0 };

	return walk->options->exclusions != NULL ? walk->options->exclusions : &none;
}

static bool is_of(const struct assay_exclusion *exclusion, const struct assay_node *node)
{
	return strcmp(assay_exclusion_path(exclusion), node->path) == 0;
}

static bool fits(const struct assay_exclusion *exclusion, const struct assay_node *node)
{
	return assay_span_holds(node->delivered, exclusion->offset, exclusion->size) &&
	       assay_span_holds(node->rebuilt, exclusion->offset, exclusion->size);
}

/* Whether an exclusion is used for this node, which is the first of its path. */
static bool applies(const struct assay_walk *walk, const struct assay_node *node, unsigned i)
{
	const struct assay_exclusion *exclusion = &list_of(walk)->items[i];

	return is_of(exclusion, node) && fits(exclusion, node) &&
	       walk->excluded[i % ASSAY_EXCLUSIONS_MAX] == node;
}

static void refuse(struct assay_node *node, const struct assay_exclusion *exclusion,
                   const char *why)
{
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "%" PRIu64 " bytes at 0x%" PRIx64
	                            " should be excluded, but %s: they are not",
	                            exclusion->size, exclusion->offset, why);
}

/* Take an exclusion for a node. Return: whether it can be used */
static bool take(struct assay_walk *walk, struct assay_node *node, unsigned i)
{
	const struct assay_exclusion *exclusion = &list_of(walk)->items[i];
	const void **user = &walk->excluded[i % ASSAY_EXCLUSIONS_MAX];

	if (!is_of(exclusion, node))
		return false;
	if (*user != NULL || i >= ASSAY_EXCLUSIONS_MAX)
		refuse(node, exclusion, "another member has this name too");
	else if (!fits(exclusion, node))
		refuse(node, exclusion, "are not in both files");
	else
		*user = node;
	return *user == node;
}

/* Whether a copy may be made; the budget is that of the side it is a copy of. */
static bool has_room(struct assay_walk *walk, struct assay_node *node)
{
	struct assay_budget *budget = &walk->budgets[1];

	if (node->rebuilt.len > budget->limits.bytes - budget->bytes) {
		assay_node_inconclusive(node, "limit: more than %" PRIu64 " bytes unpacked",
		                        budget->limits.bytes);
		return false;
	}
	budget->bytes += node->rebuilt.len;
	return true;
}

bool assay_exclusion_mask(struct assay_walk *walk, struct assay_node *node,
                          struct assay_bytes *masked)
{
	*masked = (struct assay_bytes){ 0 };
	for (unsigned i = 0; i < list_of(walk)->count; i++) {
		const struct assay_exclusion *exclusion = &list_of(walk)->items[i];

		if (!take(walk, node, i))
			continue;
		if (masked->ptr == NULL) {
			if (!has_room(walk, node))
				return false;
			*masked = (struct assay_bytes){ assay_calloc(node->rebuilt.len + 1, 1),
				                        node->rebuilt.len };
			memcpy(masked->ptr, node->rebuilt.ptr, node->rebuilt.len);
		}
		memcpy(masked->ptr + exclusion->offset, node->delivered.ptr + exclusion->offset,
		       exclusion->size);
	}
	return true;
}

void assay_exclusion_tell(struct assay_walk *walk, struct assay_node *node)
{
	for (unsigned i = 0; i < list_of(walk)->count; i++) {
		const struct assay_exclusion *exclusion = &list_of(walk)->items[i];
		struct assay_finding place = assay_node_place(
			node, exclusion->offset, exclusion->size, ASSAY_CLASS_EXCLUDED, RULE);
		ASSAY_AUTO_FREE char *reason = NULL, *approver = NULL;

		if (!applies(walk, node, i) ||
		    memcmp(node->delivered.ptr + exclusion->offset,
		           node->rebuilt.ptr + exclusion->offset, exclusion->size) == 0)
			continue;
		reason = assay_quoted(exclusion->reason);
		approver = assay_quoted(exclusion->approver);
		assay_ledger_worsen(&node->ledger, exclusion->offset, exclusion->size,
		                    ASSAY_CLASS_EXCLUDED, RULE);
		(void)assay_comparison_find(assay_node_found(node), &place,
		                            "%" PRIu64
		                            " bytes differ and are excluded: %s (approved by %s)",
		                            exclusion->size, reason, approver);
	}
}
