/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a finding shows of both sides, as the bytes that somebody wrote: also where a file has
 * them as hexadecimal digits.
 *
 * Layer: explain; private to this folder.
 */
#ifndef ASSAY_EXPLAIN_VIEW_H
#define ASSAY_EXPLAIN_VIEW_H

#include <stdbool.h>

#include "model/comparison.h"

#define ASSAY_VIEW_MAX 320 /* bytes of one side: excerpts have fewer */

struct assay_view_side {
	uint8_t bytes[ASSAY_VIEW_MAX];
	size_t len;
	size_t start, end; /* of the difference */
};

struct assay_view {
	struct assay_view_side delivered, rebuilt;
	bool digits; /* hexadecimal ones: text in them is text, but numbers are anything */
};

#define ASSAY_VIEWS 3 /* as it is, and as digits that begin at an even or at an odd place */

/** View number index of a finding. Return: false when there is nothing to see that way */
bool assay_view_get(const struct assay_finding *finding, unsigned index, struct assay_view *out);

/** Whether what stands at [at, at + len) has a byte that differs. */
static inline bool assay_view_differs(const struct assay_view_side *side, size_t at, size_t len)
{
	return at < side->end && at + len > side->start;
}

/** Where the other side has what delivered has at a place before or in the difference. */
static inline size_t assay_view_place(const struct assay_view_side *from,
                                      const struct assay_view_side *to, size_t at)
{
	return at + to->start >= from->start ? at + to->start - from->start : to->len;
}

/** The times that delivered files show. */
struct assay_shown {
	bool date, year_only, clock, second; /* what is known */
	unsigned year, month, day;
	unsigned hours, minutes, seconds;
	uint64_t exact; /* seconds since 1970-01-01 UTC, when second */
};

/** Add what a view shows and what is not known yet. */
void assay_shown_add(struct assay_shown *shown, const struct assay_view *view);

#endif
