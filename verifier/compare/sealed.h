/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sealed entries: members that are one opaque value as a whole, header and all, such as the
 * signature of an update file. A delivered container may have one for itself.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_SEALED_H
#define ASSAY_COMPARE_SEALED_H

#include "compare/container.h"

/**
 * Whether a pair of entries is one that assay_sealed_compare judges.
 *
 * In: entry of the delivered side; counterpart, or ASSAY_UNPAIRED
 */
bool assay_is_sealed(const struct assay_container *container, size_t entry, size_t counterpart);

/** Compare a pair of sealed entries, or note one that only the delivered side has. */
void assay_sealed_compare(struct assay_walk *walk, const struct assay_container *container,
                          size_t entry, size_t counterpart);

#endif
