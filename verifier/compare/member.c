/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/member.h"

#include "compare/sides.h"
#include "formats/content.h"

/* The contents of a pair of entries, to be put together. */
struct opening {
	struct assay_walk *walk;
	struct assay_contents *contents[2]; /* delivered, rebuilt */
	size_t entries[2];
	struct assay_content content[2];
	struct assay_error why[2]; /* code ASSAY_E_NONE: it is there */
};

/* Work of assay_parallel: it never fails, so that both sides are always opened. */
static int open_side(void *context, size_t side, struct assay_error *err)
{
	struct opening *opening = context;

	(void)err;
	(void)!assay_content_open(opening->contents[side], opening->entries[side],
	                          &opening->walk->budgets[side], &opening->content[side],
	                          &opening->why[side]);
	return 0;
}

/* Return: 1 when both are there, 0 when one is not (with a finding), -1 on trouble */
static int check_opened(const struct opening *opening, struct assay_node *child,
                        struct assay_error *err)
{
	static const char *const sides[] = { "delivered", "rebuilt" };
	int result = 1;

	for (size_t i = 0; i < 2; i++) {
		const struct assay_error *why = &opening->why[i];

		if (why->code == ASSAY_E_NONE)
			continue;
		if (why->code != ASSAY_E_FORMAT && why->code != ASSAY_E_LIMIT) {
			*err = *why;
			return assay_fail_in(err, "%s", child->path);
		}
		assay_node_inconclusive(child, "the %s content cannot be read: %s%s", sides[i],
		                        why->code == ASSAY_E_LIMIT ? "limit: " : "", why->text);
		result = 0;
	}
	return result;
}

/* Compare what was opened; its bytes are gone afterwards. */
static int compare_contents(struct opening *opening, struct assay_node *child,
                            struct assay_error *err)
{
	int got = check_opened(opening, child, err);

	if (got > 0) {
		child->delivered = opening->content[0].span;
		child->rebuilt = opening->content[1].span;
		assay_ledger_fini(&child->ledger);
		assay_ledger_init(&child->ledger, child->delivered.len);
		got = assay_node_compare(opening->walk, child, err);
	} else if (got == 0) {
		assay_node_settle(child);
	}
	child->delivered.ptr = child->rebuilt.ptr = NULL; /* the lengths are still needed */
	return got;
}

/* The contents are equal, because the bytes that make them are. */
static void mark_same(struct assay_node *child, uint64_t size)
{
	assay_ledger_fini(&child->ledger);
	assay_ledger_init(&child->ledger, size);
	assay_ledger_explain(&child->ledger, 0, size, ASSAY_CLASS_IDENTICAL, NULL);
	assay_node_settle(child);
}

int assay_member_compare(struct assay_walk *walk, const struct assay_container *container,
                         const size_t entries[2], struct assay_node *child, struct assay_error *err)
{
	struct opening opening = {
		.walk = walk,
		.contents = { container->delivered, container->rebuilt },
		.entries = { entries[0], entries[1] },
		.why = { ASSAY_ERROR_INIT, ASSAY_ERROR_INIT },
	};
	const struct assay_entry *entry = &container->delivered->entries[entries[0]];
	int result;

	if (assay_content_same(container->delivered, entries[0], container->rebuilt, entries[1])) {
		mark_same(child, assay_entry_size(entry));
		return 0;
	}
	/* Content that is there already needs no thread. */
	result = assay_both_sides(entry->piece_count > 0 ? entry->size : 0, false, open_side,
	                          &opening, err);
	if (result == 0)
		result = compare_contents(&opening, child, err);
	assay_content_fini(&opening.content[0]);
	assay_content_fini(&opening.content[1]);
	return result;
}
