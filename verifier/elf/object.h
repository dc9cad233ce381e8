/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One relocatable ELF file, read behind bounds checks: a kernel module, an object, a member of a
 * static library. 32 or 64 bits, either byte order, any machine; extended numbering of sections
 * (SHN_XINDEX) is read.
 *
 * Only files in which two readers cannot see two things are read: no byte has two owners, there is
 * at most one symbol table, every number refers to something. For anything else
 * assay_elf_object_parse says why not, and the caller compares plain bytes.
 *
 * Layer:  elf. Bytes in, structs out.
 * Source: gABI chapter 4; Linux kernel/module/main.c (elf_validity_check), binutils bfd/elfcode.h.
 * Limits: no program headers. Relocations in other forms than SHT_REL and SHT_RELA are opaque.
 */
#ifndef ASSAY_ELF_OBJECT_H
#define ASSAY_ELF_OBJECT_H

#include "elf/elf.h"

/** A symbol; fields as in the gABI. */
struct assay_elf_symbol {
	struct assay_span name; /* without its NUL; borrowed from the file */
	uint64_t value;
	uint64_t size;
	uint32_t section; /* where it is defined; when reserved, SHN_ABS and the like */
	uint8_t info;
	uint8_t other;
	bool reserved; /* section is a reserved number, not that of a section */
};

/** Zero-initialise. Spans are borrowed from the file; the arrays are owned. */
struct assay_elf_object {
	struct assay_elf elf;             /* without segments */
	uint32_t symtab;                  /* index of the section; 0 when there is none */
	uint32_t strtab;                  /* of the names of symbols */
	uint32_t shndx;                   /* of SHT_SYMTAB_SHNDX; 0 when there is none */
	struct assay_elf_symbol *symbols; /* [0] is the empty one */
	size_t symbol_count;
	uint64_t end; /* of the last thing that is something, bytes from the start of the file */
};

/** One relocation. */
struct assay_elf_reloc {
	uint64_t offset;    /* into its section */
	uint64_t type;      /* r_info without the symbol */
	uint64_t addend;    /* 0 in SHT_REL */
	uint32_t symbol;    /* index */
	uint64_t symbol_at; /* where the file has that number: bytes from the start of the file */
	unsigned symbol_width; /* bytes */
};

/** Whether the header says that a file is relocatable. False for anything cut short. */
bool assay_elf_is_object(struct assay_span file);

/**
 * Read a relocatable ELF file.
 *
 * Out:    *out, to be freed with assay_elf_object_fini whatever is returned
 * Errors: ASSAY_E_FORMAT  malformed, not relocatable, or unusual; the text says in what
 */
ASSAY_CHECKED int assay_elf_object_parse(struct assay_span file, struct assay_elf_object *out,
                                         struct assay_error *err);
void assay_elf_object_fini(struct assay_elf_object *object);
#define ASSAY_AUTO_ELF_OBJECT ASSAY_AUTO(assay_elf_object_fini)

/** Whether a section is a table of relocations that this reader reads. */
bool assay_elf_is_relocs(const struct assay_elf_section *section);

/** How many entries a table of relocations has. */
size_t assay_elf_reloc_count(const struct assay_elf_object *object, size_t section);

/** An entry of a table of relocations. index: less than their count */
struct assay_elf_reloc assay_elf_reloc_at(const struct assay_elf_object *object, size_t section,
                                          size_t index);

/** How many words a section group has behind its flags, and each: the index of a section. */
size_t assay_elf_group_count(const struct assay_elf_object *object, size_t section);
uint32_t assay_elf_group_flags(const struct assay_elf_object *object, size_t section);
uint32_t assay_elf_group_member(const struct assay_elf_object *object, size_t section,
                                size_t index);

#endif
