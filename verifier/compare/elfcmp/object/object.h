/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compare two relocatable ELF files by what a linker and a module loader make of them.
 *
 * Equal must be: the ELF header, every section that no rule is about, with name, type, flags,
 * address, size, alignment, entry size and links, in the same order, and its bytes; every
 * relocation in its place, with type, addend and the same symbol; every symbol with name, section,
 * value, size, binding, visibility and type; every section group.
 *
 * Numbers of sections and symbols may differ, and where things are in the file: if, and only if,
 * the proof of compare/elfcmp/object/pair.h holds.
 *
 * Layer:  compare.
 * Source: gABI chapter 4; Linux kernel/module/main.c; GNU ld and LLD.
 * Limits: malformed and unusual files (see elf/object.h) are compared as plain bytes.
 */
#ifndef ASSAY_COMPARE_ELFCMP_OBJECT_OBJECT_H
#define ASSAY_COMPARE_ELFCMP_OBJECT_OBJECT_H

#include "compare/elfcmp/remark.h"
#include "compare/node.h"
#include "model/inspection.h"

/**
 * Compare the two sides of a node as relocatable files.
 *
 * Out:    the node's ledger covers every delivered byte; findings appended to it
 * Errors: ASSAY_E_FORMAT  one of them cannot be read as such; the text says which and why.
 *                         Nothing has been compared then.
 */
ASSAY_CHECKED int assay_node_compare_object(struct assay_node *node, struct assay_error *err);

/** Append remarks about one relocatable file. In: ledger, of that file, accounted for */
void assay_object_remark(struct assay_node *node, const struct assay_elf *elf,
                         const struct assay_ledger *ledger, enum assay_elf_who who);

/** The same about two equal ones, also that they keep no standard: then readers differ about them. */
void assay_object_remark_equal(struct assay_node *node);

/** As assay_elf_inspect (compare/elfcmp/inspect.h), for a relocatable file. */
void assay_object_inspect(struct assay_span file, struct assay_inspected *out);

#endif
