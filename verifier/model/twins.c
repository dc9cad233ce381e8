/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/twins.h"

#include "base/memory.h"

void assay_twins_fini(struct assay_twins *twins)
{
	free(twins->items);
	*twins = (struct assay_twins){ 0 };
}

void assay_twins_add(struct assay_twins *twins, const struct assay_twin *twin)
{
	assay_grow(&twins->items, &twins->cap, twins->count, sizeof(*twins->items));
	twins->items[twins->count++] = *twin;
}

static int by_sha512(const void *a, const void *b)
{
	const struct assay_twin *x = a, *y = b;

	return memcmp(x->sha512.bytes, y->sha512.bytes, sizeof(x->sha512.bytes));
}

void assay_twins_sort(struct assay_twins *twins)
{
	size_t kept = 0;

	if (twins->count > 1)
		qsort(twins->items, twins->count, sizeof(*twins->items), by_sha512);
	for (size_t i = 0; i < twins->count; i++)
		if (kept == 0 || by_sha512(&twins->items[kept - 1], &twins->items[i]) != 0)
			twins->items[kept++] = twins->items[i];
	twins->count = kept;
}

const struct assay_sha256 *assay_twins_find(const struct assay_twins *twins,
                                            const struct assay_sha512 *sha512)
{
	const struct assay_twin key = { .sha512 = *sha512 };
	const struct assay_twin *found = NULL;

	if (twins->count > 0)
		found = bsearch(&key, twins->items, twins->count, sizeof(key), by_sha512);
	return found != NULL ? &found->sha256 : NULL;
}
