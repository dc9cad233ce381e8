/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notes, as the program headers have them (PT_NOTE).
 *
 * Layer:  elf.
 * Source: gABI chapter 5, "Note Section": three words (name size, descriptor size, type), then
 *         name and descriptor, each padded to 4 bytes. In segments with p_align 8 GNU tools pad
 *         to 8 (binutils elf.c, elf_parse_notes).
 */
#ifndef ASSAY_ELF_NOTE_H
#define ASSAY_ELF_NOTE_H

#include "elf/elf.h"

/** One note. Spans are borrowed from the file. */
struct assay_elf_note {
	uint32_t type;
	struct assay_span name; /* with the NUL that the file has */
	struct assay_span desc;
	uint64_t desc_offset; /* bytes from the start of the file */
};

/** A walk through the notes of one segment. */
struct assay_elf_notes {
	const struct assay_elf *elf;
	uint64_t offset; /* of the next note, bytes from the start of the file */
	uint64_t end;
	uint64_t align;
};

struct assay_elf_notes assay_elf_notes_of(const struct assay_elf *elf,
                                          const struct assay_elf_segment *segment);

/** Return: 1 with *out filled, 0 at the end, -1 when the notes are malformed from here on */
ASSAY_CHECKED int assay_elf_notes_next(struct assay_elf_notes *notes, struct assay_elf_note *out);

/**
 * Find the build-id note: owner "GNU", type NT_GNU_BUILD_ID, 8 to 64 bytes.
 *
 * Out:    *out where its value is
 * Return: false when there is none, more than one, or any malformed note
 */
bool assay_elf_find_build_id(const struct assay_elf *elf, struct assay_elf_extent *out);

/**
 * Whether a section, of a relocatable file, holds one build-id note and nothing else.
 *
 * Out: *out where its value is
 */
bool assay_elf_only_build_id(const struct assay_elf *elf, const struct assay_elf_section *section,
                             struct assay_elf_extent *out);

#endif
