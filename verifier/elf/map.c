/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One sweep over the file: everything that lays claim to bytes opens at one offset and closes at
 * another; between two such offsets the same claims hold.
 */
#include "elf/map.h"

#include <elf.h>

#include "base/memory.h"
#include "elf/layout.h"
#include "elf/pages.h"

enum claim {
	CLAIM_HEADER,
	CLAIM_SEGMENT_TABLE,
	CLAIM_LOAD,  /* a loadable segment */
	CLAIM_OTHER, /* any other segment */
	CLAIM_PAGE,  /* a page that is mapped executable */
	CLAIM_SECTION_TABLE,
	CLAIM_ALLOC, /* a section that says it is loaded */
	CLAIM_FREE,  /* a section that says it is not */
	CLAIM_TWIN,  /* a section that is not, and that a segment of its own speaks of */
};
#define CLAIM_COUNT 9

/* A claim begins or ends. */
struct event {
	uint64_t offset;
	size_t index; /* of the segment or section */
	enum claim claim;
	bool opens;
};

/* The claims that hold where the sweep is. The sum of the indexes is the index when count is 1. */
struct state {
	size_t count[CLAIM_COUNT];
	size_t sum[CLAIM_COUNT];
};

/* What a section and a segment have in common that speak of the same bytes. */
struct twin {
	uint64_t type, offset, length;
};

struct sweep {
	const struct assay_elf *elf;
	struct event *events;
	size_t event_count;
	struct state now;
	struct twin *twins; /* segments of a processor's own kind, sorted */
	size_t twin_count;
	uint64_t end; /* of the last thing that is something: behind it bytes are trailing */
};

static const struct {
	const char *name;
	bool mapped;
} kinds[] = {
	[ASSAY_ELF_HEADER] = { "ELF header", true },
	[ASSAY_ELF_SEGMENT_TABLE] = { "program headers", true },
	[ASSAY_ELF_SEGMENT] = { "segment", true },
	[ASSAY_ELF_PAGE] = { "executable page", true },
	[ASSAY_ELF_SECTION] = { "section", false },
	[ASSAY_ELF_SECTION_TABLE] = { "section headers", false },
	[ASSAY_ELF_PADDING] = { "padding", false },
	[ASSAY_ELF_TRAILING] = { "trailing bytes", false },
};

const char *assay_elf_kind_name(enum assay_elf_kind kind)
{
	return kinds[kind].name;
}

bool assay_elf_kind_is_mapped(enum assay_elf_kind kind)
{
	return kinds[kind].mapped;
}

static void claim(struct sweep *sweep, enum claim what, size_t index, uint64_t offset,
                  uint64_t length)
{
	uint64_t end = offset + length;

	if (length == 0)
		return;
	sweep->events[sweep->event_count++] = (struct event){ offset, index, what, true };
	sweep->events[sweep->event_count++] = (struct event){ end, index, what, false };
	if (what != CLAIM_PAGE && end > sweep->end)
		sweep->end = end;
}

static void claim_segments(struct sweep *sweep)
{
	const struct assay_elf *elf = sweep->elf;
	bool all_count = assay_elf_pages_all_count(elf);
	struct assay_elf_extent pages;

	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct assay_elf_segment *segment = &elf->segments[i];

		if (segment->type == PT_NULL)
			continue;
		claim(sweep, segment->type == PT_LOAD ? CLAIM_LOAD : CLAIM_OTHER, i,
		      segment->offset, segment->filesz);
		if (segment->type != PT_LOAD || (!all_count && (segment->flags & PF_X) == 0))
			continue;
		pages = assay_elf_pages(elf, segment);
		claim(sweep, CLAIM_PAGE, i, pages.offset, pages.length);
	}
	pages = assay_elf_overmapped(elf);
	claim(sweep, CLAIM_PAGE, elf->loads[0], pages.offset, pages.length);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_twin(const void *left, const void *right)
{
	const struct twin *a = left, *b = right;
	int order = compare_numbers(a->type, b->type);

	order = order != 0 ? order : compare_numbers(a->offset, b->offset);
	return order != 0 ? order : compare_numbers(a->length, b->length);
}

static bool is_own_kind(uint32_t type)
{
	return type >= SHT_LOPROC && type <= SHT_HIPROC;
}

