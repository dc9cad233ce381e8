/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same work for many items, a few at a time.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_PARALLEL_H
#define ASSAY_BASE_PARALLEL_H

#include "base/error.h"

/** How many processors there are to run on; at most 8. */
size_t assay_parallel_width(void);

/** Work on item index. Called from several threads; what they share, they lock. */
typedef int assay_parallel_work(void *context, size_t index, struct assay_error *err);

/**
 * Do work for the items 0 to count - 1, taken in this order by as many threads as there are
 * processors to run on (at most 8).
 *
 * Return: 0 if every call did; else -1 with the error of the lowest index that failed, which does
 *         not depend on how the threads ran. After a failure no further item is begun.
 */
ASSAY_CHECKED int assay_parallel(size_t count, assay_parallel_work *work, void *context,
                                 struct assay_error *err);

#endif
