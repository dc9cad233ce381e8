/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/sides.h"

#define PARALLEL_FROM ((uint64_t)1 << 16) /* bytes: less is done before a thread has started */

int assay_both_sides(uint64_t size, bool one, assay_parallel_work *work, void *context,
                     struct assay_error *err)
{
	if (!one && size >= PARALLEL_FROM)
		return assay_parallel(2, work, context, err);
	if (work(context, 0, err) < 0)
		return -1;
	return one ? 0 : work(context, 1, err);
}