/* Owner: caller frees sweep->twins. */
static void list_twins(struct sweep *sweep)
{
	const struct assay_elf *elf = sweep->elf;

	sweep->twins = assay_calloc(elf->segment_count, sizeof(*sweep->twins));
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct assay_elf_segment *s = &elf->segments[i];

		if (is_own_kind(s->type))
			sweep->twins[sweep->twin_count++] =
				(struct twin){ s->type, s->offset, s->filesz };
	}
	if (sweep->twin_count > 0)
		qsort(sweep->twins, sweep->twin_count, sizeof(*sweep->twins), by_twin);
}

/*
 * A processor's own kind of segment for a processor's own kind of section, which is not loaded:
 * both say the same. (RISC-V ELF specification, PT_RISCV_ATTRIBUTES and SHT_RISCV_ATTRIBUTES; the
 * two share a number as those of ARM do.) No rule is for sections of such types.
 */
static bool has_segment(const struct sweep *sweep, const struct assay_elf_section *section)
{
	const struct twin key = { section->type, section->offset, section->data.len };

	return is_own_kind(section->type) && sweep->twin_count > 0 &&
	       bsearch(&key, sweep->twins, sweep->twin_count, sizeof(key), by_twin) != NULL;
}

static enum claim claim_of(const struct sweep *sweep, const struct assay_elf_section *section)
{
	if (assay_elf_section_is_alloc(section))
		return CLAIM_ALLOC;
	return has_segment(sweep, section) ? CLAIM_TWIN : CLAIM_FREE;
}

static void claim_sections(struct sweep *sweep)
{
	const struct assay_elf *elf = sweep->elf;

	claim(sweep, CLAIM_SECTION_TABLE, 0, elf->shoff, assay_elf_section_table_size(elf));
	for (size_t i = 0; i < elf->section_count; i++) {
		const struct assay_elf_section *section = &elf->sections[i];

		claim(sweep, claim_of(sweep, section), i, section->offset, section->data.len);
	}
}

