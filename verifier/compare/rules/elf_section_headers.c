/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/section-headers: the section header table, the names in .shstrtab, and the four fields of
 * the ELF header that say where the table is.
 *
 * The kernel and dynamic loaders go by program headers and never read sections. The table moves
 * when a section that is not loaded grows or goes, and can be missing. The four fields are in
 * memory with the ELF header; nothing there follows them, since the table is not loaded.
 *
 * Others do: U-Boot's `bootelf -s` loads by section headers, Android's linker finds the dynamic
 * section and its strings through them, and programs find sections of their own that way. So the
 * rule holds only if what the two tables say about loaded sections is the same, in any order and
 * under any name, with the same references between them; if each section that no rule knows is
 * in both; or if one file has no table, which such loaders refuse. And neither table may
 * contradict the program headers anywhere (compare/elf_tables.c).
 *
 * Source: gABI chapter 4, "Sections"; Linux fs/binfmt_elf.c; glibc elf/dl-load.c; U-Boot
 *         lib/elf.c, load_elf_image_shdr; Android bionic linker/linker_phdr.cpp,
 *         ElfReader::ReadDynamicSection.
 */
#include <elf.h>

#include "compare/elf_rule.h"

static const char *refuse(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	struct assay_span data = section->data;

	(void)elf;
	if (data.len > 0 && (data.ptr[0] != 0 || data.ptr[data.len - 1] != 0))
		return "not a table of strings";
	return NULL;
}

static const struct assay_elf_rule_section sections[] = {
	{ ".shstrtab", SHT_STRTAB },
	{ NULL, 0 },
};

const struct assay_elf_rule assay_elf_rule_section_headers = {
	.id = "elf/section-headers@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "section_headers",
	.summary = "section headers, their names and where they are: not loaded",
	.sections = sections,
	.refuse = refuse,
};
