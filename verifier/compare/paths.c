/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparing what lies in a file system: two files, or two directories. */
#include <sys/stat.h>

#include "base/file.h"
#include "compare/compare.h"

int assay_compare_paths(const char *delivered, const char *rebuilt,
                        const struct assay_compare_options *options, struct assay_comparison *out,
                        struct assay_error *err)
{
	ASSAY_AUTO_MAP struct assay_map a = { 0 }, b = { 0 };

	if (assay_map_open(delivered, &a, err) < 0 || assay_map_open(rebuilt, &b, err) < 0)
		return -1;
	return assay_compare(&(struct assay_side){ delivered, a.span },
	                     &(struct assay_side){ rebuilt, b.span }, options, out, err);
}
