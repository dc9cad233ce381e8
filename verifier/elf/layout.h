/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the fields of ELF records are: one table for reading them and for naming a byte.
 *
 * Layer:  elf.
 * Source: gABI chapter 4 (Elf32_Ehdr, Elf64_Ehdr, Elf32_Shdr, Elf64_Shdr, symbols, relocations,
 *         notes) and
 *         chapter 5 (Elf32_Phdr, Elf64_Phdr).
 */
#ifndef ASSAY_ELF_LAYOUT_H
#define ASSAY_ELF_LAYOUT_H

#include "elf/elf.h"

enum assay_elf_header_field {
	ASSAY_ELF_E_IDENT,
	ASSAY_ELF_E_TYPE,
	ASSAY_ELF_E_MACHINE,
	ASSAY_ELF_E_VERSION,
	ASSAY_ELF_E_ENTRY,
	ASSAY_ELF_E_PHOFF,
	ASSAY_ELF_E_SHOFF,
	ASSAY_ELF_E_FLAGS,
	ASSAY_ELF_E_EHSIZE,
	ASSAY_ELF_E_PHENTSIZE,
	ASSAY_ELF_E_PHNUM,
	ASSAY_ELF_E_SHENTSIZE,
	ASSAY_ELF_E_SHNUM,
	ASSAY_ELF_E_SHSTRNDX,
};

enum assay_elf_segment_field {
	ASSAY_ELF_P_TYPE,
	ASSAY_ELF_P_FLAGS,
	ASSAY_ELF_P_OFFSET,
	ASSAY_ELF_P_VADDR,
	ASSAY_ELF_P_PADDR,
	ASSAY_ELF_P_FILESZ,
	ASSAY_ELF_P_MEMSZ,
	ASSAY_ELF_P_ALIGN,
};

enum assay_elf_section_field {
	ASSAY_ELF_SH_NAME,
	ASSAY_ELF_SH_TYPE,
	ASSAY_ELF_SH_FLAGS,
	ASSAY_ELF_SH_ADDR,
	ASSAY_ELF_SH_OFFSET,
	ASSAY_ELF_SH_SIZE,
	ASSAY_ELF_SH_LINK,
	ASSAY_ELF_SH_INFO,
	ASSAY_ELF_SH_ADDRALIGN,
	ASSAY_ELF_SH_ENTSIZE,
};

enum assay_elf_symbol_field {
	ASSAY_ELF_ST_NAME,
	ASSAY_ELF_ST_VALUE,
	ASSAY_ELF_ST_SIZE,
	ASSAY_ELF_ST_INFO,
	ASSAY_ELF_ST_OTHER,
	ASSAY_ELF_ST_SHNDX,
};

enum assay_elf_reloc_field {
	ASSAY_ELF_R_OFFSET,
	ASSAY_ELF_R_INFO,
	ASSAY_ELF_R_ADDEND, /* not in SHT_REL */
};

/** One field of a record. Both arrays are indexed by enum assay_elf_width. */
struct assay_elf_field {
	const char *name;
	uint8_t offset[2]; /* bytes from the start of the record */
	uint8_t size[2];   /* bytes */
};

/** A kind of record: its fields in the order of the enum above, and its size. */
struct assay_elf_record {
	const struct assay_elf_field *fields;
	size_t field_count;
	uint8_t size[2]; /* bytes */
};

extern const struct assay_elf_record assay_elf_header_record;
extern const struct assay_elf_record assay_elf_segment_record;
extern const struct assay_elf_record assay_elf_section_record;
extern const struct assay_elf_record assay_elf_symbol_record;
extern const struct assay_elf_record assay_elf_rel_record;
extern const struct assay_elf_record assay_elf_rela_record;

/** The number in a field of a record whose bytes are all there. */
uint64_t assay_elf_get(const struct assay_elf *elf, const struct assay_elf_record *record,
                       uint64_t start, unsigned field);

/** The field that holds a byte of a record; NULL when none does. */
const struct assay_elf_field *assay_elf_field_at(const struct assay_elf_record *record,
                                                 enum assay_elf_width width, uint64_t byte);

/** "PT_LOAD" for 1 …; NULL for a type that has no name here. */
const char *assay_elf_segment_type_name(uint32_t type);

#endif
