/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One side of a comparison of relocatable files: what each section is to the comparison.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_OBJECT_SIDE_H
#define ASSAY_COMPARE_ELFCMP_OBJECT_SIDE_H

#include "compare/elfcmp/rule.h"
#include "elf/map.h"

/** What a section is. */
enum assay_object_part {
	ASSAY_OBJECT_FIRM,   /* must be equal */
	ASSAY_OBJECT_SYMTAB, /* the symbol table */
	ASSAY_OBJECT_STRTAB, /* the names of symbols */
	ASSAY_OBJECT_SHNDX,  /* the section numbers of symbols */
	ASSAY_OBJECT_NAMES,  /* the names of sections, when they have a table of their own */
	ASSAY_OBJECT_SOFT,   /* a rule covers it: nothing but debuggers and people read it */
	ASSAY_OBJECT_UNUSED, /* SHT_NULL */
};
#define ASSAY_OBJECT_PART_COUNT 7

/** Zero-initialise. Owned. */
struct assay_object_side {
	struct assay_elf_object object;
	struct assay_elf_map map;
	bool delivered;
	enum assay_object_part *parts;       /* for each section */
	const struct assay_elf_rule **rules; /* for each section: the one that covers a soft one */
	size_t *firm;                        /* indexes of the firm ones, in their order */
	size_t *rank;                        /* for each section: its place among those, or NONE */
	size_t firm_count;
	size_t *peers;   /* for each section: its counterpart on the other side, or NONE */
	size_t *symbols; /* for each symbol: its counterpart on the other side, or NONE */
	bool *used;      /* for each symbol: whether something firm refers to it */
	bool *referred; /* for each section: whether a symbol is in it, or a relocation changes it */
};

/** Errors: ASSAY_E_FORMAT  as assay_elf_object_parse */
ASSAY_CHECKED int assay_object_side_init(struct assay_span file, struct assay_object_side *out,
                                         struct assay_error *err);
void assay_object_side_fini(struct assay_object_side *side);
#define ASSAY_AUTO_OBJECT_SIDE ASSAY_AUTO(assay_object_side_fini)

/**
 * Tell the two about each other: which sections are soft, and which are counterparts.
 *
 * A section is soft when a rule covers it by its header and content, and, on both sides, nothing
 * firm refers to it or to a symbol in it, and all symbols in it are local labels. So are
 * relocations of soft sections, and groups of nothing else.
 */
void assay_object_meet(struct assay_object_side *delivered, struct assay_object_side *rebuilt);

/** The value of the build-id note, when nothing refers to it and the note is just that. */
bool assay_object_build_id(const struct assay_object_side *side, size_t section,
                           struct assay_elf_extent *out);

#endif
