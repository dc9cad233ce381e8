/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The passes of assay_elf_parse and assay_elf_object_parse, in the order in which they run.
 *
 * Layer: elf, used only in this folder.
 */
#ifndef ASSAY_ELF_PARSE_H
#define ASSAY_ELF_PARSE_H

#include "elf/elf.h"

/** Read class and byte order, and check that there is a whole header. */
ASSAY_CHECKED int assay_elf_parse_ident(struct assay_elf *elf, struct assay_error *err);

/** Read the program headers and check them against the file and each other. */
ASSAY_CHECKED int assay_elf_parse_segments(struct assay_elf *elf, struct assay_error *err);

/** Read the section headers, when there are any, and check them against the file. */
ASSAY_CHECKED int assay_elf_parse_sections(struct assay_elf *elf, struct assay_error *err);

/**
 * Have libelf read the headers too.
 *
 * Errors: ASSAY_E_FORMAT  it refuses the file, or reads something otherwise than we do
 */
ASSAY_CHECKED int assay_elf_ask_second(struct assay_elf *elf, struct assay_error *err);

#endif
