/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two linked files whose segments are at other places of the file or of memory. They are different
 * whatever else they are, since program headers are part of the run-time view; but what they load
 * is compared by address, so that a person sees what else differs.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_MOVED_H
#define ASSAY_COMPARE_ELFCMP_MOVED_H

#include "compare/elfcmp/side.h"

/**
 * Where the other file has the counterpart of a byte: what is at its address, the same program
 * header, the same place of the section of the same name, as far behind the end of everything;
 * padding has none, and all else is at its offset.
 *
 * In:     offset, in a range of here's map; sides that have met
 * Out:    *out the counterpart, and how many bytes in a row follow it
 * Return: false when there is none
 */
bool assay_elf_counterpart(const struct assay_elf_side *here, const struct assay_elf_side *there,
                           const struct assay_elf_range *range, uint64_t offset,
                           struct assay_elf_extent *out);

/** Account for here's bytes: equal to their counterparts, or unexplained. No rule applies. */
void assay_elf_account_moved(const struct assay_elf_side *here, const struct assay_elf_side *there,
                             struct assay_ledger *ledger);

/** How many bytes of a loadable segment the other file loads nothing for at their addresses. */
uint64_t assay_elf_count_alone(const struct assay_elf *here, size_t segment,
                               const struct assay_elf *there);

#endif
