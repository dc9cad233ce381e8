/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/image/walk.h"

#include "base/memory.h"

#define PAGE 256 /* bytes; what UF2 tools write at once */
#define ERASED 0xff

/* The part of an image in which the other has one part, or none. */
struct stretch {
	const struct assay_image_part *part, *other;
	uint64_t start, end; /* addresses */
};

/* Where fill may be in a stretch. */
struct bounds {
	uint64_t start, end; /* addresses */
};

struct walk {
	const struct assay_image *here, *there;
	struct bounds
		*runs; /* for each data part of here, by address: the data without a gap that it
	                        is in; owned */
	uint8_t fill;
	uint64_t counts[2]; /* bytes that may be fill: of 00 and of FF */
	const struct assay_image_visit *visit;
};

typedef void stretch_fn(struct walk *walk, const struct stretch *stretch);

static void each_stretch_of(struct walk *walk, const struct assay_image_part *part,
                            stretch_fn *each)
{
	uint64_t end = assay_image_part_end(part);
	size_t index = assay_image_index(walk->there, part->address);

	for (uint64_t at = part->address; at < end;) {
		struct stretch stretch = { .part = part, .start = at, .end = end };
		const struct assay_image_part *other =
			index < walk->there->data_count ? assay_image_at(walk->there, index) : NULL;

		if (other != NULL && other->address > at) {
			if (other->address < end)
				stretch.end = other->address;
		} else if (other != NULL) {
			stretch.other = other;
			if (assay_image_part_end(other) < end)
				stretch.end = assay_image_part_end(other);
			index++;
		}
		each(walk, &stretch);
		at = stretch.end;
	}
}

static void each_stretch(struct walk *walk, stretch_fn *each)
{
	for (size_t i = 0; i < walk->here->part_count; i++)
		if (walk->here->parts[i].use == ASSAY_IMAGE_DATA)
			each_stretch_of(walk, &walk->here->parts[i], each);
}

/* Owner: caller frees. */
static struct bounds *find_runs(const struct assay_image *image)
{
	struct bounds *runs = assay_calloc(image->data_count, sizeof(*runs));
	size_t first = 0;

	for (size_t i = 0; i < image->data_count; i++) {
		uint64_t end = assay_image_part_end(assay_image_at(image, i));

		runs[i].start = i > first ? runs[i - 1].start : assay_image_at(image, i)->address;
		if (i + 1 < image->data_count && assay_image_at(image, i + 1)->address == end)
			continue;
		for (; first <= i; first++)
			runs[first].end = end;
	}
	return runs;
}

/* Nothing of the other image is in the stretch: how much of it is beside something that is. */
static struct bounds fill_bounds(const struct walk *walk, const struct stretch *stretch)
{
	size_t next = assay_image_index(walk->there, stretch->start);
	const struct bounds *run = &walk->runs[assay_image_index(walk->here, stretch->start)];
	struct bounds none = { stretch->end, stretch->end };
	uint64_t page;

	if (next > 0 && run->start <= assay_image_part_end(assay_image_at(walk->there, next - 1)))
		return (struct bounds){ stretch->start, stretch->end };
	if (next == walk->there->data_count ||
	    run->end < assay_image_at(walk->there, next)->address)
		return none;
	page = assay_image_at(walk->there, next)->address / PAGE * PAGE;
	if (page >= stretch->end)
		return none;
	return (struct bounds){ page > stretch->start ? page : stretch->start, stretch->end };
}

static const uint8_t *here_at(const struct stretch *stretch, uint64_t address)
{
	return stretch->part->bytes + (address - stretch->part->address);
}

static const uint8_t *there_at(const struct stretch *stretch, uint64_t address)
{
	return stretch->other->bytes + (address - stretch->other->address);
}

/* Which bytes of a stretch may be fill, if they have its value. */
static struct bounds may_be_fill(const struct walk *walk, const struct stretch *stretch)
{
	if (stretch->other == NULL)
		return fill_bounds(walk, stretch);
	if (stretch->other->loose)
		return (struct bounds){ stretch->start, stretch->end };
	return (struct bounds){ stretch->end, stretch->end };
}

