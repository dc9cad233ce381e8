/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The passes of assay_elf_object_parse, in the order in which they run.
 *
 * Layer: elf, used only in this folder.
 */
#ifndef ASSAY_ELF_OBJECT_PARSE_H
#define ASSAY_ELF_OBJECT_PARSE_H

#include "elf/object.h"

/** Read the symbol table, when there is one, and check it. */
ASSAY_CHECKED int assay_elf_object_symbols(struct assay_elf_object *object,
                                           struct assay_error *err);

/** Check tables of relocations and section groups. */
ASSAY_CHECKED int assay_elf_object_references(struct assay_elf_object *object,
                                              struct assay_error *err);

/** Have libelf read sections, symbols and relocations too. */
ASSAY_CHECKED int assay_elf_object_ask_second(struct assay_elf_object *object,
                                              struct assay_error *err);

#endif
