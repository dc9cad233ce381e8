/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every reader's result goes through: its order, and whether it covers every byte once. */
#include "base/memory.h"
#include "formats/contents.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_offset(const void *a, const void *b)
{
	const struct assay_part *x = a, *y = b;
	int order = compare_numbers(x->offset, y->offset);

	/* Empty ones first, so that they do not look like an overlap. */
	return order != 0 ? order : compare_numbers(x->length, y->length);
}

/* Those of an entry together, in the order in which they were made; those of none at the end. */
static int by_entry(const void *a, const void *b)
{
	const struct assay_part *x = a, *y = b;
	int order = compare_numbers(x->entry, y->entry);

	return order != 0 ? order : compare_numbers(x->serial, y->serial);
}

static void sort_parts(struct assay_contents *contents, int (*compare)(const void *, const void *))
{
	if (contents->part_count > 0)
		qsort(contents->parts, contents->part_count, sizeof(*contents->parts), compare);
}

static void add_gap(struct assay_contents *contents, const char *what, uint64_t at, uint64_t length)
{
	uint8_t value = contents->span.ptr[at];
	bool fill = (value == 0 || value == 0xff) &&
	            assay_span_is_fill(assay_span_sub(contents->span, at, length), value);
	struct assay_part *part =
		assay_contents_part_at(contents, ASSAY_NO_ENTRY,
	                               fill ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED, what, at, length);

	part->fill = value;
}

void assay_contents_gaps(struct assay_contents *contents, const char *what)
{
	size_t count = contents->part_count;
	uint64_t at = 0;

	sort_parts(contents, by_offset);
	for (size_t i = 0; i < count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint64_t offset = part->offset, end = part->offset + part->length;

		if (offset > at)
			add_gap(contents, what, at, offset - at);
		at = end > at ? end : at;
	}
	assay_contents_end(contents, what);
	contents->scattered = true;
}

/* For parts in the order of their offsets. */
static int check_cover(const struct assay_contents *contents, struct assay_error *err)
{
	uint64_t at = 0;

	if (contents->overrun)
		return assay_fail_at(err, ASSAY_E_FORMAT, contents->end, "a part past the end");
	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];

		if (part->length == 0)
			continue;
		if (part->offset < at)
			return assay_fail_at(err, ASSAY_E_FORMAT, part->offset,
			                     "%s: bytes that serve two purposes", part->what);
		if (part->offset > at)
			break;
		at += part->length;
	}
	if (at != contents->span.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, at,
		                     "bytes that the reader does not account for");
	return 0;
}

static void group_parts(struct assay_contents *contents)
{
	sort_parts(contents, by_entry);
	for (size_t i = contents->part_count; i-- > 0;)
		if (contents->parts[i].entry != ASSAY_NO_ENTRY)
			contents->entries[contents->parts[i].entry].first_part = i;
}

static int compare_spans(struct assay_span a, struct assay_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

	return order != 0 ? order : compare_numbers(a.len, b.len);
}

/* The value comes last, so that repeats have an order as well. */
static int by_key(const void *a, const void *b)
{
	const struct assay_attribute *x = a, *y = b;
	int order = compare_numbers(x->entry, y->entry);

	order = order != 0 ? order : strcmp(x->key, y->key);
	order = order != 0 ? order : compare_spans(x->name, y->name);
	order = order != 0 ? order : compare_numbers(x->number, y->number);
	return order != 0 ? order : compare_spans(x->bytes, y->bytes);
}

static void group_attributes(struct assay_contents *contents)
{
	if (contents->attribute_count > 0)
		qsort(contents->attributes, contents->attribute_count,
		      sizeof(*contents->attributes), by_key);
	for (size_t i = contents->attribute_count; i-- > 0;) {
		size_t entry = contents->attributes[i].entry;

		if (entry == ASSAY_NO_ENTRY)
			continue;
		contents->entries[entry].first_attribute = i;
		contents->entries[entry].attribute_count++;
	}
}

/* Of two with one name it depends on who reads them which one counts: Linux takes the first. */
static int check_names(const struct assay_contents *contents, struct assay_error *err)
{
	for (size_t i = 1; i < contents->attribute_count; i++) {
		const struct assay_attribute *a = &contents->attributes[i - 1];
		const struct assay_attribute *b = &contents->attributes[i];

		if (a->name.len > 0 && a->entry == b->entry && strcmp(a->key, b->key) == 0 &&
		    assay_span_equal(a->name, b->name))
			return assay_fail(err, ASSAY_E_FORMAT, "two of kind %s have one name",
			                  a->key);
	}
	return 0;
}

int assay_contents_finish(struct assay_contents *contents, struct assay_error *err)
{
	if (contents->full)
		return assay_budget_tables(contents->budget, err);
	if (contents->scattered)
		sort_parts(contents, by_offset);
	if (check_cover(contents, err) < 0)
		return -1;
	if (contents->scattered)
		group_parts(contents);
	group_attributes(contents);
	return check_names(contents, err);
}
