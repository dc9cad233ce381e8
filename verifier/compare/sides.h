/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both sides at once.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_SIDES_H
#define ASSAY_COMPARE_SIDES_H

#include <stdbool.h>

#include "base/parallel.h"

/**
 * Do the same for both sides, in two threads where that is worth it. What a side uses must be its
 * own: its contents, its budget.
 *
 * In: size, bytes of a side, about; one: only side 0. work gets 0 for delivered, 1 for rebuilt
 */
ASSAY_CHECKED int assay_both_sides(uint64_t size, bool one, assay_parallel_work *work,
                                   void *context, struct assay_error *err);

#endif
