/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf/layout.h"

#include <elf.h>

#include "base/cursor.h"

/* Offsets and sizes: { 32 bits, 64 bits }. */
static const struct assay_elf_field header_fields[] = {
	[ASSAY_ELF_E_IDENT] = { "e_ident", { 0, 0 }, { 16, 16 } },
	[ASSAY_ELF_E_TYPE] = { "e_type", { 16, 16 }, { 2, 2 } },
	[ASSAY_ELF_E_MACHINE] = { "e_machine", { 18, 18 }, { 2, 2 } },
	[ASSAY_ELF_E_VERSION] = { "e_version", { 20, 20 }, { 4, 4 } },
	[ASSAY_ELF_E_ENTRY] = { "e_entry", { 24, 24 }, { 4, 8 } },
	[ASSAY_ELF_E_PHOFF] = { "e_phoff", { 28, 32 }, { 4, 8 } },
	[ASSAY_ELF_E_SHOFF] = { "e_shoff", { 32, 40 }, { 4, 8 } },
	[ASSAY_ELF_E_FLAGS] = { "e_flags", { 36, 48 }, { 4, 4 } },
	[ASSAY_ELF_E_EHSIZE] = { "e_ehsize", { 40, 52 }, { 2, 2 } },
	[ASSAY_ELF_E_PHENTSIZE] = { "e_phentsize", { 42, 54 }, { 2, 2 } },
	[ASSAY_ELF_E_PHNUM] = { "e_phnum", { 44, 56 }, { 2, 2 } },
	[ASSAY_ELF_E_SHENTSIZE] = { "e_shentsize", { 46, 58 }, { 2, 2 } },
	[ASSAY_ELF_E_SHNUM] = { "e_shnum", { 48, 60 }, { 2, 2 } },
	[ASSAY_ELF_E_SHSTRNDX] = { "e_shstrndx", { 50, 62 }, { 2, 2 } },
};

static const struct assay_elf_field segment_fields[] = {
	[ASSAY_ELF_P_TYPE] = { "p_type", { 0, 0 }, { 4, 4 } },
	[ASSAY_ELF_P_FLAGS] = { "p_flags", { 24, 4 }, { 4, 4 } },
	[ASSAY_ELF_P_OFFSET] = { "p_offset", { 4, 8 }, { 4, 8 } },
	[ASSAY_ELF_P_VADDR] = { "p_vaddr", { 8, 16 }, { 4, 8 } },
	[ASSAY_ELF_P_PADDR] = { "p_paddr", { 12, 24 }, { 4, 8 } },
	[ASSAY_ELF_P_FILESZ] = { "p_filesz", { 16, 32 }, { 4, 8 } },
	[ASSAY_ELF_P_MEMSZ] = { "p_memsz", { 20, 40 }, { 4, 8 } },
	[ASSAY_ELF_P_ALIGN] = { "p_align", { 28, 48 }, { 4, 8 } },
};

static const struct assay_elf_field section_fields[] = {
	[ASSAY_ELF_SH_NAME] = { "sh_name", { 0, 0 }, { 4, 4 } },
	[ASSAY_ELF_SH_TYPE] = { "sh_type", { 4, 4 }, { 4, 4 } },
	[ASSAY_ELF_SH_FLAGS] = { "sh_flags", { 8, 8 }, { 4, 8 } },
	[ASSAY_ELF_SH_ADDR] = { "sh_addr", { 12, 16 }, { 4, 8 } },
	[ASSAY_ELF_SH_OFFSET] = { "sh_offset", { 16, 24 }, { 4, 8 } },
	[ASSAY_ELF_SH_SIZE] = { "sh_size", { 20, 32 }, { 4, 8 } },
	[ASSAY_ELF_SH_LINK] = { "sh_link", { 24, 40 }, { 4, 4 } },
	[ASSAY_ELF_SH_INFO] = { "sh_info", { 28, 44 }, { 4, 4 } },
	[ASSAY_ELF_SH_ADDRALIGN] = { "sh_addralign", { 32, 48 }, { 4, 8 } },
	[ASSAY_ELF_SH_ENTSIZE] = { "sh_entsize", { 36, 56 }, { 4, 8 } },
};

