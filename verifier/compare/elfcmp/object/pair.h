/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof that two relocatable files are one, apart from the numbers that they give their
 * sections and symbols.
 *
 * Sections: each firm section of one file is a firm section of the other, in the same order, with
 * the same header; links to sections lead to counterparts.
 * Symbols: there is a one-to-one relation between the symbols of both files in which all of name,
 * binding, type, visibility, section, value and size are equal (compare/elfcmp/object/symbols.c).
 * References: each relocation, group and signature leads to counterparts, in the same order.
 *
 * Whatever is not so is a finding, and with one of them no rule about numbers holds: then bytes
 * that differ in headers, tables and relocations stay unexplained.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_OBJECT_PAIR_H
#define ASSAY_COMPARE_ELFCMP_OBJECT_PAIR_H

#include "compare/elfcmp/object/side.h"
#include "compare/node.h"

struct assay_object_pair {
	struct assay_node *node;
	struct assay_object_side *delivered, *rebuilt;
	size_t disagreements; /* 0: the proof holds */
	size_t missing;       /* local symbols that the delivered file lacks, under their rule */
	size_t renumbered;    /* symbols whose number differs */
};

/** Run the proof. */
void assay_object_prove(struct assay_object_pair *pair);

/** Its stages. Each says what it finds with assay_object_disagree. */
void assay_object_prove_sections(struct assay_object_pair *pair);
void assay_object_prove_symbols(struct assay_object_pair *pair);
void assay_object_prove_references(struct assay_object_pair *pair);
void assay_object_prove_names(struct assay_object_pair *pair);

/** Note a disagreement, as an unexplained finding. at: bytes into the delivered file */
void assay_object_disagree(struct assay_object_pair *pair, struct assay_elf_extent at,
                           const char *fmt, ...) ASSAY_PRINTF(3, 4);

/**
 * Whether two symbols are each other's counterpart, or equal in everything to it.
 *
 * In: numbers of symbols; symbols were paired
 */
bool assay_object_same_symbol(const struct assay_object_pair *pair, size_t delivered,
                              size_t rebuilt);

/** Whether a firm relocation table of both sides is equal entry by entry, up to numbers. */
bool assay_object_same_reloc(const struct assay_object_pair *pair,
                             const struct assay_elf_reloc *delivered,
                             const struct assay_elf_reloc *rebuilt);

/** Where the header of a section is. */
struct assay_elf_extent assay_object_header_at(const struct assay_object_side *side,
                                               size_t section);

/** The name of a section or symbol, quoted, or its number when it has none. Owner: caller. */
char *assay_object_section_name(const struct assay_object_side *side, size_t section);
char *assay_object_symbol_name(const struct assay_object_side *side, size_t symbol);

/**
 * The rule that takes the numbers in a section, when the proof holds; NULL: none does.
 *
 * In: symbols, the rule for those of symbols
 */
const struct assay_elf_rule *assay_object_number_rule(const struct assay_object_side *side,
                                                      size_t section,
                                                      const struct assay_elf_rule *symbols);

/** Account for every byte of one side. proven: the proof holds */
void assay_object_account(const struct assay_object_pair *pair,
                          const struct assay_object_side *here, struct assay_ledger *ledger);

/** Findings for all bytes that are not identical. back: the rebuilt file's ledger */
void assay_object_find(const struct assay_object_pair *pair, const struct assay_ledger *back);

/** The rule for the bytes of symbol tables and their names. */
const struct assay_elf_rule *assay_object_symbol_rule(const struct assay_object_pair *pair);

#endif
