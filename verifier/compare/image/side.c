/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/image/side.h"

#include <elf.h>

#include "base/memory.h"
#include "elf/layout.h"
#include "elf/map.h"
#include "formats/flat/dfu.h"
#include "formats/reader.h"

static bool is_raw(struct assay_span file)
{
	return !assay_elf_is(file) && assay_image_reader_for(file) == NULL;
}

/* A raw binary is anything: but not what another part of assay knows how to open. */
static bool may_be_raw(struct assay_span file)
{
	return file.len > 0 && assay_reader_for(file) == NULL;
}

bool assay_image_applies(struct assay_span a, struct assay_span b)
{
	if (assay_elf_is(a) && assay_elf_is(b))
		return false;
	if (is_raw(a) && is_raw(b) && !assay_dfu_has_suffix(a) && !assay_dfu_has_suffix(b))
		return false;
	return (!is_raw(a) || may_be_raw(a)) && (!is_raw(b) || may_be_raw(b));
}

void assay_image_side_fini(struct assay_image_side *side)
{
	assay_image_fini(&side->image);
	assay_elf_fini(&side->elf);
}

/* The bytes of the file that loaded sections have, sorted and joined. Owned. */
struct cover {
	struct assay_elf_extent *items;
	size_t count;
};

static int by_offset(const void *left, const void *right)
{
	const struct assay_elf_extent *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void join(struct cover *cover)
{
	size_t kept = 0;

	for (size_t i = 1; i < cover->count; i++) {
		struct assay_elf_extent *last = &cover->items[kept];
		const struct assay_elf_extent *next = &cover->items[i];
		uint64_t end = last->offset + last->length;

		if (next->offset > end)
			cover->items[++kept] = *next;
		else if (next->offset + next->length > end)
			last->length = next->offset + next->length - last->offset;
	}
	if (cover->count > 0)
		cover->count = kept + 1;
}

/* Where section headers can not be relied on, everything counts as covered. */
static void cover_init(const struct assay_elf *elf, struct cover *out)
{
	struct assay_elf_map map = { 0 };
	bool everything;

	out->items = assay_calloc(elf->section_count + 1, sizeof(*out->items));
	out->count = 0;
	assay_elf_map_init(elf, &map);
	everything = map.any_disputed || elf->section_count == 0;
	if (everything)
		out->items[out->count++] = (struct assay_elf_extent){ 0, elf->file.len };
	for (size_t i = 0; !everything && i < elf->section_count; i++) {
		const struct assay_elf_section *section = &elf->sections[i];

		if (assay_elf_section_is_alloc(section) && section->data.len > 0)
			out->items[out->count++] =
				(struct assay_elf_extent){ section->offset, section->data.len };
	}
	assay_elf_map_fini(&map);
	if (out->count > 0)
		qsort(out->items, out->count, sizeof(*out->items), by_offset);
	join(out);
}

static bool within(uint64_t at, uint64_t start, uint64_t length)
{
	return at >= start && at - start < length;
}

/* Whether bytes in no section are only the file's own headers and zeros. */
static bool is_loose(const struct assay_elf *elf, uint64_t offset, uint64_t length)
{
	uint64_t header = assay_elf_header_record.size[elf->width];
	uint64_t table = assay_elf_segment_table_size(elf);

	for (uint64_t at = offset; at < offset + length; at++)
		if (elf->file.ptr[at] != 0 && !within(at, 0, header) &&
		    !within(at, elf->phoff, table))
			return false;
	return true;
}

static void add_run(struct assay_image_side *side, const struct assay_elf_segment *segment,
                    uint64_t offset, uint64_t length, bool covered)
{
	const struct assay_elf *elf = &side->elf;

	if (length == 0)
		return;
	assay_image_add_data(&side->image, segment->paddr + (offset - segment->offset),
	                     assay_span_sub(elf->file, offset, length), 1);
	side->image.parts[side->image.part_count - 1].loose =
		!covered && is_loose(elf, offset, length);
}

/* A segment, cut along the sections in it. */
static void add_segment(struct assay_image_side *side, const struct assay_elf_segment *segment,
                        const struct cover *cover)
{
	uint64_t at = segment->offset, end = segment->offset + segment->filesz;

	for (size_t i = 0; i < cover->count && at < end; i++) {
		uint64_t start = cover->items[i].offset;
		uint64_t stop = start + cover->items[i].length;

		if (stop <= at || start >= end)
			continue;
		if (start < at)
			start = at;
		if (stop > end)
			stop = end;
		add_run(side, segment, at, start - at, false);
		add_run(side, segment, start, stop - start, true);
		at = stop;
	}
	add_run(side, segment, at, end - at, false);
}

static int by_place(const void *left, const void *right, void *context)
{
	const struct assay_elf *elf = context;
	const struct assay_elf_segment *a = &elf->segments[*(const size_t *)left];
	const struct assay_elf_segment *b = &elf->segments[*(const size_t *)right];

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Indexes of the segments that load bytes of the file, in the order of the file. Owner: caller. */
static size_t *loaded_segments(struct assay_elf *elf, size_t *count)
{
	size_t *list = assay_calloc(elf->segment_count + 1, sizeof(*list));

	*count = 0;
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == PT_LOAD && elf->segments[i].filesz > 0)
			list[(*count)++] = i;
	qsort_r(list, *count, sizeof(*list), by_place, elf);
	return list;
}

static int add_segments(struct assay_image_side *side, const struct cover *cover,
                        struct assay_error *err)
{
	size_t count;
	ASSAY_AUTO_FREE size_t *list = loaded_segments(&side->elf, &count);
	struct assay_image *image = &side->image;

	for (size_t i = 0; i < count; i++) {
		const struct assay_elf_segment *segment = &side->elf.segments[list[i]];

		if (segment->offset < image->end)
			return assay_fail_at(err, ASSAY_E_FORMAT, segment->offset,
			                     "segments that share bytes of the file");
		if (segment->filesz > UINT64_MAX - segment->paddr)
			return assay_fail_at(err, ASSAY_E_FORMAT, segment->offset,
			                     "a segment past the end of all addresses");
		if (segment->offset > image->end)
			(void)assay_image_add(image, ASSAY_IMAGE_EXTRA, "ELF file",
			                      segment->offset - image->end);
		add_segment(side, segment, cover);
	}
	if (image->file.len > image->end)
		(void)assay_image_add(image, ASSAY_IMAGE_EXTRA, "ELF file",
		                      image->file.len - image->end);
	return assay_image_finish(image, err);
}

static int init_elf(struct assay_image_side *side, struct assay_error *err)
{
	struct cover cover = { 0 };
	int result;

	side->is_elf = true;
	side->image.format = "elf";
	if (assay_elf_parse(side->image.file, &side->elf, err) < 0)
		return -1;
	side->image.start = ASSAY_IMAGE_START_LINEAR;
	side->image.entry = side->elf.entry;
	cover_init(&side->elf, &cover);
	result = add_segments(side, &cover, err);
	free(cover.items);
	return result;
}

int assay_image_side_init(struct assay_image_side *side, struct assay_span file, const char *name,
                          struct assay_budget *budget, struct assay_error *err)
{
	const struct assay_image_reader *reader = assay_image_reader_for(file);

	*side = (struct assay_image_side){ .name = name };
	if (reader != NULL)
		return assay_image_read(reader, file, budget, &side->image, err);
	side->image.file = file;
	if (assay_elf_is(file))
		return init_elf(side, err);
	side->is_raw = true;
	side->image.format = "raw";
	side->image.body = assay_span_sub(
		file, 0, file.len - (assay_dfu_has_suffix(file) ? ASSAY_DFU_SUFFIX : 0));
	return 0;
}

/* The lowest address that something was compiled for. */
static uint64_t lowest(const struct assay_image *image)
{
	for (size_t i = 0; i < image->data_count; i++)
		if (!assay_image_at(image, i)->loose)
			return assay_image_at(image, i)->address;
	return assay_image_at(image, 0)->address;
}

int assay_image_side_lay(struct assay_image_side *side, const struct assay_image_side *other,
                         struct assay_error *err)
{
	struct assay_image *image = &side->image;

	if (!side->is_raw)
		return 0;
	assay_image_add_data(image, other->is_raw ? 0 : lowest(&other->image), image->body, 1);
	assay_dfu_add(image);
	return assay_image_finish(image, err);
}