static int by_offset(const void *left, const void *right)
{
	const struct event *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static bool holds(const struct state *now, enum claim what)
{
	return now->count[what] > 0;
}

static size_t only(const struct state *now, enum claim what)
{
	return now->count[what] == 1 ? now->sum[what] : ASSAY_ELF_NONE;
}

static enum assay_elf_kind kind_of(const struct sweep *sweep, uint64_t offset)
{
	static const struct {
		enum claim claim;
		enum assay_elf_kind kind;
	} order[] = {
		{ CLAIM_HEADER, ASSAY_ELF_HEADER },
		{ CLAIM_SEGMENT_TABLE, ASSAY_ELF_SEGMENT_TABLE },
		{ CLAIM_LOAD, ASSAY_ELF_SEGMENT },
		{ CLAIM_OTHER, ASSAY_ELF_SEGMENT },
		{ CLAIM_PAGE, ASSAY_ELF_PAGE },
		{ CLAIM_SECTION_TABLE, ASSAY_ELF_SECTION_TABLE },
		{ CLAIM_ALLOC, ASSAY_ELF_SECTION },
		{ CLAIM_FREE, ASSAY_ELF_SECTION },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(order); i++)
		if (holds(&sweep->now, order[i].claim))
			return order[i].kind;
	return offset < sweep->end ? ASSAY_ELF_PADDING : ASSAY_ELF_TRAILING;
}

/* Bytes that a page brings along are not in dispute: the section headers tell no lie there. */
static bool is_disputed(const struct state *now)
{
	bool held = holds(now, CLAIM_HEADER) || holds(now, CLAIM_SEGMENT_TABLE) ||
	            holds(now, CLAIM_LOAD) || holds(now, CLAIM_OTHER);
	size_t unloaded = now->count[CLAIM_FREE] + now->count[CLAIM_SECTION_TABLE];

	if (unloaded > 0 && (held || holds(now, CLAIM_ALLOC)))
		return true;
	if (holds(now, CLAIM_TWIN) &&
	    (holds(now, CLAIM_LOAD) || holds(now, CLAIM_HEADER) ||
	     holds(now, CLAIM_SEGMENT_TABLE) || unloaded > 0 || now->count[CLAIM_TWIN] > 1))
		return true;
	return unloaded > 1 || (holds(now, CLAIM_ALLOC) && !holds(now, CLAIM_LOAD));
}

static struct assay_elf_range range_of(const struct sweep *sweep, uint64_t offset, uint64_t end)
{
	const struct state *now = &sweep->now;
	enum claim segment = holds(now, CLAIM_LOAD)    ? CLAIM_LOAD
	                     : holds(now, CLAIM_OTHER) ? CLAIM_OTHER
	                                               : CLAIM_PAGE;
	enum claim section = holds(now, CLAIM_FREE)   ? CLAIM_FREE
	                     : holds(now, CLAIM_TWIN) ? CLAIM_TWIN
	                                              : CLAIM_ALLOC;

	return (struct assay_elf_range){
		.offset = offset,
		.length = end - offset,
		.kind = kind_of(sweep, offset),
		.segment = only(now, segment),
		.section = only(now, section),
		.disputed = is_disputed(now),
	};
}

static bool alike(const struct assay_elf_range *a, const struct assay_elf_range *b)
{
	return a->kind == b->kind && a->segment == b->segment && a->section == b->section &&
	       a->disputed == b->disputed;
}

static void append(struct assay_elf_map *map, struct assay_elf_range range)
{
	struct assay_elf_range *last = map->count > 0 ? &map->ranges[map->count - 1] : NULL;

	if (range.length == 0)
		return;
	if (last != NULL && alike(last, &range)) {
		last->length += range.length;
		return;
	}
	assay_grow(&map->ranges, &map->cap, map->count, sizeof(*map->ranges));
	map->ranges[map->count++] = range;
}

static void apply(struct state *now, const struct event *event)
{
	if (event->opens) {
		now->count[event->claim]++;
		now->sum[event->claim] += event->index;
	} else {
		now->count[event->claim]--;
		now->sum[event->claim] -= event->index;
	}
}

static void run(struct sweep *sweep, struct assay_elf_map *map)
{
	uint64_t at = 0;

	qsort(sweep->events, sweep->event_count, sizeof(*sweep->events), by_offset);
	for (size_t i = 0; i < sweep->event_count; i++) {
		const struct event *event = &sweep->events[i];

		append(map, range_of(sweep, at, event->offset));
		at = event->offset;
		apply(&sweep->now, event);
	}
	append(map, range_of(sweep, at, sweep->elf->file.len));
}

/* Disputed ranges before each range, so that a section's own can be counted at once. */
static void dispute_sections(const struct assay_elf *elf, struct assay_elf_map *map)
{
	ASSAY_AUTO_FREE size_t *before = assay_calloc(map->count + 1, sizeof(*before));

	for (size_t i = 0; i < map->count; i++)
		before[i + 1] = before[i] + map->ranges[i].disputed;
	map->any_disputed = before[map->count] > 0;
	map->disputed = assay_calloc(elf->section_count, sizeof(*map->disputed));
	for (size_t i = 0; i < elf->section_count; i++) {
		const struct assay_elf_section *section = &elf->sections[i];
		uint64_t length = section->data.len;

		if (length > 0)
			map->disputed[i] =
				before[assay_elf_map_find(map, section->offset + length - 1) + 1] >
				before[assay_elf_map_find(map, section->offset)];
		if (assay_elf_section_is_alloc(section) && !assay_elf_alloc_agrees(elf, section))
			map->disputed[i] = true;
		map->any_disputed |= map->disputed[i];
	}
}

void assay_elf_map_init(const struct assay_elf *elf, struct assay_elf_map *out)
{
	/* The two headers, the section table, what is mapped too much, two for each segment and one
	 * for each section. */
	size_t claims = 4 + 2 * elf->segment_count + elf->section_count;
	ASSAY_AUTO_FREE struct event *events = assay_calloc(2 * claims, sizeof(*events));
	struct sweep sweep = { .elf = elf, .events = events };

	*out = (struct assay_elf_map){ 0 };
	claim(&sweep, CLAIM_HEADER, 0, 0, assay_elf_header_record.size[elf->width]);
	claim(&sweep, CLAIM_SEGMENT_TABLE, 0, elf->phoff, assay_elf_segment_table_size(elf));
	claim_segments(&sweep);
	list_twins(&sweep);
	claim_sections(&sweep);
	free(sweep.twins);
	run(&sweep, out);
	out->end = sweep.end;
	dispute_sections(elf, out);
}

void assay_elf_map_fini(struct assay_elf_map *map)
{
	free(map->ranges);
	free(map->disputed);
	*map = (struct assay_elf_map){ 0 };
}

size_t assay_elf_map_find(const struct assay_elf_map *map, uint64_t offset)
{
	size_t low = 0, high = map->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (map->ranges[mid].offset <= offset)
			low = mid;
		else
			high = mid;
	}
	return low;
}
