/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/vary/search.h"

struct search {
	assay_vary_test *test;
	void *context;
};

/* The lower half of a set, by number of axes. */
static assay_axes lower_half(assay_axes axes)
{
	int wanted = __builtin_popcountll(axes) / 2;
	assay_axes half = 0;

	for (; wanted > 0; wanted--) {
		assay_axes lowest = axes & -axes;

		half |= lowest;
		axes &= ~lowest;
	}
	return half;
}

/*
 * Reduce a set that, varied together with beside, makes another output, to axes that are needed
 * for it. Recursion: the set is halved each time, so it goes at most 7 deep.
 */
static int reduce(const struct search *search, assay_axes axes, assay_axes beside,
                  assay_axes *needed, struct assay_error *err)
{
	assay_axes one = lower_half(axes), other = axes & ~one, more;
	int differs;

	if (one == 0) {
		*needed |= axes;
		return 0;
	}
	differs = search->test(search->context, one | beside, other | beside, err);
	if (differs != 0)
		return differs < 0 ? -1 : reduce(search, one, beside, needed, err);
	differs = search->test(search->context, other | beside, 0, err);
	if (differs != 0)
		return differs < 0 ? -1 : reduce(search, other, beside, needed, err);
	/* Neither alone: each half has something that the other needs. */
	more = 0;
	if (reduce(search, one, beside | other, &more, err) < 0 ||
	    reduce(search, other, beside | more, &more, err) < 0)
		return -1;
	*needed |= more;
	return 0;
}

int assay_vary_search(assay_axes axes, assay_vary_test *test, void *context, assay_axes *guilty,
                      struct assay_error *err)
{
	const struct search search = { test, context };
	assay_axes found = 0;
	int differs = 1;

	while (differs > 0 && (axes & ~found) != 0) {
		if (reduce(&search, axes & ~found, 0, &found, err) < 0)
			return -1;
		/* Is there something else as well? */
		differs = (axes & ~found) == 0 ? 0 : test(context, axes & ~found, 0, err);
	}
	if (differs < 0)
		return -1;
	*guilty = found;
	return 0;
}
