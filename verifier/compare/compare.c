/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/compare.h"

#include "base/memory.h"
#include "compare/elf.h"
#include "compare/node.h"
#include "elf/elf.h"

static void set_subject(struct assay_subject *subject, const struct assay_side *side)
{
	subject->name = assay_strdup(side->name);
	subject->size = side->span.len;
	assay_sha256(side->span, &subject->sha256);
}

/* Two sides that are not equal and a node that says they are: never let that out. */
static int check_honest(const struct assay_node *node, bool equal, struct assay_error *err)
{
	if (!equal && node->tier == ASSAY_TIER_IDENTICAL)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "%s: different bytes were called identical (a bug in assay)",
		                  node->path);
	return 0;
}

static void compare_different(struct assay_node *node)
{
	if (assay_elf_is(node->delivered) && assay_elf_is(node->rebuilt)) {
		node->format = "elf";
		assay_node_compare_elf(node);
	} else {
		assay_node_compare_bytes(node);
	}
}

int assay_node_compare(struct assay_walk *walk, struct assay_node *node, struct assay_error *err)
{
	bool equal = assay_span_equal(node->delivered, node->rebuilt);

	(void)walk;
	if (equal)
		(void)assay_ledger_explain(&node->ledger, 0, node->ledger.size,
		                           ASSAY_CLASS_IDENTICAL, NULL);
	else
		compare_different(node);
	assay_node_settle(node);
	return check_honest(node, equal, err);
}

int assay_compare(const struct assay_side *delivered, const struct assay_side *rebuilt,
                  const struct assay_compare_options *options, struct assay_comparison *out,
                  struct assay_error *err)
{
	static const struct assay_compare_options defaults;
	ASSAY_AUTO_NODE struct assay_node *root =
		assay_node_new("", delivered->span, rebuilt->span);
	struct assay_walk walk;

	options = options != NULL ? options : &defaults;
	walk = (struct assay_walk){ .budget = assay_budget_of(options->limits),
		                    .progress = options->progress };
	set_subject(&out->delivered, delivered);
	set_subject(&out->rebuilt, rebuilt);
	if (assay_node_compare(&walk, root, err) < 0)
		return -1;
	assay_node_flatten(root, out);
	return assay_comparison_conclude(out, err);
}
