/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/vary/search.h"

#include "base/memory.h"

/* What a set of axes has shown. */
struct known {
	assay_axes axes;
	bool differs;
};

struct search {
	assay_vary_test *test;
	void *context;
	struct known *known; /* owned */
	size_t count, cap;
};

static const struct known *find(const struct search *search, assay_axes axes)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->known[i].axes == axes)
			return &search->known[i];
	return NULL;
}

static void remember(struct search *search, assay_axes axes, bool differs)
{
	assay_grow(&search->known, &search->cap, search->count, sizeof(*search->known));
	search->known[search->count++] = (struct known){ axes, differs };
}

/* As assay_vary_test; what was built once is not built again. */
static int ask(struct search *search, assay_axes axes, assay_axes next, struct assay_error *err)
{
	const struct known *known = find(search, axes);
	int differs;

	if (known != NULL)
		return known->differs;
	differs = search->test(search->context, axes, find(search, next) == NULL ? next : 0, err);
	if (differs >= 0)
		remember(search, axes, differs > 0);
	return differs;
}

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
static int reduce(struct search *search, assay_axes axes, assay_axes beside, assay_axes *needed,
                  struct assay_error *err)
{
	assay_axes one = lower_half(axes), other = axes & ~one, more;
	int differs;

	if (one == 0) {
		*needed |= axes;
		return 0;
	}
	differs = ask(search, one | beside, other | beside, err);
	if (differs != 0)
		return differs < 0 ? -1 : reduce(search, one, beside, needed, err);
	differs = ask(search, other | beside, 0, err);
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

/*
 * As if there were one guilty axis in a set that makes another output: it is in the half that does, or
 * else in the other one, which needs no build of its own.
 *
 * Out:    *one, an axis
 * Return: 1 it alone makes another output, 0 it does not, -1 on error
 */
static int descend(struct search *search, assay_axes axes, assay_axes *one, struct assay_error *err)
{
	while (__builtin_popcountll(axes) > 1) {
		assay_axes half = lower_half(axes), rest = axes & ~half, next = lower_half(rest);
		int differs = ask(search, half, next != 0 ? next : rest, err);

		if (differs < 0)
			return -1;
		axes = differs > 0 ? half : rest;
	}
	*one = axes;
	return ask(search, axes, 0, err);
}

static int search_all(struct search *search, assay_axes axes, assay_axes *found,
                      struct assay_error *err)
{
	int differs = 1;

	while (differs > 0) {
		assay_axes rest = axes & ~*found, one;
		int alone = descend(search, rest, &one, err);

		if (alone < 0 || (alone == 0 && reduce(search, rest, 0, found, err) < 0))
			return -1;
		if (alone > 0)
			*found |= one;
		/* Is there something else as well? */
		rest = axes & ~*found;
		differs = rest == 0 ? 0 : ask(search, rest, 0, err);
	}
	return differs;
}

int assay_vary_search(assay_axes axes, assay_vary_test *test, void *context, assay_axes *guilty,
                      struct assay_error *err)
{
	struct search search = { .test = test, .context = context };
	assay_axes found = 0;
	int result;

	remember(&search, axes, true);
	result = search_all(&search, axes, &found, err);
	free(search.known);
	if (result == 0)
		*guilty = found;
	return result;
}
