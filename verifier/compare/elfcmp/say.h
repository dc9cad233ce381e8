/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Places and values in ELF files, in words. Names from files are quoted.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_SAY_H
#define ASSAY_COMPARE_ELFCMP_SAY_H

#include "base/buffer.h"
#include "compare/elfcmp/side.h"
#include "compare/node.h"

/** Append the place of a byte: "section .text, address 0x1139". */
void assay_elf_say_place(struct assay_buffer *out, const struct assay_elf_side *side,
                         const struct assay_elf_range *range, uint64_t offset);

/** Append both values of a difference when they are short. length: bytes on each side. */
void assay_elf_say_values(struct assay_buffer *out, const struct assay_elf_side *delivered,
                          const struct assay_elf_side *rebuilt, const struct assay_elf_range *range,
                          const struct assay_run *run);

/** Append what there is to say about padding under its rule. length: bytes */
void assay_elf_say_zeros(struct assay_buffer *out, uint64_t length);

/** The end of the header field that holds an offset; UINT64_MAX for bytes of other kinds. */
uint64_t assay_elf_field_end(const struct assay_elf *elf, enum assay_elf_kind kind,
                             uint64_t offset);

#endif
