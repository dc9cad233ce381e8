/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain bytes: no format, no rule; equal or unexplained. */
#include "compare/node.h"

/* Sizes differ, so at least one side has bytes between the equal start and the equal end. */
static void compare_around(struct assay_node *node)
{
	struct assay_span a = node->delivered, b = node->rebuilt;
	uint64_t shorter = a.len < b.len ? a.len : b.len;
	uint64_t start = assay_span_common_start(a, b);
	uint64_t end = assay_span_common_end(a, b, shorter - start);
	struct assay_run run = { start, a.len - end - start, start, b.len - end - start };

	assay_ledger_explain(&node->ledger, 0, start, ASSAY_CLASS_IDENTICAL, NULL);
	assay_ledger_explain(&node->ledger, a.len - end, end, ASSAY_CLASS_IDENTICAL, NULL);
	(void)assay_node_find_run(node, &run, ASSAY_CLASS_UNEXPLAINED, NULL, NULL);
}

void assay_node_compare_bytes(struct assay_node *node)
{
	if (node->delivered.len != node->rebuilt.len) {
		compare_around(node);
		return;
	}
	assay_ledger_compare(&node->ledger, 0, node->delivered.ptr, node->rebuilt.ptr,
	                     node->delivered.len);
	assay_node_find_bytes(node, 0, node->delivered.len, 0, NULL);
}
