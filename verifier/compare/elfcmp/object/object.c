/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/object/object.h"

#include "compare/elfcmp/object/pair.h"

int assay_node_compare_object(struct assay_node *node, struct assay_error *err)
{
	ASSAY_AUTO_OBJECT_SIDE struct assay_object_side delivered = { 0 };
	ASSAY_AUTO_OBJECT_SIDE struct assay_object_side rebuilt = { 0 };
	ASSAY_AUTO_LEDGER struct assay_ledger back = { 0 };
	struct assay_object_pair pair = { node, &delivered, &rebuilt, 0, 0, 0 };

	if (assay_object_side_init(node->delivered, &delivered, err) < 0)
		return assay_fail_in(err, "the delivered file");
	if (assay_object_side_init(node->rebuilt, &rebuilt, err) < 0)
		return assay_fail_in(err, "the rebuilt file");
	assay_object_meet(&delivered, &rebuilt);
	assay_object_prove(&pair);
	assay_object_account(&pair, &delivered, &node->ledger);
	assay_ledger_init(&back, node->rebuilt.len);
	assay_object_account(&pair, &rebuilt, &back);
	assay_object_find(&pair, &back);
	assay_object_remark(node, &delivered.object.elf, &node->ledger, ASSAY_ELF_DELIVERED);
	assay_object_remark(node, &rebuilt.object.elf, &back, ASSAY_ELF_REBUILT);
	return 0;
}
