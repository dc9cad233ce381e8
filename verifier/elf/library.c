/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What musl's loader maps too much of a library, and never takes back: see elf/pages.h. */
#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "elf/pages.h"

/* An entry of the dynamic section: gABI chapter 5, Elf32_Dyn and Elf64_Dyn. */
struct entry {
	uint64_t tag, value;
};

/* The file's bytes from an address to the end of the segment that holds it. */
static struct assay_span at_address(const struct assay_elf *elf, uint64_t addr)
{
	for (size_t i = 0; i < elf->load_count; i++) {
		const struct assay_elf_segment *s = &elf->segments[elf->loads[i]];

		if (addr >= s->vaddr && addr - s->vaddr < s->filesz)
			return assay_span_sub(elf->file, s->offset + (addr - s->vaddr),
			                      s->filesz - (addr - s->vaddr));
	}
	return assay_span_of(NULL, 0);
}

static struct assay_span dynamic_of(const struct assay_elf *elf)
{
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == PT_DYNAMIC)
			return assay_span_sub(elf->file, elf->segments[i].offset,
			                      elf->segments[i].filesz);
	return assay_span_of(NULL, 0);
}

/* Return: false at the end of the section, or at DT_NULL */
static bool entry_at(const struct assay_elf *elf, struct assay_span dynamic, size_t index,
                     struct entry *out)
{
	size_t word = elf->width == ASSAY_ELF_64 ? 8 : 4;
	struct assay_span rest = assay_span_sub(dynamic, index * 2 * word, 2 * word);

	if (rest.len < 2 * word)
		return false;
	out->tag = assay_load(rest.ptr, word, elf->big_endian);
	out->value = assay_load(rest.ptr + word, word, elf->big_endian);
	return out->tag != DT_NULL;
}

/* The value of a tag; 0 when it is not there. */
static uint64_t value_of(const struct assay_elf *elf, struct assay_span dynamic, uint64_t tag)
{
	struct entry entry;

	for (size_t i = 0; entry_at(elf, dynamic, i, &entry); i++)
		if (entry.tag == tag)
			return entry.value;
	return 0;
}

/* glibc's parts, by the names that libraries need them by: shlib-versions of glibc. */
static bool is_glibc(struct assay_span name)
{
	static const char *const starts[] = { "libc.so.6", "ld-linux", "ld.so.1", "ld64.so" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(starts); i++)
		if (assay_span_starts(name, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static bool needs_glibc(const struct assay_elf *elf, struct assay_span dynamic)
{
	struct assay_span names = at_address(elf, value_of(elf, dynamic, DT_STRTAB));
	struct entry entry;

	for (size_t i = 0; entry_at(elf, dynamic, i, &entry); i++)
		if (entry.tag == DT_NEEDED &&
		    is_glibc(assay_span_sub(names, entry.value, names.len)))
			return true;
	return false;
}

/* A program is loaded by the kernel, which takes back what it does not need. */
static bool is_library(const struct assay_elf *elf, struct assay_span dynamic)
{
	if (elf->type != ET_DYN || dynamic.len == 0)
		return false;
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == PT_INTERP)
			return false;
	return (value_of(elf, dynamic, DT_FLAGS_1) & DF_1_PIE) == 0;
}

struct assay_elf_extent assay_elf_overmapped(const struct assay_elf *elf)
{
	struct assay_span dynamic = dynamic_of(elf);
	const struct assay_elf_segment *first = &elf->segments[elf->loads[0]];
	const struct assay_elf_segment *last = &elf->segments[elf->loads[elf->load_count - 1]];
	struct assay_elf_extent none = { 0, 0 }, front = assay_elf_pages(elf, first);
	struct assay_elf_extent end = assay_elf_pages(elf, last);
	uint64_t span = last->vaddr - first->vaddr + last->memsz;

	if (((first->flags & PF_X) == 0 && !assay_elf_pages_all_count(elf)) ||
	    !is_library(elf, dynamic) || needs_glibc(elf, dynamic))
		return none;
	/* map_len: the pages of all segments in memory, and once more what is in front in the file */
	if (__builtin_add_overflow(span, front.length + end.length + front.offset, &span))
		span = UINT64_MAX;
	return (struct assay_elf_extent){ front.offset,
		                          assay_span_sub(elf->file, front.offset, span).len };
}
