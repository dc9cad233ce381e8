/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/compare.h"

#include "base/memory.h"
#include "compare/claims.h"
#include "compare/container.h"
#include "compare/deb.h"
#include "compare/elfcmp/elf.h"
#include "compare/exclusion.h"
#include "compare/image/image.h"
#include "compare/image/side.h"
#include "compare/node.h"
#include "compare/sides.h"
#include "elf/elf.h"
#include "formats/disk/flash.h"
#include "formats/readers.h"

static void set_subject(struct assay_subject *subject, const struct assay_side *side, bool digest)
{
	subject->name = assay_strdup(side->name);
	subject->size = side->span.len;
	if (digest)
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

static void compare_leaf(struct assay_walk *walk, struct assay_node *node, bool equal)
{
	bool elf = assay_elf_is(node->delivered) && assay_elf_is(node->rebuilt);

	if (elf)
		node->format = "elf";
	if (elf && equal)
		assay_node_remark_elf(node);
	else if (elf)
		assay_node_compare_elf(node);
	else if (!equal && assay_image_applies(node->delivered, node->rebuilt))
		assay_node_compare_image(walk, node);
	else if (!equal)
		assay_node_compare_bytes(node);
}

/* One side of a container, to be read. */
struct reading {
	struct assay_walk *walk;
	struct assay_node *node;
	const struct assay_reader *reader;
	const struct assay_flash_layout *layout; /* NULL: it is read as what it is */
	struct assay_contents contents[2];       /* delivered, rebuilt */
	struct assay_error why[2];               /* code ASSAY_E_NONE: it was read */
};

static struct assay_span span_of(const struct assay_node *node, size_t side)
{
	return side == 0 ? node->delivered : node->rebuilt;
}

/* Work of assay_parallel: it never fails, so that both sides are always read. */
static int read_side(void *context, size_t side, struct assay_error *err)
{
	struct reading *reading = context;
	struct assay_walk *walk = reading->walk;
	struct assay_span span = span_of(reading->node, side);

	(void)err;
	if (walk->depth >= walk->budgets[side].limits.depth)
		(void)assay_fail(&reading->why[side], ASSAY_E_LIMIT, "containers more than %u deep",
		                 walk->budgets[side].limits.depth);
	else if (reading->layout != NULL)
		(void)!assay_flash_read(reading->layout, span, &walk->budgets[side],
		                        &reading->contents[side], &reading->why[side]);
	else
		(void)!assay_contents_read(reading->reader, span, &walk->budgets[side],
		                           &reading->contents[side], &reading->why[side]);
	return 0;
}

/*
 * What became of one side. Not being able to read equal bytes takes nothing away from their being
 * equal.
 *
 * Return: 1, 0 when it cannot be read (with a finding, unless both are equal), -1 on trouble
 */
static int check_read(const struct reading *reading, size_t side, bool equal,
                      struct assay_error *err)
{
	static const char *const sides[] = { "delivered", "rebuilt" };
	const struct assay_error *why = &reading->why[side];
	struct assay_node *node = reading->node;

	if (why->code == ASSAY_E_NONE)
		return 1;
	if (why->code != ASSAY_E_FORMAT && why->code != ASSAY_E_LIMIT) {
		*err = *why;
		return assay_fail_in(err, "%s", node->path);
	}
	if (!equal)
		assay_node_inconclusive(node, "the %s file cannot be read as %s: %s%s", sides[side],
		                        reading->reader->name,
		                        why->code == ASSAY_E_LIMIT ? "limit: " : "", why->text);
	return 0;
}

static int compare_sides(struct reading *reading, bool equal, struct assay_error *err)
{
	struct assay_contents *contents = reading->contents;
	struct assay_container container = { reading->node, &contents[0],
		                             &contents[equal ? 0 : 1] };
	int got = check_read(reading, 0, equal, err);

	if (got > 0 && !equal)
		got = check_read(reading, 1, equal, err);
	if (got <= 0)
		return got;
	return assay_container_compare(reading->walk, &container, err) < 0 ? -1 : 1;
}

/* What both sides are. Return: false when they are no containers of one kind */
static bool find_reader(struct reading *reading)
{
	const struct assay_walk *walk = reading->walk;
	const struct assay_node *node = reading->node;

	if (walk->depth == 0 && walk->options->layout != NULL) {
		reading->layout = walk->options->layout;
		reading->reader = &assay_reader_flash;
		return true;
	}
	reading->reader = assay_reader_for(node->delivered);
	return reading->reader != NULL && reading->reader == assay_reader_for(node->rebuilt);
}

/* Return: 1 when it was compared as a container, 0 when it must be compared otherwise, -1 */
static int compare_opened(struct assay_walk *walk, struct assay_node *node, bool equal,
                          struct assay_error *err)
{
	struct reading reading = { .walk = walk,
		                   .node = node,
		                   .why = { ASSAY_ERROR_INIT, ASSAY_ERROR_INIT } };
	int result;

	if (!find_reader(&reading))
		return 0;
	node->format = reading.reader->name;
	result = assay_both_sides(node->delivered.len, equal, read_side, &reading, err);
	if (result == 0)
		result = compare_sides(&reading, equal, err);
	assay_contents_fini(&reading.contents[0]);
	assay_contents_fini(&reading.contents[1]);
	return result;
}

static int compare_node(struct assay_walk *walk, struct assay_node *node, bool equal,
                        struct assay_error *err)
{
	int opened = 0;

	if (node->role == ASSAY_NODE_DEB_MD5SUMS && walk->md5sums != NULL) {
		assay_md5sums_compare(walk->md5sums, node);
		return 0;
	}
	if (!equal && assay_claims_compare(walk, node))
		return 0;
	if (!equal || node->role != ASSAY_NODE_PLAIN)
		opened = compare_opened(walk, node, equal, err);
	if (opened == 0)
		compare_leaf(walk, node, equal);
	return opened < 0 ? -1 : 0;
}

int assay_node_compare(struct assay_walk *walk, struct assay_node *node, struct assay_error *err)
{
	struct assay_span rebuilt = node->rebuilt;
	ASSAY_AUTO_BYTES struct assay_bytes masked = { 0 };
	bool equal = assay_span_equal(node->delivered, rebuilt), same = equal;
	int result = 0;

	if (!equal && !assay_exclusion_mask(walk, node, &masked)) {
		assay_node_settle(node);
		return 0;
	}
	if (masked.ptr != NULL) {
		node->rebuilt = assay_span_of_bytes(&masked);
		same = assay_span_equal(node->delivered, node->rebuilt);
	}
	if (same)
		assay_ledger_explain(&node->ledger, 0, node->ledger.size, ASSAY_CLASS_IDENTICAL,
		                     NULL);
	result = compare_node(walk, node, same, err);
	node->rebuilt = rebuilt;
	if (result < 0)
		return -1;
	if (masked.ptr != NULL)
		assay_exclusion_tell(walk, node);
	assay_node_settle(node);
	return check_honest(node, equal, err);
}

int assay_node_compare_file(struct assay_walk *walk, struct assay_node *node,
                            struct assay_error *err)
{
	walk->identities = (struct assay_identities){ 0 };
	assay_budget_open(&walk->budgets[0], node->delivered.len);
	assay_budget_open(&walk->budgets[1], node->rebuilt.len);
	if (assay_node_compare(walk, node, err) < 0)
		return -1;
	return assay_identity_check_equal(walk, node, err);
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
	static const struct assay_compare_options defaults;
	struct assay_budget budget = assay_budget_of(options != NULL ? options->limits : NULL);
	struct assay_walk walk = {
		.budgets = { budget, budget },
		.options = options != NULL ? options : &defaults,
	};

	if (budget.spool != NULL)
		walk.budgets[1].spool = &budget.limits.spools[1];
	return walk;
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

	set_subject(&out->delivered, delivered, !walk.options->no_digests);
	set_subject(&out->rebuilt, rebuilt, !walk.options->no_digests);
	if (assay_node_compare_file(&walk, root, err) < 0)
		return -1;
	return assay_node_conclude(root, out, err);
}
