/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a delivered file differs only where builds vary. What cannot be told is not inside. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "explain/decide.h"

/* --- artefacts by path -------------------------------------------------------------------------- */

struct row {
	const struct assay_artefact *artefact;
	bool unplaced; /* places in it are not those of the other file, or cannot be told */
};

/** Sorted by path. Owned. */
struct catalogue {
	struct row *rows;
	size_t count;
};

static void fini_catalogue(struct catalogue *catalogue)
{
	free(catalogue->rows);
}

static int by_path(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return strcmp(x->artefact->path, y->artefact->path);
}

/* A ledger that counts equal bytes as different, to be short, tells no places. */
static void make_catalogue(const struct assay_comparison *comparison, struct catalogue *out)
{
	out->count = comparison->artefact_count;
	out->rows = assay_calloc(out->count + 1, sizeof(*out->rows));
	for (size_t i = 0; i < out->count; i++)
		out->rows[i] = (struct row){ &comparison->artefacts[i],
			                     comparison->artefacts[i].ledger.coalesced > 0 };
	qsort(out->rows, out->count, sizeof(*out->rows), by_path);
}

/* Return: NULL also where two have the path, as members of an archive may: which is meant? */
static struct row *look_up(const struct catalogue *catalogue, const char *path)
{
	const struct assay_artefact wanted = { .path = (char *)(uintptr_t)path };
	const struct row key = { .artefact = &wanted };
	struct row *end = catalogue->rows + catalogue->count;
	struct row *found = bsearch(&key, catalogue->rows, catalogue->count, sizeof(key), by_path);

	if (found == NULL || (found > catalogue->rows && by_path(found - 1, &key) == 0) ||
	    (found + 1 < end && by_path(found + 1, &key) == 0))
		return NULL;
	return found;
}

/* --- bytes that vary ---------------------------------------------------------------------------- */

/* Bytes of an artefact of the first build, [from, to), that are others in a varied one. */
struct place {
	const char *artefact; /* borrowed */
	uint64_t size;        /* of the artefact */
	uint64_t from, to;
};

/** Sorted, and none touches another one of its artefact. Owned. */
struct places {
	struct place *items;
	size_t count, cap;
};

static void fini_places(struct places *places)
{
	free(places->items);
}

typedef bool place_fn(void *context, const struct place *place);

/*
 * The bytes that a finding speaks of and nothing explains, run by run. Those of a container that
 * differ only because a member does are in no finding of it.
 *
 * Return: whether there are any, and all were seen with true
 */
static bool each_run(const struct row *row, const struct assay_finding *finding, place_fn *see,
                     void *context)
{
	const struct assay_ledger *ledger = &row->artefact->ledger;
	uint64_t end = finding->offset + finding->length;
	bool any = false;

	for (size_t i = assay_ledger_find(ledger, finding->offset);
	     i < ledger->count && ledger->ranges[i].offset < end; i++) {
		const struct assay_range *range = &ledger->ranges[i];
		struct place place = { row->artefact->path, ledger->size, range->offset,
			               range->offset + range->length };

		place.from = place.from > finding->offset ? place.from : finding->offset;
		place.to = place.to < end ? place.to : end;
		if (range->class != ASSAY_CLASS_UNEXPLAINED)
			continue;
		if (!see(context, &place))
			return false;
		any = true;
	}
	return any;
}

static bool keep(void *context, const struct place *place)
{
	struct places *places = context;

	assay_grow(&places->items, &places->cap, places->count, sizeof(*places->items));
	places->items[places->count++] = *place;
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = strcmp(x->artefact, y->artefact);

	if (order != 0)
		return order;
	return x->from < y->from ? -1 : x->from > y->from;
}

static void join(struct places *places)
{
	size_t kept = 0;

	if (places->count == 0)
		return;
	qsort(places->items, places->count, sizeof(*places->items), by_place);
	for (size_t i = 1; i < places->count; i++) {
		struct place *last = &places->items[kept];
		const struct place *next = &places->items[i];

		if (strcmp(last->artefact, next->artefact) != 0 || next->from > last->to)
			places->items[++kept] = *next;
		else if (next->to > last->to)
			last->to = next->to;
	}
	places->count = kept + 1;
}

/*
 * Whether a finding shows that places in one artefact are not those in the other: all between the
 * first and the last difference is one finding of two lengths where sizes differ. Where more
 * differs than is shown of both, it cannot be told.
 */
static bool moves_places(const struct assay_finding *finding)
{
	if (finding->item != NULL &&
	    (finding->length == 0 || finding->class != ASSAY_CLASS_UNEXPLAINED))
		return false;
	return finding->delivered.length != finding->rebuilt.length ||
	       finding->delivered.length != finding->length;
}

