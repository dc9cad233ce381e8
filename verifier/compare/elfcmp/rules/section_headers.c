/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/section-headers: the section header table, the names in .shstrtab, and the four fields of
 * the ELF header that say where the table is.
 *
 * The kernel and the dynamic loaders of Linux go by program headers and never read sections. The
 * table moves when a section that is not loaded grows or goes, and can be missing. The four
 * fields are in memory with the ELF header; nothing there follows them, since the table is not
 * loaded.
 *
 * Others do read it: U-Boot (`bootelf -s') loads by it, OP-TEE finds relocations by it, Android
 * the names of libraries, Qt 5 the metadata of a plugin by the section's name. So the rule holds
 * only if both tables say the same about every section that no other rule may touch: name, type,
 * flags, address, size, links, in the same order. Sections that a rule may touch are there once
 * each. A delivered file may lack the table, never add one. And neither table contradicts the
 * program headers anywhere (compare/elfcmp/tables.c).
 *
 * The names must be those of sections, but for a few bytes of text.
 *
 * Source: gABI chapter 4, "Sections"; Linux fs/binfmt_elf.c; glibc elf/dl-load.c; U-Boot
 *         lib/elf.c, load_elf_image_shdr; OP-TEE ldelf/ta_elf.c, ta_elf_relocate; bionic
 *         linker/linker_phdr.cpp, ReadDynamicSection; Qt 5 qelfparser_p.cpp.
 */
#include <elf.h>

#include "base/memory.h"
#include "compare/elfcmp/rule.h"

/* Go's linker leaves the unused name ".elfdata"; it is the only one in 2,900 linked files. */
#define UNUSED_MAX 64 /* bytes */

static bool is_text(struct assay_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] < 0x20 || bytes.ptr[i] >= 0x7f)
			return false;
	return true;
}

/* Where in the table the name of a section begins. Owner: caller frees. */
static bool *mark_names(const struct assay_elf *elf, struct assay_span table)
{
	bool *begins = assay_calloc(table.len, sizeof(*begins));

	for (size_t i = 0; i < elf->section_count; i++) {
		const uint8_t *name = elf->sections[i].name.ptr;

		if (name >= table.ptr && name < table.ptr + table.len)
			begins[name - table.ptr] = true;
	}
	return begins;
}

/* Strings that are the name of no section; a name may be the end of another. */
static const char *check_unused(const bool *begins, struct assay_span table)
{
	size_t unused = 0;

	for (size_t at = 0, len; at < table.len; at += len + 1) {
		const uint8_t *end = memchr(table.ptr + at, 0, table.len - at);

		len = (size_t)(end - (table.ptr + at)); /* the last byte is a NUL */
		if (begins[at])
			continue;
		unused += len + 1;
		if (unused > UNUSED_MAX || !is_text(assay_span_sub(table, at, len)))
			return "it holds more than the names of sections";
	}
	return NULL;
}

static const char *refuse(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	struct assay_span data = section->data;
	ASSAY_AUTO_FREE bool *begins = NULL;

	if (section != &elf->sections[elf->shstrndx])
		return "it is not the table of section names";
	if (data.len == 0 || data.ptr[0] != 0 || data.ptr[data.len - 1] != 0)
		return "not a table of strings";
	begins = mark_names(elf, data);
	return check_unused(begins, data);
}

static const struct assay_elf_rule_section sections[] = {
	{ ".shstrtab", SHT_STRTAB, false },
	{ 0 },
};

const struct assay_elf_rule assay_elf_rule_section_headers = {
	.id = "elf/section-headers@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "section_headers",
	.summary = "section headers, their names and where they are: not loaded",
	.sections = sections,
	.refuse = refuse,
};