static void count_fill(struct walk *walk, const struct stretch *stretch)
{
	struct bounds bounds = may_be_fill(walk, stretch);

	for (uint64_t at = bounds.start; at < bounds.end; at++) {
		uint8_t value = *here_at(stretch, at);

		if (stretch->other != NULL && *there_at(stretch, at) == value)
			continue;
		walk->counts[0] += value == 0;
		walk->counts[1] += value == ERASED;
	}
}

static enum assay_image_kind kind_of(const struct walk *walk, const struct stretch *stretch,
                                     struct bounds fill, uint64_t at)
{
	uint8_t value = *here_at(stretch, at);

	if (stretch->other != NULL && *there_at(stretch, at) == value)
		return ASSAY_IMAGE_EQUAL;
	if (at >= fill.start && at < fill.end && value == walk->fill)
		return ASSAY_IMAGE_FILLED;
	return stretch->other != NULL ? ASSAY_IMAGE_DIFFERS : ASSAY_IMAGE_ADDED;
}

/* Where the bytes of one kind that begin at an address end. Equal ones are the many. */
static uint64_t end_of_kind(const struct walk *walk, const struct stretch *stretch,
                            struct bounds fill, uint64_t at, enum assay_image_kind kind)
{
	if (kind == ASSAY_IMAGE_EQUAL)
		return at + assay_span_common_start(
				    assay_span_of(here_at(stretch, at), stretch->end - at),
				    assay_span_of(there_at(stretch, at), stretch->end - at));
	do {
		at++;
	} while (at < stretch->end && kind_of(walk, stretch, fill, at) == kind);
	return at;
}

static void tell_runs(struct walk *walk, const struct stretch *stretch)
{
	struct bounds fill = may_be_fill(walk, stretch);

	for (uint64_t at = stretch->start; at < stretch->end;) {
		enum assay_image_kind kind = kind_of(walk, stretch, fill, at);
		uint64_t end = end_of_kind(walk, stretch, fill, at, kind);

		walk->visit->run(walk->visit->context,
		                 &(struct assay_image_run){ kind, stretch->part, stretch->other, at,
		                                            end - at });
		at = end;
	}
}

void assay_image_walk(const struct assay_image *delivered, const struct assay_image *rebuilt,
                      const struct assay_image_visit *visit)
{
	struct walk walk = {
		.here = delivered,
		.there = rebuilt,
		.runs = find_runs(delivered),
		.visit = visit,
	};

	each_stretch(&walk, count_fill);
	walk.fill = walk.counts[1] > walk.counts[0] ? ERASED : 0;
	for (size_t i = 0; i < delivered->part_count; i++) {
		if (delivered->parts[i].use == ASSAY_IMAGE_DATA)
			each_stretch_of(&walk, &delivered->parts[i], tell_runs);
		else
			visit->part(visit->context, &delivered->parts[i]);
	}
	free(walk.runs);
}

static void tell_missing(struct walk *walk, const struct stretch *stretch)
{
	uint64_t length = stretch->end - stretch->start;
	bool erased =
		walk->fill == ERASED &&
		assay_span_is_fill(assay_span_of(here_at(stretch, stretch->start), length), ERASED);

	if (stretch->other != NULL || stretch->part->loose)
		return;
	walk->visit->run(walk->visit->context,
	                 &(struct assay_image_run){ erased ? ASSAY_IMAGE_FILLED : ASSAY_IMAGE_ADDED,
	                                            stretch->part, NULL, stretch->start, length });
}

void assay_image_walk_missing(const struct assay_image_side *rebuilt,
                              const struct assay_image *delivered,
                              const struct assay_image_visit *visit)
{
	struct walk walk = {
		.here = &rebuilt->image,
		.there = delivered,
		.fill = rebuilt->is_raw ? ERASED : 0, /* only a raw binary has what nobody wanted */
		.visit = visit,
	};

	each_stretch(&walk, tell_missing);
}
