/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compare two ELF files by what a loader makes of them.
 *
 * The run-time view comes from the program headers alone: the ELF header, the program headers,
 * every byte that a segment holds, and what page rounding brings into memory beside executable
 * segments must be equal. Only the rules of compare/elfcmp/rule.h may touch anything, and none of
 * them touches a byte of the run-time view but the build-id and where the section headers are.
 *
 * Layer:  compare.
 * Source: gABI chapters 4 and 5; Linux fs/binfmt_elf.c and glibc elf/dl-load.c for what is mapped.
 * Limits: malformed and unusual files are compared as plain bytes. For relocatable files see
 *         compare/elfcmp/object/object.h.
 */
#ifndef ASSAY_COMPARE_ELFCMP_ELF_H
#define ASSAY_COMPARE_ELFCMP_ELF_H

#include "compare/node.h"

/**
 * Compare the two sides of a node as ELF files.
 *
 * Out: the node's ledger covers every delivered byte; findings appended to it. A difference that
 *      only the rebuilt file has is a finding of length 0. Malformed files are compared as bytes.
 */
void assay_node_compare_elf(struct assay_node *node);

/** Append remarks about two equal ELF files, whose bytes are already accounted for. */
void assay_node_remark_elf(struct assay_node *node);

#endif
