/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/archive/ar.h"

#include "base/cursor.h"
#include "base/memory.h"

void assay_ar_index_fini(struct assay_ar_index *index)
{
	free(index->symbols);
	*index = (struct assay_ar_index){ 0 };
}

/* The size of its numbers in bytes; 0: the part is no index */
static size_t index_width(const struct assay_part *part)
{
	if (strcmp(part->what, ASSAY_AR_INDEX_32) == 0)
		return 4;
	return strcmp(part->what, ASSAY_AR_INDEX_64) == 0 ? 8 : 0;
}

/* It stands in front of all members. */
static const struct assay_part *find_index(const struct assay_contents *contents)
{
	for (size_t i = 0; i < contents->part_count; i++)
		if (contents->parts[i].entry != ASSAY_NO_ENTRY)
			break;
		else if (index_width(&contents->parts[i]) > 0)
			return &contents->parts[i];
	return NULL;
}

bool assay_ar_is_library(const struct assay_contents *contents)
{
	return strcmp(contents->reader->name, "ar") == 0 && contents->metadata;
}

/* The entry whose header begins at an offset; entries stand in the order of the file. */
static bool member_at(const struct assay_contents *contents, uint64_t offset, size_t *out)
{
	size_t low = 0, high = contents->entry_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint64_t at = contents->parts[contents->entries[mid].first_part].offset;

		if (at == offset) {
			*out = mid;
			return true;
		}
		if (at < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* One offset and one name. names: what is left of them; moved on */
static int read_row(const struct assay_contents *contents, uint64_t offset,
                    struct assay_span *names, struct assay_ar_symbol *out, struct assay_error *err)
{
	const uint8_t *end = names->len > 0 ? memchr(names->ptr, 0, names->len) : NULL;

	if (end == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "the symbol index is cut short");
	if (!member_at(contents, offset, &out->member))
		return assay_fail(err, ASSAY_E_FORMAT, "the symbol index leads to no member");
	out->name = assay_span_of(names->ptr, (size_t)(end - names->ptr));
	*names = assay_span_sub(*names, out->name.len + 1, names->len);
	return 0;
}

int assay_ar_index_read(const struct assay_contents *contents, struct assay_ar_index *out,
                        struct assay_error *err)
{
	const struct assay_part *part = find_index(contents);
	struct assay_span bytes, names;
	size_t width;
	uint64_t count;

	*out = (struct assay_ar_index){ .there = part != NULL };
	if (part == NULL)
		return 0;
	width = index_width(part);
	bytes = assay_span_sub(contents->span, part->offset, part->length);
	if (bytes.len < width)
		return assay_fail(err, ASSAY_E_FORMAT, "the symbol index is cut short");
	count = assay_load(bytes.ptr, width, true);
	if (count > bytes.len / width - 1)
		return assay_fail(err, ASSAY_E_FORMAT, "the symbol index is cut short");
	names = assay_span_sub(bytes, width * (count + 1), bytes.len);
	out->symbols = assay_calloc((size_t)count, sizeof(*out->symbols));
	for (; out->count < count; out->count++) {
		uint64_t offset = assay_load(bytes.ptr + width * (out->count + 1), width, true);

		if (read_row(contents, offset, &names, &out->symbols[out->count], err) < 0)
			return -1;
	}
	/* GNU ar and LLVM pad the names with zeros. */
	if (names.len >= 8 || !assay_span_is_fill(names, 0))
		return assay_fail(err, ASSAY_E_FORMAT, "the symbol index holds more than symbols");
	return 0;
}