static const struct assay_elf_field symbol_fields[] = {
	[ASSAY_ELF_ST_NAME] = { "st_name", { 0, 0 }, { 4, 4 } },
	[ASSAY_ELF_ST_VALUE] = { "st_value", { 4, 8 }, { 4, 8 } },
	[ASSAY_ELF_ST_SIZE] = { "st_size", { 8, 16 }, { 4, 8 } },
	[ASSAY_ELF_ST_INFO] = { "st_info", { 12, 4 }, { 1, 1 } },
	[ASSAY_ELF_ST_OTHER] = { "st_other", { 13, 5 }, { 1, 1 } },
	[ASSAY_ELF_ST_SHNDX] = { "st_shndx", { 14, 6 }, { 2, 2 } },
};

static const struct assay_elf_field reloc_fields[] = {
	[ASSAY_ELF_R_OFFSET] = { "r_offset", { 0, 0 }, { 4, 8 } },
	[ASSAY_ELF_R_INFO] = { "r_info", { 4, 8 }, { 4, 8 } },
	[ASSAY_ELF_R_ADDEND] = { "r_addend", { 8, 16 }, { 4, 8 } },
};

const struct assay_elf_record assay_elf_header_record = { header_fields,
	                                                  ASSAY_ARRAY_LEN(header_fields),
	                                                  { 52, 64 } };
const struct assay_elf_record assay_elf_segment_record = { segment_fields,
	                                                   ASSAY_ARRAY_LEN(segment_fields),
	                                                   { 32, 56 } };
const struct assay_elf_record assay_elf_section_record = { section_fields,
	                                                   ASSAY_ARRAY_LEN(section_fields),
	                                                   { 40, 64 } };

const struct assay_elf_record assay_elf_symbol_record = { symbol_fields,
	                                                  ASSAY_ARRAY_LEN(symbol_fields),
	                                                  { 16, 24 } };
const struct assay_elf_record assay_elf_rel_record = { reloc_fields,
	                                               ASSAY_ARRAY_LEN(reloc_fields) - 1,
	                                               { 8, 16 } };
const struct assay_elf_record assay_elf_rela_record = { reloc_fields,
	                                                ASSAY_ARRAY_LEN(reloc_fields),
	                                                { 12, 24 } };

static const struct {
	uint32_t type;
	const char *name;
} segment_types[] = {
	{ PT_NULL, "PT_NULL" },
	{ PT_LOAD, "PT_LOAD" },
	{ PT_DYNAMIC, "PT_DYNAMIC" },
	{ PT_INTERP, "PT_INTERP" },
	{ PT_NOTE, "PT_NOTE" },
	{ PT_SHLIB, "PT_SHLIB" },
	{ PT_PHDR, "PT_PHDR" },
	{ PT_TLS, "PT_TLS" },
	{ PT_GNU_EH_FRAME, "PT_GNU_EH_FRAME" },
	{ PT_GNU_STACK, "PT_GNU_STACK" },
	{ PT_GNU_RELRO, "PT_GNU_RELRO" },
	{ PT_GNU_PROPERTY, "PT_GNU_PROPERTY" },
};

uint64_t assay_elf_get(const struct assay_elf *elf, const struct assay_elf_record *record,
                       uint64_t start, unsigned field)
{
	const struct assay_elf_field *f = &record->fields[field];

	return assay_load(elf->file.ptr + start + f->offset[elf->width], f->size[elf->width],
	                  elf->big_endian);
}

const struct assay_elf_field *assay_elf_field_at(const struct assay_elf_record *record,
                                                 enum assay_elf_width width, uint64_t byte)
{
	for (size_t i = 0; i < record->field_count; i++) {
		const struct assay_elf_field *field = &record->fields[i];

		if (byte >= field->offset[width] &&
		    byte - field->offset[width] < field->size[width])
			return field;
	}
	return NULL;
}

const char *assay_elf_segment_type_name(uint32_t type)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(segment_types); i++)
		if (segment_types[i].type == type)
			return segment_types[i].name;
	return NULL;
}
