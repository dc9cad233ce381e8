/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every byte of one ELF file is for, and which rule may touch it: the answer comes from the
 * functions that a comparison asks, with the file as its own counterpart.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_INSPECT_H
#define ASSAY_COMPARE_ELFCMP_INSPECT_H

#include "base/span.h"
#include "model/inspection.h"

/**
 * Fill in the ranges of an artefact that is an ELF file. One whose bytes a comparison would take
 * as they are gets its trouble set and no range.
 */
void assay_elf_inspect(struct assay_span file, struct assay_inspected *out);

#endif
