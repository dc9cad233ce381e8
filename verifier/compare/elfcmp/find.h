/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the ledgers of two ELF files say, as findings for people: which section, which field of
 * which header, which address, and both values when they are short.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_FIND_H
#define ASSAY_COMPARE_ELFCMP_FIND_H

#include "compare/elfcmp/side.h"
#include "compare/node.h"

/**
 * Append findings for all bytes of both sides that are not identical.
 *
 * In: node's ledger accounted for; back, the rebuilt file's
 */
void assay_elf_find(struct assay_node *node, const struct assay_elf_side *delivered,
                    const struct assay_elf_side *rebuilt, const struct assay_ledger *back);

/** The same for files whose segments are at other places: what is loaded comes first. */
void assay_elf_find_moved(struct assay_node *node, const struct assay_elf_side *delivered,
                          const struct assay_elf_side *rebuilt);

#endif