/* Add what differs in a varied build, where places can be told. */
static void add_places(const struct assay_comparison *varied, struct places *out)
{
	ASSAY_AUTO(fini_catalogue) struct catalogue catalogue = { 0 };
	struct row *row;

	make_catalogue(varied, &catalogue);
	for (size_t i = 0; i < varied->finding_count; i++) {
		row = look_up(&catalogue, varied->findings[i].artefact);
		if (row != NULL && moves_places(&varied->findings[i]))
			row->unplaced = true;
	}
	for (size_t i = 0; i < varied->finding_count; i++) {
		const struct assay_finding *finding = &varied->findings[i];

		row = look_up(&catalogue, finding->artefact);
		if (row != NULL && !row->unplaced && finding->length > 0 &&
		    finding->class == ASSAY_CLASS_UNEXPLAINED)
			(void)each_run(row, finding, keep, out);
	}
}

/* A file of another size has its places elsewhere. */
static bool place_varies(void *context, const struct place *place)
{
	const struct places *places = context;
	size_t low = 0, high = places->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_place(&places->items[middle], place) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || strcmp(places->items[low - 1].artefact, place->artefact) != 0)
		return false;
	return places->items[low - 1].size == place->size && place->to <= places->items[low - 1].to;
}

/* --- what has no bytes: modes, targets of links, members that only one side has ------------------ */

/*
 * Whether a varied build differs from the first one in this, by having what the delivered file
 * has. The two texts are those of compare/metadata: "NAME: mode: 0755 delivered, 0700 rebuilt",
 * where the first build is the rebuilt one in one text and the delivered one in the other.
 */
static bool is_turned(const struct assay_finding *finding, const struct assay_finding *other)
{
	static const char between[] = " delivered, ", end[] = " rebuilt";
	const char *comma = strstr(finding->text, between), *value = comma;
	ASSAY_AUTO_BUFFER struct assay_buffer turned = { 0 };
	size_t len;

	while (value != NULL && value > finding->text && strncmp(value, ": ", 2) != 0)
		value--;
	if (value == NULL || value == finding->text)
		return false;
	value += 2;
	len = strlen(comma + strlen(between));
	if (len <= strlen(end))
		return false;
	assay_buffer_printf(&turned, "%.*s%.*s%s%.*s%s", (int)(value - finding->text),
	                    finding->text, (int)(len - strlen(end)), comma + strlen(between),
	                    between, (int)(comma - value), value, end);
	return strcmp(assay_buffer_str(&turned), other->text) == 0;
}

static bool item_varies(const struct assay_finding *finding, const struct assay_comparison *varied,
                        size_t count)
{
	for (size_t i = 0; finding->item != NULL && i < count; i++)
		for (size_t k = 0; k < varied[i].finding_count; k++) {
			const struct assay_finding *other = &varied[i].findings[k];

			if (other->item != NULL && other->length == 0 &&
			    other->class == ASSAY_CLASS_UNEXPLAINED &&
			    strcmp(other->item, finding->item) == 0 &&
			    strcmp(other->artefact, finding->artefact) == 0 &&
			    is_turned(finding, other))
				return true;
		}
	return false;
}

/* All that a finding speaks of. */
static bool finding_varies(const struct catalogue *catalogue, const struct assay_finding *finding,
                           struct places *places)
{
	const struct row *row = look_up(catalogue, finding->artefact);

	return row != NULL && each_run(row, finding, place_varies, places);
}

bool assay_decide_inside(const struct assay_comparison *found,
                         const struct assay_comparison *varied, size_t count)
{
	ASSAY_AUTO(fini_catalogue) struct catalogue catalogue = { 0 };
	ASSAY_AUTO(fini_places) struct places places = { 0 };
	size_t looked_at = 0;

	make_catalogue(found, &catalogue);
	for (size_t i = 0; i < count; i++)
		add_places(&varied[i], &places);
	join(&places);
	for (size_t i = 0; i < found->finding_count; i++) {
		const struct assay_finding *finding = &found->findings[i];

		if (finding->class != ASSAY_CLASS_UNEXPLAINED)
			continue;
		if (finding->length > 0 ? !finding_varies(&catalogue, finding, &places)
		                        : !item_varies(finding, varied, count))
			return false;
		looked_at++;
	}
	/* A file that differs without a finding is not explained by anything. */
	return looked_at > 0 && found->tier == ASSAY_TIER_DIFFERENT;
}
