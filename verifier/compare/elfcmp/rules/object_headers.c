/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/object-headers: where the sections of a relocatable file are and what numbers they have: the
 * section header table, the names in .shstrtab, e_shoff, e_shnum and e_shstrndx, and the numbers
 * of sections in section groups.
 *
 * Linkers and module loaders read a relocatable file through its section headers alone, so
 * everything that a header says counts: both files have the same sections that no other rule
 * covers, in the same order, each with the same name, type, flags, address, size, alignment, entry
 * size, and links to counterparts (compare/elfcmp/object/sections.c). What is left is the offset
 * in the file, which is followed and not kept, and the number, which is the place in the order
 * with sections counted that nothing loads. The bytes at the offset are compared on their own. A
 * delivered file has no section that the rebuilt one lacks, but one that its rule lets be added.
 *
 * Names: .shstrtab holds the names that are in use and nothing else, unless both are equal.
 * Groups: the same flags, signature and members in the same order, but for debugging sections.
 * Offsets: no two things share a byte, and content is aligned in the file as its header says.
 *
 * Source: gABI chapter 4, "Sections"; Linux kernel/module/main.c, rewrite_section_headers.
 */
#include "compare/elfcmp/rule.h"

const struct assay_elf_rule assay_elf_rule_object_headers = {
	.id = "elf/object-headers@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "section_headers",
	.summary = "places and numbers of sections in a relocatable file: the same sections follow",
};
