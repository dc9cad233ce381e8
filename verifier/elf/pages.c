/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf/pages.h"

#include <elf.h>

/* Linux has no smaller pages (PAGE_SHIFT is at least 12 on every architecture). */
#define PAGE_MIN 4096u

/* Machines with one size of base page. On others the largest one that the file was linked for may
 * be in use, and p_align says which that is. */
static const struct {
	uint16_t machine;
	uint32_t page; /* bytes */
} fixed_pages[] = {
	{ EM_386, 4096 }, /* Linux arch/x86/include/asm/page_types.h, PAGE_SHIFT */
	{ EM_X86_64, 4096 },
};

static uint64_t page_size(const struct assay_elf *elf, const struct assay_elf_segment *segment)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(fixed_pages); i++)
		if (fixed_pages[i].machine == elf->machine)
			return fixed_pages[i].page;
	return segment->align > PAGE_MIN ? segment->align : PAGE_MIN;
}

static uint64_t up(uint64_t n, uint64_t mask)
{
	return (n + mask) & ~mask;
}

/* Loaders map as many pages as the segment has in memory, from the page of the file that its first
 * byte is in, or from as far in front of that byte as it is into its page of memory. For files that
 * keep p_offset and p_vaddr congruent that is the same. */
struct assay_elf_extent assay_elf_pages(const struct assay_elf *elf,
                                        const struct assay_elf_segment *segment)
{
	uint64_t mask = page_size(elf, segment) - 1;
	uint64_t size = elf->file.len;
	uint64_t into = segment->vaddr & mask;
	uint64_t start = segment->offset & ~mask;
	uint64_t end;

	if (segment->offset > size)
		return (struct assay_elf_extent){ size, 0 };
	end = up(segment->offset + segment->filesz, mask);
	if (end < start + up(into + segment->filesz, mask))
		end = start + up(into + segment->filesz, mask);
	if (into > segment->offset - start)
		start = segment->offset > into ? segment->offset - into : 0;
	if (end > size)
		end = size;
	return (struct assay_elf_extent){ start, end - start };
}

static bool stack_is_executable(const struct assay_elf *elf)
{
	bool found = false;

	for (size_t i = 0; i < elf->segment_count; i++) {
		if (elf->segments[i].type != PT_GNU_STACK)
			continue;
		if ((elf->segments[i].flags & PF_X) != 0)
			return true;
		found = true;
	}
	return !found;
}

/* The pages of a segment in memory, as far as its file bytes and its zeros reach. */
static bool share_page(const struct assay_elf *elf, const struct assay_elf_segment *low,
                       const struct assay_elf_segment *high)
{
	uint64_t page = page_size(elf, low) > page_size(elf, high) ? page_size(elf, low)
	                                                           : page_size(elf, high);

	return (low->vaddr + low->memsz - 1) / page == high->vaddr / page &&
	       low->offset - low->vaddr != high->offset - high->vaddr;
}

bool assay_elf_pages_all_count(const struct assay_elf *elf)
{
	const struct assay_elf_segment *last = NULL;

	if (stack_is_executable(elf) || elf->unsorted)
		return true;
	for (size_t i = 0; i < elf->load_count; i++) {
		const struct assay_elf_segment *s = &elf->segments[elf->loads[i]];

		if (s->memsz == 0) /* linker scripts leave empty ones; they have no page */
			continue;
		if (last != NULL && share_page(elf, last, s))
			return true;
		last = s;
	}
	return false;
}
