/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/ledger.h"

#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "model/gather.h"

static const struct {
	const char *name;
	enum assay_tier tier;
} classes[ASSAY_CLASS_COUNT] = {
	[ASSAY_CLASS_IDENTICAL] = { "identical", ASSAY_TIER_IDENTICAL },
	[ASSAY_CLASS_TRANSPLANTED] = { "transplanted", ASSAY_TIER_TRANSPLANTED },
	[ASSAY_CLASS_REPACKED] = { "repacked", ASSAY_TIER_REPACKED },
	[ASSAY_CLASS_NORMALISED] = { "normalised", ASSAY_TIER_NORMALISED },
	/* The policy that excludes bytes is the caller's; the best such a match can be called. */
	[ASSAY_CLASS_EXCLUDED] = { "excluded", ASSAY_TIER_NORMALISED },
	[ASSAY_CLASS_UNEXPLAINED] = { "unexplained", ASSAY_TIER_DIFFERENT },
};

const char *assay_class_name(enum assay_class class)
{
	return classes[class].name;
}

enum assay_tier assay_class_tier(enum assay_class class)
{
	return classes[class].tier;
}

void assay_ledger_init(struct assay_ledger *ledger, uint64_t size)
{
	*ledger = (struct assay_ledger){ .size = size, .room = ASSAY_LEDGER_RANGES };
	if (size == 0)
		return;
	/* Most ledgers have one range to their end, and there may be a million of them. */
	ledger->cap = 1;
	ledger->ranges = assay_calloc(1, sizeof(*ledger->ranges));
	ledger->ranges[0] = (struct assay_range){ 0, size, ASSAY_CLASS_UNEXPLAINED, NULL };
	ledger->count = 1;
}

void assay_ledger_fini(struct assay_ledger *ledger)
{
	assay_ledger_settle(ledger);
	free(ledger->ranges);
	*ledger = (struct assay_ledger){ 0 };
}

