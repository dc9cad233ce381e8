/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of many axes an output depends on, in few builds.
 *
 * Layer:  rebuild. Pure, but for the builds that the caller makes.
 * Source: delta debugging: Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input",
 *         IEEE TSE 28 (2002); the recursive form of Zeller, "Yesterday, my program worked", 1999.
 */
#ifndef ASSAY_REBUILD_VARY_SEARCH_H
#define ASSAY_REBUILD_VARY_SEARCH_H

#include "base/error.h"
#include "rebuild/vary/axes.h"

/**
 * Build with a set of axes varied.
 *
 * In:     next  what is asked for next if this one is the same; 0 for nothing. It may be built at
 *               the same time
 * Return: 1 the output is another one, 0 the same, -1 on error
 */
typedef int assay_vary_test(void *context, assay_axes axes, assay_axes next,
                            struct assay_error *err);

/**
 * Find the axes that the output depends on. One that matters only together with others is found
 * with them. One build, with all of them varied, has shown that there is something to find.
 *
 * At most ceil(log2 n) + 2 builds when it is one of n axes; no set is built twice.
 *
 * Out: *guilty, not empty
 */
ASSAY_CHECKED int assay_vary_search(assay_axes axes, assay_vary_test *test, void *context,
                                    assay_axes *guilty, struct assay_error *err);

#endif
