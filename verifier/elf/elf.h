/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One linked ELF file, read behind bounds checks: its header, program headers and section
 * headers, in 32 or 64 bits, in either byte order, for any machine.
 *
 * Only files that keep every rule of the gABI that a loader may rely on are read; for anything
 * else assay_elf_parse says why not, and the caller compares plain bytes.
 *
 * Layer:  elf. Bytes in, structs out.
 * Source: System V ABI, chapters 4 and 5 (the "gABI"), draft of 10 June 2013; elf(5).
 * Limits: executables and shared objects (ET_EXEC, ET_DYN) with less than 65535 program headers.
 */
#ifndef ASSAY_ELF_ELF_H
#define ASSAY_ELF_ELF_H

#include "base/error.h"
#include "base/span.h"

/** A run of bytes of the file. */
struct assay_elf_extent {
	uint64_t offset; /* bytes from the start of the file */
	uint64_t length; /* bytes */
};

/** A program header; fields as in the gABI. */
struct assay_elf_segment {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};

/** A section header. What it says about loaded bytes is a claim, nothing more. */
struct assay_elf_section {
	struct assay_span name; /* without its NUL; borrowed from the file */
	struct assay_span data; /* its bytes in the file; empty when it has none */
	uint32_t type;
	uint32_t link;
	uint32_t info;
	uint64_t flags;
	uint64_t addr;
	uint64_t offset;
	uint64_t size;
	uint64_t addralign;
	uint64_t entsize;
};

/** Whether a file uses 32-bit or 64-bit records; an index into the arrays of elf/layout.h. */
enum assay_elf_width {
	ASSAY_ELF_32,
	ASSAY_ELF_64,
};

/** Zero-initialise. Spans are borrowed from the file; the arrays are owned. */
struct assay_elf {
	struct assay_span file;
	enum assay_elf_width width;
	bool big_endian;
	uint16_t type;
	uint16_t machine;
	uint64_t entry;
	uint64_t phoff;    /* bytes from the start of the file to the program headers */
	uint64_t shoff;    /* the same for the section headers; 0 when there are none */
	uint32_t shstrndx; /* index of the section that holds the names */
	struct assay_elf_segment *segments;
	size_t segment_count;
	size_t *loads; /* indexes of the loadable segments, in the order of their addresses */
	size_t load_count;
	size_t *filled; /* those of them that have bytes of the file, in the same order */
	size_t filled_count;
	const struct assay_elf_segment *tls; /* the first PT_TLS, one of segments; NULL: none */
	bool unsorted;                       /* the program headers have them in another order */
	struct assay_elf_section *sections;  /* [0] is the empty one; NULL when there are none */
	size_t section_count;
};

void assay_elf_fini(struct assay_elf *elf);
#define ASSAY_AUTO_ELF ASSAY_AUTO(assay_elf_fini)

/** Whether the bytes begin like an ELF file, well formed or not. */
bool assay_elf_is(struct assay_span file);

/**
 * Read a linked ELF file.
 *
 * Out:    *out, to be freed with assay_elf_fini whatever is returned
 * Errors: ASSAY_E_FORMAT  malformed, not linked, or unusual; the text says in what
 */
ASSAY_CHECKED int assay_elf_parse(struct assay_span file, struct assay_elf *out,
                                  struct assay_error *err);

/** Whether a section says that it is loaded. */
bool assay_elf_section_is_alloc(const struct assay_elf_section *section);

/** Length of the whole table in bytes. */
uint64_t assay_elf_segment_table_size(const struct assay_elf *elf);
uint64_t assay_elf_section_table_size(const struct assay_elf *elf);

#endif