size_t assay_ledger_find(const struct assay_ledger *ledger, uint64_t offset)
{
	size_t low = 0, high = ledger->count;

	if (offset >= ledger->size)
		return ledger->count;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (ledger->ranges[mid].offset <= offset)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* Make a range begin at offset. Return: its index, or count for the end. */
static size_t split(struct assay_ledger *ledger, uint64_t offset)
{
	struct assay_range *range;
	size_t i;

	i = assay_ledger_find(ledger, offset);
	if (i == ledger->count || ledger->ranges[i].offset == offset)
		return i;
	assay_grow(&ledger->ranges, &ledger->cap, ledger->count, sizeof(*ledger->ranges));
	range = &ledger->ranges[i];
	memmove(range + 1, range, (ledger->count - i) * sizeof(*range));
	ledger->count++;
	range[0].length = offset - range[0].offset;
	range[1].offset = offset;
	range[1].length -= range[0].length;
	return i + 1;
}

bool assay_range_alike(const struct assay_range *a, const struct assay_range *b)
{
	return a->class == b->class && (a->rule == b->rule || (a->rule != NULL && b->rule != NULL &&
	                                                       strcmp(a->rule, b->rule) == 0));
}

/* Join equal neighbours among the ranges first - 1 … last. */
static void join(struct assay_ledger *ledger, size_t first, size_t last)
{
	struct assay_range *ranges = ledger->ranges;
	size_t from = first > 0 ? first - 1 : 0;
	size_t to = last < ledger->count ? last + 1 : ledger->count;
	size_t kept = from;

	for (size_t i = from + 1; i < to; i++) {
		if (assay_range_alike(&ranges[kept], &ranges[i]))
			ranges[kept].length += ranges[i].length;
		else
			ranges[++kept] = ranges[i];
	}
	if (to > from && kept + 1 < to) {
		memmove(ranges + kept + 1, ranges + to, (ledger->count - to) * sizeof(*ranges));
		ledger->count -= to - kept - 1;
	}
}

static uint64_t clip(const struct assay_ledger *ledger, uint64_t offset, uint64_t length)
{
	if (offset >= ledger->size)
		return 0;
	return length < ledger->size - offset ? length : ledger->size - offset;
}

void assay_ledger_explain(struct assay_ledger *ledger, uint64_t offset, uint64_t length,
                          enum assay_class class, const char *rule)
{
	size_t first, last;

	length = clip(ledger, offset, length);
	if (length == 0)
		return;
	if (ledger->gathered != NULL) {
		assay_gather_add(ledger, &(struct assay_range){ offset, length, class, rule });
		return;
	}
	first = split(ledger, offset);
	last = split(ledger, offset + length);
	for (size_t i = first; i < last; i++) {
		if (ledger->ranges[i].class != ASSAY_CLASS_UNEXPLAINED)
			continue;
		ledger->ranges[i].class = class;
		ledger->ranges[i].rule = rule;
	}
	join(ledger, first, last);
}

void assay_ledger_worsen(struct assay_ledger *ledger, uint64_t offset, uint64_t length,
                         enum assay_class class, const char *rule)
{
	size_t first, last;

	length = clip(ledger, offset, length);
	if (length == 0)
		return;
	assay_gather_sort_in(ledger);
	first = split(ledger, offset);
	last = split(ledger, offset + length);
	for (size_t i = first; i < last; i++) {
		if (ledger->ranges[i].class >= class)
			continue;
		ledger->ranges[i].class = class;
		ledger->ranges[i].rule = rule;
	}
	join(ledger, first, last);
}

/* Bytes at the start of both that are equal; whole blocks first, because equal runs are long. */
static uint64_t equal_run(const uint8_t *a, const uint8_t *b, uint64_t length)
{
	const uint64_t block = 4096;
	uint64_t i = 0;

	while (length - i >= block && memcmp(a + i, b + i, block) == 0)
		i += block;
	while (i < length && a[i] == b[i])
		i++;
	return i;
}

/* Where ranges may be coalesced, and how. */
struct squeeze {
	uint64_t offset, end; /* only equal runs inside, at neither edge */
	uint64_t gap;         /* only runs of at most so many bytes */
	bool open;            /* rules are still to come: only between unexplained bytes */
};

/* Whose class an equal run between two ranges takes over; NULL: it stays equal. */
static const struct assay_range *heir(const struct squeeze *how, const struct assay_range *before,
                                      const struct assay_range *after)
{
	bool left = before != NULL && before->class == ASSAY_CLASS_UNEXPLAINED;
	bool right = after != NULL && after->class == ASSAY_CLASS_UNEXPLAINED;

	if (how->open)
		return left && right ? before : NULL;
	if (left || right)
		return left ? before : after;
	return before != NULL && after != NULL && assay_range_alike(before, after) ? before : NULL;
}

static bool is_gap(const struct squeeze *how, const struct assay_range *range)
{
	return range->class == ASSAY_CLASS_IDENTICAL && range->length <= how->gap &&
	       range->offset > how->offset && range->offset + range->length < how->end;
}

/* One pass over all ranges. */
static void coalesce(struct assay_ledger *ledger, const struct squeeze *how)
{
	struct assay_range *ranges = ledger->ranges;
	size_t kept = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		struct assay_range *before = kept > 0 ? &ranges[kept - 1] : NULL;
		const struct assay_range *after = i + 1 < ledger->count ? &ranges[i + 1] : NULL;
		const struct assay_range *from = heir(how, before, after);
		struct assay_range range = ranges[i];

		if (is_gap(how, &range) && from != NULL) {
			ledger->coalesced += range.length;
			range.class = from->class;
			range.rule = from->rule;
		}
		if (before != NULL && assay_range_alike(before, &range))
			before->length += range.length;
		else
			ranges[kept++] = range;
	}
	ledger->count = kept;
}

static void squeeze(struct assay_ledger *ledger, struct squeeze how, size_t wanted)
{
	for (how.gap = 1; ledger->count > wanted; how.gap *= 2) {
		coalesce(ledger, &how);
		if (how.gap >= ledger->size / 2)
			return;
	}
}

