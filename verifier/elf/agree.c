/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What section headers claim about loaded bytes, held against the program headers. */
#include <elf.h>

#include "elf/map.h"

/* How many of some segments, sorted by their addresses, begin at or below an address. */
static size_t count_from(const struct assay_elf *elf, const size_t *sorted, size_t count,
                         uint64_t addr)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (elf->segments[sorted[mid]].vaddr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether [start, start + len) lies in [outer, outer + outer_len); no overflow for any values. */
static bool inside(uint64_t start, uint64_t len, uint64_t outer, uint64_t outer_len)
{
	return start >= outer && start - outer <= outer_len && len <= outer_len - (start - outer);
}

/* Bytes of the file: one segment must hold them, and map them to that very address. */
static bool data_agrees(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	size_t below = count_from(elf, elf->loads, elf->load_count, section->addr);
	const struct assay_elf_segment *load;

	if (below == 0)
		return false;
	load = &elf->segments[elf->loads[below - 1]];
	return inside(section->offset, section->size, load->offset, load->filesz) &&
	       section->offset - load->offset == section->addr - load->vaddr;
}

/* A template for each thread's memory has addresses that may be another section's as well. */
static bool tls_agrees(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	const struct assay_elf_segment *s = elf->tls;

	return s != NULL && s->filesz <= s->memsz &&
	       inside(section->addr, section->size, s->vaddr + s->filesz, s->memsz - s->filesz);
}

/*
 * Zeros: a loader that goes by section headers must not clear what another one has loaded. No two
 * segments share an address, so that the nearest on both sides tell.
 */
static bool zeros_agree(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	size_t next = count_from(elf, elf->filled, elf->filled_count, section->addr);
	const struct assay_elf_segment *s;

	if (section->size > UINT64_MAX - section->addr)
		return false;
	if (next < elf->filled_count &&
	    elf->segments[elf->filled[next]].vaddr < section->addr + section->size)
		return false;
	if (next == 0)
		return true;
	s = &elf->segments[elf->filled[next - 1]];
	return section->addr - s->vaddr >= s->filesz;
}

bool assay_elf_alloc_agrees(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	if (section->size == 0 || section->type == SHT_NULL)
		return true;
	if (section->type != SHT_NOBITS)
		return data_agrees(elf, section);
	if ((section->flags & SHF_TLS) != 0)
		return tls_agrees(elf, section);
	return zeros_agree(elf, section);
}
