/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/compare.h"

#include "base/memory.h"
#include "compare/container.h"
#include "compare/deb.h"
#include "compare/elfcmp/elf.h"
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

static void compare_leaf(struct assay_node *node, bool equal)
{
	if (!assay_elf_is(node->delivered) || !assay_elf_is(node->rebuilt)) {
		if (!equal)
			assay_node_compare_bytes(node);
		return;
	}
	node->format = "elf";
	if (equal)
		assay_node_remark_elf(node);
	else
		assay_node_compare_elf(node);
}

/*
 * Read one side. Not being able to read equal bytes takes nothing away from their being equal.
 *
 * Return: 1, 0 when it cannot be read (with a finding, unless both are equal), -1 on trouble
 */
static int read_side(struct assay_walk *walk, struct assay_node *node, struct assay_span span,
                     struct assay_contents *out, struct assay_error *err)
{
	bool equal = assay_span_equal(node->delivered, node->rebuilt);
	const struct assay_reader *reader = assay_reader_for(span);
	struct assay_error why = ASSAY_ERROR_INIT;

	if (walk->depth >= walk->budget.limits.depth)
		(void)assay_fail(&why, ASSAY_E_LIMIT, "containers more than %u deep",
		                 walk->budget.limits.depth);
	else if (assay_contents_read(reader, span, &walk->budget, out, &why) == 0)
		return 1;
	if (why.code != ASSAY_E_FORMAT && why.code != ASSAY_E_LIMIT) {
		*err = why;
		return assay_fail_in(err, "%s", node->path);
	}
	if (!equal)
		assay_node_inconclusive(node, "the %s file cannot be read as %s: %s%s",
		                        span.ptr == node->delivered.ptr ? "delivered" : "rebuilt",
		                        reader->name, why.code == ASSAY_E_LIMIT ? "limit: " : "",
		                        why.text);
	return 0;
}

/* Return: 1 when it was compared as a container, 0 when it must be compared otherwise, -1 */
static int compare_opened(struct assay_walk *walk, struct assay_node *node, bool equal,
                          struct assay_error *err)
{
	ASSAY_AUTO_CONTENTS struct assay_contents a = { 0 }, b = { 0 };
	struct assay_container container = { node, &a, equal ? &a : &b };
	const struct assay_reader *reader = assay_reader_for(node->delivered);
	int got;

	if (reader == NULL || reader != assay_reader_for(node->rebuilt))
		return 0;
	node->format = reader->name;
	got = read_side(walk, node, node->delivered, &a, err);
	if (got > 0 && !equal)
		got = read_side(walk, node, node->rebuilt, &b, err);
	if (got <= 0)
		return got;
	return assay_container_compare(walk, &container, err) < 0 ? -1 : 1;
}

static int compare_node(struct assay_walk *walk, struct assay_node *node, bool equal,
                        struct assay_error *err)
{
	int opened = 0;

	if (node->role == ASSAY_NODE_DEB_MD5SUMS && walk->md5sums != NULL) {
		assay_md5sums_compare(walk->md5sums, node);
		return 0;
	}
	if (!equal || node->role != ASSAY_NODE_PLAIN)
		opened = compare_opened(walk, node, equal, err);
	if (opened == 0)
		compare_leaf(node, equal);
	return opened < 0 ? -1 : 0;
}

int assay_node_compare(struct assay_walk *walk, struct assay_node *node, struct assay_error *err)
{
	bool equal = assay_span_equal(node->delivered, node->rebuilt);

	if (equal)
		(void)assay_ledger_explain(&node->ledger, 0, node->ledger.size,
		                           ASSAY_CLASS_IDENTICAL, NULL);
	if (compare_node(walk, node, equal, err) < 0)
		return -1;
	assay_node_settle(node);
	return check_honest(node, equal, err);
}

/* Bytes that nothing explains and no finding that says so: a report would hide them. */
static int check_told(const struct assay_comparison *comparison, struct assay_error *err)
{
	bool silent = comparison->tier == ASSAY_TIER_DIFFERENT;

	for (size_t i = 0; i < comparison->finding_count; i++)
		silent = silent && comparison->findings[i].class != ASSAY_CLASS_UNEXPLAINED;
	if (silent)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "a difference without a finding (a bug in assay)");
	return 0;
}

struct assay_walk assay_walk_of(const struct assay_compare_options *options)
{
	return (struct assay_walk){
		.budget = assay_budget_of(options != NULL ? options->limits : NULL),
		.progress = options != NULL ? options->progress : NULL,
	};
}

int assay_node_conclude(struct assay_node *root, struct assay_comparison *out,
                        struct assay_error *err)
{
	assay_node_flatten(root, out);
	if (assay_comparison_conclude(out, err) < 0)
		return -1;
	return check_told(out, err);
}

int assay_compare(const struct assay_side *delivered, const struct assay_side *rebuilt,
                  const struct assay_compare_options *options, struct assay_comparison *out,
                  struct assay_error *err)
{
	ASSAY_AUTO_NODE struct assay_node *root =
		assay_node_new("", delivered->span, rebuilt->span);
	struct assay_walk walk = assay_walk_of(options);

	set_subject(&out->delivered, delivered);
	set_subject(&out->rebuilt, rebuilt);
	if (assay_node_compare(&walk, root, err) < 0)
		return -1;
	return assay_node_conclude(root, out, err);
}