void assay_ledger_shrink(struct assay_ledger *ledger, size_t wanted)
{
	squeeze(ledger, (struct squeeze){ .offset = 0, .end = ledger->size }, wanted);
}

static void keep_small(struct assay_ledger *ledger, uint64_t offset, uint64_t length)
{
	struct squeeze how = { .offset = offset, .end = offset + length, .open = true };

	if (ledger->count <= ledger->room)
		return;
	assay_gather_sort_in(ledger);
	squeeze(ledger, how, ASSAY_LEDGER_RANGES / 2);
	/* What cannot be coalesced is not tried again and again. */
	if (ledger->count > ledger->room / 2)
		ledger->room = 2 * ledger->count;
}

void assay_ledger_compare(struct assay_ledger *ledger, uint64_t offset, const uint8_t *delivered,
                          const uint8_t *rebuilt, uint64_t length)
{
	uint64_t pos = 0;

	length = clip(ledger, offset, length);

	while (pos < length) {
		uint64_t run = equal_run(delivered + pos, rebuilt + pos, length - pos);

		if (run > 0)
			assay_ledger_explain(ledger, offset + pos, run, ASSAY_CLASS_IDENTICAL,
			                     NULL);
		keep_small(ledger, offset, length);
		pos += run;
		while (pos < length && delivered[pos] != rebuilt[pos])
			pos++;
	}
}

void assay_ledger_sum(const struct assay_ledger *ledger, uint64_t bytes[ASSAY_CLASS_COUNT])
{
	memset(bytes, 0, ASSAY_CLASS_COUNT * sizeof(*bytes));
	for (size_t i = 0; i < ledger->count; i++)
		bytes[ledger->ranges[i].class] += ledger->ranges[i].length;
}

enum assay_class assay_ledger_worst(const struct assay_ledger *ledger)
{
	enum assay_class worst = ASSAY_CLASS_IDENTICAL;

	for (size_t i = 0; i < ledger->count; i++)
		if (ledger->ranges[i].class > worst)
			worst = ledger->ranges[i].class;
	return worst;
}

enum assay_class assay_ledger_worst_of(const struct assay_ledger *ledger, uint64_t offset,
                                       uint64_t length)
{
	enum assay_class worst = ASSAY_CLASS_IDENTICAL;

	length = clip(ledger, offset, length);
	for (size_t i = length > 0 ? assay_ledger_find(ledger, offset) : ledger->count;
	     i < ledger->count && ledger->ranges[i].offset < offset + length; i++)
		if (ledger->ranges[i].class > worst)
			worst = ledger->ranges[i].class;
	return worst;
}

static bool needs_rule(enum assay_class class)
{
	return class != ASSAY_CLASS_IDENTICAL && class != ASSAY_CLASS_UNEXPLAINED;
}

int assay_ledger_check(const struct assay_ledger *ledger, struct assay_error *err)
{
	uint64_t next = 0;

	if (ledger->gathered != NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "ledger: not all of it was sorted in");
	for (size_t i = 0; i < ledger->count; i++) {
		const struct assay_range *range = &ledger->ranges[i];

		if (range->offset != next || range->length == 0 ||
		    range->length > ledger->size - range->offset)
			return assay_fail_at(err, ASSAY_E_FORMAT, range->offset,
			                     "ledger: gap or overlap at offset %" PRIu64, next);
		if (needs_rule(range->class) && range->rule == NULL)
			return assay_fail_at(err, ASSAY_E_FORMAT, range->offset,
			                     "ledger: class %s without a rule at offset %" PRIu64,
			                     assay_class_name(range->class), range->offset);
		next = range->offset + range->length;
	}
	if (next != ledger->size)
		return assay_fail_at(err, ASSAY_E_FORMAT, next,
		                     "ledger: covers %" PRIu64 " of %" PRIu64 " bytes", next,
		                     ledger->size);
	return 0;
}
