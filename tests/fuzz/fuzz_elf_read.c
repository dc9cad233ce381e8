/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of ELF files, and the map of what each byte is for. Inputs are those of edits.h.
 *
 * Claims: no crash; a file that is read has a map of sorted ranges that cover it once; each section
 * and segment lies in the file; a byte that a loadable segment holds is mapped.
 */
#include <elf.h>

#include "edits.h"
#include "elf/map.h"
#include "elf/note.h"
#include "elf/object.h"
#include "fuzz.h"

static void check_map(const struct assay_elf *elf)
{
	ASSAY_AUTO_ELF_MAP struct assay_elf_map map = { 0 };
	uint64_t end = 0;

	assay_elf_map_init(elf, &map);
	for (size_t i = 0; i < map.count; i++) {
		fuzz_assert(map.ranges[i].offset == end && map.ranges[i].length > 0);
		end += map.ranges[i].length;
	}
	fuzz_assert(end == elf->file.len);
	for (size_t i = 0; i < elf->load_count; i++) {
		const struct assay_elf_segment *load = &elf->segments[elf->loads[i]];

		for (uint64_t at = 0; at < load->filesz; at += load->filesz / 4 + 1)
			fuzz_assert(assay_elf_kind_is_mapped(
				map.ranges[assay_elf_map_find(&map, load->offset + at)].kind));
	}
}

static void check_linked(struct assay_span file)
{
	ASSAY_AUTO_ELF struct assay_elf elf = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_elf_extent at;

	if (assay_elf_parse(file, &elf, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		return;
	}
	for (size_t i = 0; i < elf.section_count; i++)
		fuzz_assert(
			elf.sections[i].data.len == 0 ||
			assay_span_holds(file, elf.sections[i].offset, elf.sections[i].data.len));
	for (size_t i = 0; i < elf.load_count; i++)
		fuzz_assert(elf.segments[elf.loads[i]].type == PT_LOAD);
	if (assay_elf_find_build_id(&elf, &at))
		fuzz_assert(at.length >= 8 && at.length <= 64 &&
		            assay_span_holds(file, at.offset, at.length));
	check_map(&elf);
}

static void check_object(struct assay_span file)
{
	ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_elf_object_parse(file, &object, &err) < 0) {
		fuzz_assert(err.code == ASSAY_E_FORMAT || err.code == ASSAY_E_LIMIT);
		return;
	}
	fuzz_assert(object.end <= file.len);
	for (size_t i = 0; i < object.symbol_count; i++)
		fuzz_assert(object.symbols[i].reserved ||
		            object.symbols[i].section < object.elf.section_count);
	for (size_t i = 0; i < object.elf.section_count; i++) {
		if (!assay_elf_is_relocs(&object.elf.sections[i]))
			continue;
		for (size_t k = 0; k < assay_elf_reloc_count(&object, i); k++)
			fuzz_assert(assay_elf_reloc_at(&object, i, k).symbol < object.symbol_count);
	}
}

static void check(const struct fuzz_file *file)
{
	struct assay_span span = assay_span_of(file->bytes, file->len);

	if (assay_elf_is_object(span))
		check_object(span);
	else
		check_linked(span);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_pair pair;

	fuzz_make_pair(data, size, &pair);
	check(&pair.delivered);
	check(&pair.rebuilt);
	return 0;
}
