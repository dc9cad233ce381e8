/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/elf.h"

#include "base/quote.h"
#include "compare/elfcmp/find.h"
#include "compare/elfcmp/side.h"

/* Say why there are no rules, then compare what there is. */
static void compare_plain(struct assay_node *node, const char *side, const struct assay_error *why)
{
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	assay_node_compare_bytes(node);
	assay_node_settle(node);
	if (node->tier == ASSAY_TIER_IDENTICAL)
		return;
	(void)assay_comparison_find(&node->found, &place, "compared as plain bytes: %s: %s", side,
	                            why->text);
}

/* Segments at other places: nothing has a counterpart but by its offset. */
static void account_by_offset(struct assay_node *node)
{
	size_t both =
		node->delivered.len < node->rebuilt.len ? node->delivered.len : node->rebuilt.len;

	assay_ledger_compare(&node->ledger, 0, node->delivered.ptr, node->rebuilt.ptr, both);
}

void assay_node_compare_elf(struct assay_node *node)
{
	ASSAY_AUTO_ELF_SIDE struct assay_elf_side delivered = { 0 };
	ASSAY_AUTO_ELF_SIDE struct assay_elf_side rebuilt = { 0 };
	ASSAY_AUTO_LEDGER struct assay_ledger back = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_elf_side_init(node->delivered, &delivered, &err) < 0) {
		compare_plain(node, "the delivered file", &err);
		return;
	}
	if (assay_elf_side_init(node->rebuilt, &rebuilt, &err) < 0) {
		compare_plain(node, "the rebuilt file", &err);
		return;
	}
	if (!assay_elf_same_layout(&delivered.elf, &rebuilt.elf)) {
		account_by_offset(node);
		assay_elf_find_layouts(node, &delivered, &rebuilt);
		return;
	}
	assay_elf_meet(&delivered, &rebuilt);
	assay_elf_account(&delivered, &rebuilt, &node->ledger);
	assay_ledger_init(&back, node->rebuilt.len);
	assay_elf_account(&rebuilt, &delivered, &back);
	assay_elf_find(node, &delivered, &rebuilt, &back);
}
