/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/limits.h"

#define DEPTH_MAX 64 /* each level is a level of recursion */

int assay_limits_check(struct assay_limit_options *opt, struct assay_error *err)
{
	if (opt->depth < 1 || opt->depth > DEPTH_MAX || opt->limits.ratio < 1)
		return assay_fail(err, ASSAY_E_USAGE,
		                  "--max-depth is 1 to %d, --max-ratio at least 1", DEPTH_MAX);
	opt->limits.depth = (unsigned)opt->depth;
	return 0;
}
