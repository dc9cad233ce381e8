/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What refers to symbols and sections by their numbers: relocations and section groups. */
#include <elf.h>
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "elf/layout.h"
#include "elf/object_parse.h"

#define WORD sizeof(Elf32_Word) /* of a section group */

bool assay_elf_is_relocs(const struct assay_elf_section *section)
{
	return section->type == SHT_REL || section->type == SHT_RELA;
}

static const struct assay_elf_record *record_of(const struct assay_elf_section *section)
{
	return section->type == SHT_RELA ? &assay_elf_rela_record : &assay_elf_rel_record;
}

size_t assay_elf_reloc_count(const struct assay_elf_object *object, size_t section)
{
	const struct assay_elf_section *table = &object->elf.sections[section];

	return (size_t)(table->data.len / record_of(table)->size[object->elf.width]);
}

/* 32 bits: the upper 24 bits of r_info, so all of its bytes but one. 64 bits: the upper 32. On
 * MIPS the first four bytes, in either byte order.
 * Source: gABI, "Relocation": ELF32_R_SYM, ELF64_R_SYM; 64-bit ELF Object File Specification
 *         (MIPS), 2.9, Elf64_Rel */
static void split_info(const struct assay_elf *elf, uint64_t at, struct assay_elf_reloc *out)
{
	const uint8_t *info = elf->file.ptr + at;
	bool first = elf->big_endian || elf->machine == EM_MIPS;

	if (elf->width == ASSAY_ELF_32) {
		uint32_t all = (uint32_t)assay_load(info, 4, elf->big_endian);

		out->symbol = all >> 8;
		out->type = all & 0xff;
		out->symbol_at = at + !elf->big_endian;
		out->symbol_width = 3;
		return;
	}
	out->symbol_at = at + (first ? 0 : 4);
	out->symbol_width = 4;
	out->symbol = (uint32_t)assay_load(elf->file.ptr + out->symbol_at, out->symbol_width,
	                                   elf->big_endian);
	out->type = assay_load(info + (first ? 4 : 0), 4, elf->big_endian);
}

struct assay_elf_reloc assay_elf_reloc_at(const struct assay_elf_object *object, size_t section,
                                          size_t index)
{
	const struct assay_elf *elf = &object->elf;
	const struct assay_elf_section *table = &elf->sections[section];
	const struct assay_elf_record *record = record_of(table);
	uint64_t at = table->offset + index * record->size[elf->width];
	struct assay_elf_reloc out = { 0 };

	out.offset = assay_elf_get(elf, record, at, ASSAY_ELF_R_OFFSET);
	if (table->type == SHT_RELA)
		out.addend = assay_elf_get(elf, record, at, ASSAY_ELF_R_ADDEND);
	split_info(elf, at + record->fields[ASSAY_ELF_R_INFO].offset[elf->width], &out);
	return out;
}

static uint32_t group_word(const struct assay_elf_object *object, size_t section, size_t index)
{
	return (uint32_t)assay_load(object->elf.sections[section].data.ptr + index * WORD, WORD,
	                            object->elf.big_endian);
}

size_t assay_elf_group_count(const struct assay_elf_object *object, size_t section)
{
	return object->elf.sections[section].data.len / WORD - 1;
}

uint32_t assay_elf_group_flags(const struct assay_elf_object *object, size_t section)
{
	return group_word(object, section, 0);
}

uint32_t assay_elf_group_member(const struct assay_elf_object *object, size_t section, size_t index)
{
	return group_word(object, section, 1 + index);
}

/* What relocations may be about: content, not a table of this reader's. */
static bool has_content(const struct assay_elf_section *section)
{
	static const uint32_t tables[] = { SHT_NULL,   SHT_SYMTAB, SHT_STRTAB,       SHT_RELA,
		                           SHT_NOBITS, SHT_REL,    SHT_SYMTAB_SHNDX, SHT_GROUP };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tables); i++)
		if (section->type == tables[i])
			return false;
	return true;
}

static const char *relocs_fault(const struct assay_elf_object *object, size_t section)
{
	const struct assay_elf *elf = &object->elf;
	const struct assay_elf_section *table = &elf->sections[section];
	uint64_t entry = record_of(table)->size[elf->width];

	if (object->symtab == 0 || table->link != object->symtab)
		return "it is not linked to the symbol table";
	if (table->info == 0 || table->info >= elf->section_count ||
	    !has_content(&elf->sections[table->info]))
		return "it is about no section with content";
	if (table->entsize != entry || table->size % entry != 0)
		return "not a table of whole entries";
	for (size_t i = 0, count = assay_elf_reloc_count(object, section); i < count; i++)
		if (assay_elf_reloc_at(object, section, i).symbol >= object->symbol_count)
			return "it refers to a symbol that does not exist";
	return NULL;
}

/* owner: for each section the group that it is in; 0: none */
static const char *group_fault(const struct assay_elf_object *object, size_t section,
                               uint32_t *owner)
{
	const struct assay_elf *elf = &object->elf;
	const struct assay_elf_section *group = &elf->sections[section];

	if (object->symtab == 0 || group->link != object->symtab ||
	    group->info >= object->symbol_count || group->info == 0)
		return "it has no signature";
	if (group->entsize != WORD || group->data.len < WORD || group->data.len % WORD != 0 ||
	    assay_elf_section_is_alloc(group))
		return "not a table of whole entries";
	for (size_t i = 0, count = assay_elf_group_count(object, section); i < count; i++) {
		uint32_t member = assay_elf_group_member(object, section, i);

		if (member == 0 || member >= elf->section_count || member == section ||
		    elf->sections[member].type == SHT_GROUP || owner[member] != 0)
			return "a member does not exist, or has another group";
		owner[member] = (uint32_t)section;
	}
	return NULL;
}

int assay_elf_object_references(struct assay_elf_object *object, struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	ASSAY_AUTO_FREE uint32_t *owner = assay_calloc(elf->section_count, sizeof(*owner));

	for (size_t i = 1; i < elf->section_count; i++) {
		const char *fault = NULL;

		if (assay_elf_is_relocs(&elf->sections[i]))
			fault = relocs_fault(object, i);
		else if (elf->sections[i].type == SHT_GROUP)
			fault = group_fault(object, i, owner);
		if (fault != NULL)
			return assay_fail(err, ASSAY_E_FORMAT, "section %zu: %s", i, fault);
	}
	return 0;
}
