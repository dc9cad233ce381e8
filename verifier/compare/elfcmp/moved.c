/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/moved.h"

#include <elf.h>

/* The file bytes of there that are at an address. */
static bool at_address(const struct assay_elf *there, uint64_t addr, struct assay_elf_extent *out)
{
	for (size_t i = 0; i < there->load_count; i++) {
		const struct assay_elf_segment *load = &there->segments[there->loads[i]];

		if (addr < load->vaddr || addr - load->vaddr >= load->filesz)
			continue;
		*out = (struct assay_elf_extent){ load->offset + (addr - load->vaddr),
			                          load->filesz - (addr - load->vaddr) };
		return true;
	}
	return false;
}

/* The same place of a content that begins elsewhere. */
static bool in_content(uint64_t offset, uint64_t start, struct assay_elf_extent there,
                       struct assay_elf_extent *out)
{
	uint64_t into = offset - start;

	if (into >= there.length)
		return false;
	*out = (struct assay_elf_extent){ there.offset + into, there.length - into };
	return true;
}

static bool of_section(const struct assay_elf_side *here, const struct assay_elf_side *there,
                       size_t index, uint64_t offset, struct assay_elf_extent *out)
{
	const struct assay_elf_section *peer;

	if (index == ASSAY_ELF_NONE)
		return false;
	peer = assay_elf_peer(here, there, index);
	return peer != NULL &&
	       in_content(offset, here->elf.sections[index].offset,
	                  (struct assay_elf_extent){ peer->offset, peer->data.len }, out);
}

static bool at_offset(const struct assay_elf *there, uint64_t offset, struct assay_elf_extent *out)
{
	return in_content(offset, 0, (struct assay_elf_extent){ 0, there->file.len }, out);
}

static bool is_load(const struct assay_elf *elf, size_t segment)
{
	return segment != ASSAY_ELF_NONE && elf->segments[segment].type == PT_LOAD;
}

bool assay_elf_counterpart(const struct assay_elf_side *here, const struct assay_elf_side *there,
                           const struct assay_elf_range *range, uint64_t offset,
                           struct assay_elf_extent *out)
{
	const struct assay_elf *a = &here->elf, *b = &there->elf;
	const struct assay_elf_segment *segment;

	if (range->kind == ASSAY_ELF_SEGMENT_TABLE)
		return in_content(
			offset, a->phoff,
			(struct assay_elf_extent){ b->phoff, assay_elf_segment_table_size(b) },
			out);
	if (range->kind == ASSAY_ELF_SECTION_TABLE)
		return in_content(
			offset, a->shoff,
			(struct assay_elf_extent){ b->shoff, assay_elf_section_table_size(b) },
			out);
	if (range->kind == ASSAY_ELF_SEGMENT && is_load(a, range->segment)) {
		segment = &a->segments[range->segment];
		return at_address(b, offset - segment->offset + segment->vaddr, out);
	}
	if (range->kind == ASSAY_ELF_SECTION)
		return of_section(here, there, range->section, offset, out);
	if (range->kind == ASSAY_ELF_PADDING)
		return false;
	if (range->kind == ASSAY_ELF_TRAILING)
		return in_content(
			offset, here->map.end,
			(struct assay_elf_extent){ there->map.end, b->file.len - there->map.end },
			out);
	return at_offset(b, offset, out);
}

/* The nearest address behind one at which there begins to load something; the end of the address
 * space when nothing does. */
static uint64_t next_load(const struct assay_elf *there, uint64_t addr)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < there->load_count; i++) {
		const struct assay_elf_segment *load = &there->segments[there->loads[i]];

		if (load->filesz > 0 && load->vaddr > addr && load->vaddr < next)
			next = load->vaddr;
	}
	return next;
}

/* How many bytes from offset on have no counterpart either; at most length. */
static uint64_t skip(const struct assay_elf *here, const struct assay_elf *there,
                     const struct assay_elf_range *range, uint64_t offset, uint64_t length)
{
	const struct assay_elf_segment *segment;
	uint64_t addr, next;

	if (range->kind != ASSAY_ELF_SEGMENT || !is_load(here, range->segment))
		return length;
	segment = &here->segments[range->segment];
	addr = offset - segment->offset + segment->vaddr;
	next = next_load(there, addr);
	return next - addr < length ? next - addr : length;
}

void assay_elf_account_moved(const struct assay_elf_side *here, const struct assay_elf_side *there,
                             struct assay_ledger *ledger)
{
	for (size_t i = 0; i < here->map.count; i++) {
		const struct assay_elf_range *range = &here->map.ranges[i];
		uint64_t at = range->offset, end = range->offset + range->length, length;

		for (; at < end; at += length) {
			struct assay_elf_extent peer;

			length = end - at;
			if (!assay_elf_counterpart(here, there, range, at, &peer)) {
				length = skip(&here->elf, &there->elf, range, at, length);
				continue;
			}
			if (peer.length < length)
				length = peer.length;
			assay_ledger_compare(ledger, at, here->elf.file.ptr + at,
			                     there->elf.file.ptr + peer.offset, length);
		}
	}
}

uint64_t assay_elf_count_alone(const struct assay_elf *here, size_t segment,
                               const struct assay_elf *there)
{
	const struct assay_elf_segment *load = &here->segments[segment];
	uint64_t addr = load->vaddr, end = load->vaddr + load->filesz, alone = 0;

	while (addr < end) {
		struct assay_elf_extent peer;

		if (at_address(there, addr, &peer)) {
			addr += peer.length < end - addr ? peer.length : end - addr;
		} else {
			uint64_t next = next_load(there, addr);

			next = next < end ? next : end;
			alone += next - addr;
			addr = next;
		}
	}
	return alone;
}
