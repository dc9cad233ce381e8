/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/renames.h"

#include "base/digest.h"
#include "base/memory.h"
#include "formats/content.h"

#define MEMBERS_MAX 4096 /* ours: more than that was not renamed but replaced */

/* A member without a counterpart. */
struct loner {
	size_t index;
	struct assay_sha256 digest;
};

struct loners {
	struct loner *items;
	size_t count, cap;
};

static void collect(const struct assay_contents *contents, const size_t *counterparts,
                    struct loners *out)
{
	for (size_t i = 0; i < contents->entry_count && out->count <= MEMBERS_MAX; i++) {
		if (counterparts[i] != ASSAY_UNPAIRED ||
		    !assay_entry_has_content(&contents->entries[i]) ||
		    assay_entry_size(&contents->entries[i]) == 0)
			continue;
		assay_grow(&out->items, &out->cap, out->count, sizeof(*out->items));
		out->items[out->count++].index = i;
	}
}

static int by_digest(const void *a, const void *b)
{
	const struct loner *x = a, *y = b;
	int order = memcmp(x->digest.bytes, y->digest.bytes, ASSAY_SHA256_SIZE);

	if (order != 0)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Those that can be read, by digest. */
static void digest(struct assay_contents *contents, struct assay_budget *budget,
                   struct loners *loners)
{
	size_t kept = 0;

	for (size_t i = 0; i < loners->count; i++) {
		ASSAY_AUTO_CONTENT struct assay_content content = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;

		if (assay_content_open(contents, loners->items[i].index, budget, &content, &err) <
		    0)
			continue;
		loners->items[kept].index = loners->items[i].index;
		assay_sha256(content.span, &loners->items[kept++].digest);
	}
	loners->count = kept;
	if (kept > 0)
		qsort(loners->items, kept, sizeof(*loners->items), by_digest);
}

static void match(const struct loners *a, const struct loners *b, struct assay_pairing *out)
{
	for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
		const struct loner *x = &a->items[i], *y = &b->items[k];
		int order = memcmp(x->digest.bytes, y->digest.bytes, ASSAY_SHA256_SIZE);

		if (order == 0) {
			out->rebuilt_of[x->index] = y->index;
			out->delivered_of[y->index] = x->index;
		}
		i += order <= 0;
		k += order >= 0;
	}
}

void assay_renames_find(struct assay_walk *walk, const struct assay_container *container,
                        const struct assay_pairing *pairing, struct assay_pairing *out)
{
	struct loners a = { 0 }, b = { 0 };

	assay_pairing_init(out, container->delivered, container->rebuilt);
	collect(container->delivered, pairing->rebuilt_of, &a);
	collect(container->rebuilt, pairing->delivered_of, &b);
	if (a.count > 0 && b.count > 0 && a.count + b.count <= MEMBERS_MAX) {
		digest(container->delivered, &walk->budgets[0], &a);
		digest(container->rebuilt, &walk->budgets[1], &b);
		match(&a, &b, out);
	}
	free(a.items);
	free(b.items);
}
