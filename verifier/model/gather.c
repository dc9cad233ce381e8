/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All explanations go over the ranges in one sweep from left to right. Those that cover the place
 * where it stands are in a heap with the first of them on top, because a byte has the class of its
 * first explanation.
 */
#include "model/gather.h"

#include <string.h>

#include "base/memory.h"

#define SORT_IN_FROM ((size_t)1 << 12) /* ours: fewer are not worth a sweep over everything */

struct assay_gathered {
	struct assay_range *items; /* in the order in which they came */
	size_t count, cap;
};

/* The sweep. */
struct sweep {
	const struct assay_range *items;
	size_t *order; /* indexes of items by their places */
	size_t count, next;
	size_t *heap; /* indexes of items that begin at or before the place, the first on top */
	size_t heap_count;
	struct assay_ledger *out;
};

static uint64_t end_of(const struct assay_range *range)
{
	return range->offset + range->length;
}

void assay_ledger_gather(struct assay_ledger *ledger)
{
	if (ledger->gathered == NULL)
		ledger->gathered = assay_calloc(1, sizeof(*ledger->gathered));
}

void assay_ledger_settle(struct assay_ledger *ledger)
{
	if (ledger->gathered == NULL)
		return;
	assay_gather_sort_in(ledger);
	free(ledger->gathered->items);
	free(ledger->gathered);
	ledger->gathered = NULL;
}

void assay_gather_add(struct assay_ledger *ledger, const struct assay_range *range)
{
	struct assay_gathered *gathered = ledger->gathered;
	struct assay_range *last =
		gathered->count > 0 ? &gathered->items[gathered->count - 1] : NULL;

	if (last != NULL && end_of(last) == range->offset && assay_range_alike(last, range)) {
		last->length += range->length;
		return;
	}
	assay_grow(&gathered->items, &gathered->cap, gathered->count, sizeof(*gathered->items));
	gathered->items[gathered->count++] = *range;
	/* Each sweep finds at least as many of them as it has to pass ranges: time stays linear. */
	if (gathered->count >= SORT_IN_FROM && gathered->count >= ledger->count)
		assay_gather_sort_in(ledger);
}

static int by_place(const void *a, const void *b, void *context)
{
	const struct assay_range *items = context;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (items[x].offset != items[y].offset)
		return items[x].offset < items[y].offset ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void swap(size_t *a, size_t *b)
{
	size_t old = *a;

	*a = *b;
	*b = old;
}

static void push(struct sweep *sweep, size_t item)
{
	size_t i = sweep->heap_count++;

	sweep->heap[i] = item;
	for (; i > 0 && sweep->heap[i] < sweep->heap[(i - 1) / 2]; i = (i - 1) / 2)
		swap(&sweep->heap[i], &sweep->heap[(i - 1) / 2]);
}

static void pop(struct sweep *sweep)
{
	size_t *heap = sweep->heap, i = 0, child;

	heap[0] = heap[--sweep->heap_count];
	while ((child = 2 * i + 1) < sweep->heap_count) {
		child += child + 1 < sweep->heap_count && heap[child + 1] < heap[child];
		if (heap[i] < heap[child])
			return;
		swap(&heap[i], &heap[child]);
		i = child;
	}
}

/* The explanation of the byte at a place; NULL when there is none. */
static const struct assay_range *first_at(struct sweep *sweep, uint64_t at)
{
	while (sweep->next < sweep->count && sweep->items[sweep->order[sweep->next]].offset <= at)
		push(sweep, sweep->order[sweep->next++]);
	while (sweep->heap_count > 0 && end_of(&sweep->items[sweep->heap[0]]) <= at)
		pop(sweep);
	return sweep->heap_count > 0 ? &sweep->items[sweep->heap[0]] : NULL;
}

/* The place up to which nothing changes: where the next explanation begins, or what is there ends. */
static uint64_t unchanged_to(const struct sweep *sweep, const struct assay_range *now, uint64_t end)
{
	if (now != NULL && end_of(now) < end)
		end = end_of(now);
	if (sweep->next < sweep->count && sweep->items[sweep->order[sweep->next]].offset < end)
		end = sweep->items[sweep->order[sweep->next]].offset;
	return end;
}

static void emit(struct assay_ledger *out, struct assay_range range)
{
	struct assay_range *last = out->count > 0 ? &out->ranges[out->count - 1] : NULL;

	if (last != NULL && assay_range_alike(last, &range)) {
		last->length += range.length;
		return;
	}
	assay_grow(&out->ranges, &out->cap, out->count, sizeof(*out->ranges));
	out->ranges[out->count++] = range;
}

static void pass(struct sweep *sweep, const struct assay_range *range)
{
	uint64_t at = range->offset;

	if (range->class != ASSAY_CLASS_UNEXPLAINED) {
		emit(sweep->out, *range);
		return;
	}
	while (at < end_of(range)) {
		const struct assay_range *now = first_at(sweep, at);
		struct assay_range piece = now != NULL ? *now : *range;

		piece.offset = at;
		at = unchanged_to(sweep, now, end_of(range));
		piece.length = at - piece.offset;
		emit(sweep->out, piece);
	}
}

void assay_gather_sort_in(struct assay_ledger *ledger)
{
	struct assay_gathered *gathered = ledger->gathered;
	struct assay_ledger out = { 0 };
	struct sweep sweep = { .out = &out };

	if (gathered == NULL || gathered->count == 0)
		return;
	sweep.items = gathered->items;
	sweep.count = gathered->count;
	sweep.order = assay_calloc(gathered->count, sizeof(*sweep.order));
	sweep.heap = assay_calloc(gathered->count, sizeof(*sweep.heap));
	for (size_t i = 0; i < gathered->count; i++)
		sweep.order[i] = i;
	qsort_r(sweep.order, sweep.count, sizeof(*sweep.order), by_place, gathered->items);
	for (size_t i = 0; i < ledger->count; i++)
		pass(&sweep, &ledger->ranges[i]);
	free(sweep.order);
	free(sweep.heap);
	free(ledger->ranges);
	ledger->ranges = out.ranges;
	ledger->count = out.count;
	ledger->cap = out.cap;
	gathered->count = 0;
}
