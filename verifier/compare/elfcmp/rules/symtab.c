/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/symtab: the symbol table of a linked file, which strip(1) removes.
 *
 * It names addresses for debuggers and profilers. It is not loaded: run-time linking goes through
 * .dynsym and .dynstr, which are, and a shared object is linked against by those as well. (In a
 * relocatable file .symtab is what the linker and the kernel's module loader work from; such
 * files never get here.)
 *
 * What it can not exclude: boot loaders of some operating systems hand a kernel its own symbols
 * (multiboot, the BSDs' loaders), for its debugger. A policy for such kernels demands identical.
 *
 * Bounds: a table of whole entries, strings that begin and end with NUL.
 *
 * Source: gABI chapter 4, "Symbol Table" and "String Table".
 */
#include <elf.h>

#include "compare/elfcmp/rule.h"

static const char *refuse_strings(struct assay_span data)
{
	if (data.len > 0 && (data.ptr[0] != 0 || data.ptr[data.len - 1] != 0))
		return "not a table of strings";
	return NULL;
}

static const char *refuse(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	uint64_t entry = section->type == SHT_SYMTAB_SHNDX ? sizeof(Elf32_Word)
	                 : elf->width == ASSAY_ELF_64      ? sizeof(Elf64_Sym)
	                                                   : sizeof(Elf32_Sym);

	if (section->type == SHT_STRTAB)
		return refuse_strings(section->data);
	if (section->entsize != entry || section->size % entry != 0)
		return "not a table of whole entries";
	return NULL;
}

static const struct assay_elf_rule_section sections[] = {
	{ ".symtab", SHT_SYMTAB, false },
	{ ".strtab", SHT_STRTAB, false },
	{ ".symtab_shndx", SHT_SYMTAB_SHNDX, false },
	{ 0 },
};

const struct assay_elf_rule assay_elf_rule_symtab = {
	.id = "elf/symtab@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "symbol_table",
	.summary = ".symtab and .strtab: names for debuggers, not loaded",
	.sections = sections,
	.refuse = refuse,
};
