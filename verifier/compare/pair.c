/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/pair.h"

#include "base/memory.h"

/* An entry in the order of names; equal names in the order of the container. */
struct named {
	const char *name;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Owner: caller frees. */
static struct named *sorted(const struct assay_contents *contents)
{
	struct named *list = assay_calloc(contents->entry_count, sizeof(*list));

	for (size_t i = 0; i < contents->entry_count; i++)
		list[i] = (struct named){ contents->entries[i].name, i };
	if (contents->entry_count > 0)
		qsort(list, contents->entry_count, sizeof(*list), by_name);
	return list;
}

/* Owner: caller frees. */
static size_t *unpaired(size_t count)
{
	size_t *list = assay_calloc(count, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		list[i] = ASSAY_UNPAIRED;
	return list;
}

/* A pair has moved when one before it, in the delivered order, stands behind it in the rebuilt. */
static void find_moved(struct assay_pairing *pairing, size_t count)
{
	size_t furthest = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = pairing->rebuilt_of[i];

		if (at == ASSAY_UNPAIRED)
			continue;
		if (at < furthest && pairing->moved++ == 0)
			pairing->first_moved = i;
		if (at > furthest)
			furthest = at;
	}
}

void assay_pairing_init(struct assay_pairing *out, const struct assay_contents *delivered,
                        const struct assay_contents *rebuilt)
{
	*out = (struct assay_pairing){ unpaired(delivered->entry_count),
		                       unpaired(rebuilt->entry_count), 0, 0 };
}

void assay_pairing_make(struct assay_pairing *out, const struct assay_contents *delivered,
                        const struct assay_contents *rebuilt)
{
	ASSAY_AUTO_FREE struct named *a = sorted(delivered), *b = sorted(rebuilt);
	size_t i = 0, k = 0;

	assay_pairing_init(out, delivered, rebuilt);
	while (i < delivered->entry_count && k < rebuilt->entry_count) {
		int order = strcmp(a[i].name, b[k].name);

		if (order == 0) {
			out->rebuilt_of[a[i].index] = b[k].index;
			out->delivered_of[b[k].index] = a[i].index;
		}
		i += order <= 0;
		k += order >= 0;
	}
	find_moved(out, delivered->entry_count);
}

void assay_pairing_fini(struct assay_pairing *pairing)
{
	free(pairing->rebuilt_of);
	free(pairing->delivered_of);
	*pairing = (struct assay_pairing){ 0 };
}
