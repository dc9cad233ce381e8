/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each byte of a relocatable file is for: nothing overlaps, so sorting is all there is to do. */
#include "base/memory.h"
#include "elf/layout.h"
#include "elf/map.h"
#include "elf/object.h"

static int by_offset(const void *left, const void *right)
{
	const struct assay_elf_range *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void add(struct assay_elf_map *map, struct assay_elf_range range)
{
	if (range.length == 0)
		return;
	assay_grow(&map->ranges, &map->cap, map->count, sizeof(*map->ranges));
	range.segment = ASSAY_ELF_NONE;
	map->ranges[map->count++] = range;
}

static void add_owned(const struct assay_elf *elf, struct assay_elf_map *map)
{
	add(map, (struct assay_elf_range){ .length = assay_elf_header_record.size[elf->width],
	                                   .kind = ASSAY_ELF_HEADER,
	                                   .section = ASSAY_ELF_NONE });
	add(map, (struct assay_elf_range){ .offset = elf->shoff,
	                                   .length = assay_elf_section_table_size(elf),
	                                   .kind = ASSAY_ELF_SECTION_TABLE,
	                                   .section = ASSAY_ELF_NONE });
	for (size_t i = 0; i < elf->section_count; i++)
		add(map, (struct assay_elf_range){ .offset = elf->sections[i].offset,
		                                   .length = elf->sections[i].data.len,
		                                   .kind = ASSAY_ELF_SECTION,
		                                   .section = i });
}

/* Bytes between two things, and behind the last one. */
static void add_rest(const struct assay_elf_object *object, struct assay_elf_map *map)
{
	size_t owned = map->count;
	uint64_t at = 0;

	for (size_t i = 0; i < owned; i++) {
		struct assay_elf_range range = map->ranges[i];

		add(map, (struct assay_elf_range){ .offset = at,
		                                   .length = range.offset - at,
		                                   .kind = ASSAY_ELF_PADDING,
		                                   .section = ASSAY_ELF_NONE });
		at = range.offset + range.length;
	}
	add(map, (struct assay_elf_range){ .offset = at,
	                                   .length = object->elf.file.len - at,
	                                   .kind = ASSAY_ELF_TRAILING,
	                                   .section = ASSAY_ELF_NONE });
}

void assay_elf_object_map(const struct assay_elf_object *object, struct assay_elf_map *out)
{
	*out = (struct assay_elf_map){ .end = object->end };
	out->disputed = assay_calloc(object->elf.section_count, sizeof(*out->disputed));
	add_owned(&object->elf, out);
	qsort(out->ranges, out->count, sizeof(*out->ranges), by_offset);
	add_rest(object, out);
	qsort(out->ranges, out->count, sizeof(*out->ranges), by_offset);
}
