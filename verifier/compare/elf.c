/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elf.h"

void assay_node_compare_elf(struct assay_node *node)
{
	assay_node_compare_bytes(node);
}
