/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each byte of an ELF file is for: the file cut into ranges, without gap or overlap.
 *
 * Program headers come first: a byte that a segment holds, or that page rounding brings into
 * memory beside an executable segment, is a segment's byte whatever the section headers say.
 * Where the two disagree the range says so.
 *
 * Layer:  elf.
 * Source: gABI chapter 5, "Program Loading"; for pages see elf/pages.h.
 */
#ifndef ASSAY_ELF_MAP_H
#define ASSAY_ELF_MAP_H

#include "elf/object.h"

enum assay_elf_kind {
	ASSAY_ELF_HEADER,
	ASSAY_ELF_SEGMENT_TABLE, /* the program headers */
	ASSAY_ELF_SEGMENT,       /* held by a segment */
	ASSAY_ELF_PAGE,          /* in no segment, but in a page that is mapped executable */
	ASSAY_ELF_SECTION,       /* in a section, and not loaded */
	ASSAY_ELF_SECTION_TABLE, /* the section headers */
	ASSAY_ELF_PADDING,       /* in nothing, between things */
	ASSAY_ELF_TRAILING,      /* in nothing, behind everything */
};

#define ASSAY_ELF_NONE SIZE_MAX /* no segment, no section */

struct assay_elf_range {
	uint64_t offset; /* bytes from the start of the file */
	uint64_t length; /* bytes; never 0 */
	enum assay_elf_kind kind;
	size_t segment; /* that holds it, a loadable one if there is one; or NONE */
	size_t section; /* that claims it, if exactly one does; or NONE. A name, not a proof. */
	bool disputed;  /* section headers contradict the program headers or each other here */
};

/** Zero-initialise. Ranges are sorted and cover the file. Owned. */
struct assay_elf_map {
	struct assay_elf_range *ranges;
	size_t count, cap;
	bool *disputed; /* for each section: whether what its header says can not be relied on */
	bool any_disputed;
	uint64_t end; /* of the last thing that is something; bytes behind it belong to nothing */
};

/** Cut a file into ranges. */
void assay_elf_map_init(const struct assay_elf *elf, struct assay_elf_map *out);

/** Cut a relocatable file into ranges: without segments, and nothing is disputed. */
void assay_elf_object_map(const struct assay_elf_object *object, struct assay_elf_map *out);

void assay_elf_map_fini(struct assay_elf_map *map);
#define ASSAY_AUTO_ELF_MAP ASSAY_AUTO(assay_elf_map_fini)

/** The index of the range that holds an offset, which must lie inside the file. */
size_t assay_elf_map_find(const struct assay_elf_map *map, uint64_t offset);

/** Whether the run-time view has the bytes of such a range: then no section may touch them. */
bool assay_elf_kind_is_mapped(enum assay_elf_kind kind);

/** "program headers", "padding" … */
const char *assay_elf_kind_name(enum assay_elf_kind kind);

/**
 * Whether a section that claims to be loaded is where the program headers have it: at its address
 * in a loadable segment, or, without bytes in the file, behind those of any.
 *
 * In: section, an SHF_ALLOC one
 */
bool assay_elf_alloc_agrees(const struct assay_elf *elf, const struct assay_elf_section *section);

#endif
