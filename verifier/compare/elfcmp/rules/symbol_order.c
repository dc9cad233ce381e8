/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/symbol-order: the numbers of symbols in a relocatable file: .symtab, .strtab and
 * .symtab_shndx, and the symbol's number in each relocation.
 *
 * The rule holds only with a proof (compare/elfcmp/object/pair.h): the symbols of both files are
 * the same, one to one, in name, binding, type, visibility, section, value and size; and every
 * relocation, in its place in its table, has the same offset, type, addend and the same symbol. So
 * do the signatures of section groups. Whoever resolves a number in one file gets what the other
 * file's number gives.
 *
 * Where the order itself could matter it has to be kept: see compare/elfcmp/object/symbols.c.
 * Content that holds numbers of symbols and is not understood (.llvm_addrsig, SHT_CREL, relocations
 * that are loaded) keeps all symbols at their numbers.
 *
 * Names: .strtab holds the names that are in use and nothing else, unless both are equal.
 * Symbols of sections that elf/debug covers are covered with them; all of them are local, and
 * nothing but debugging information refers to one. Names of source files (STT_FILE) and symbols of
 * sections that nothing refers to may be missing: strip(1) takes them away with the debugging
 * information, and no linker or loader resolves anything through them.
 *
 * What it can not exclude: a linker may lay out what it makes in the order of symbols. What it
 * made is compared on its own.
 *
 * Source: gABI chapter 4, "Symbol Table", "Relocation"; Linux kernel/module/main.c,
 *         simplify_symbols, apply_relocations.
 */
#include "compare/elfcmp/rule.h"

const struct assay_elf_rule assay_elf_rule_symbol_order = {
	.id = "elf/symbol-order@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "symbol_order",
	.summary =
		"numbers of symbols in a relocatable file: every reference leads to the same one",
};
