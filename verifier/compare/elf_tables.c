/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether two section header tables are two views of the same: the conditions of
 * elf/section-headers, and of every other rule about bytes that are not loaded. */
#include <elf.h>

#include "base/memory.h"
#include "compare/elf_side.h"
#include "elf/layout.h"

/* What one file says nothing about and the other describes to the end, byte for byte in the same
 * place, is no overlay but what is left when the section headers are gone. */
static bool goes_on(const struct assay_elf_side *side, const struct assay_elf_side *other)
{
	struct assay_span file = side->elf.file, other_file = other->elf.file;
	uint64_t end = side->map.end;

	if (end >= file.len)
		return false;
	return other_file.len != file.len || other->map.end < file.len ||
	       !assay_span_equal(assay_span_sub(file, end, file.len),
	                         assay_span_sub(other_file, end, file.len));
}

bool assay_elf_has_overlay(const struct assay_elf_side *a, const struct assay_elf_side *b)
{
	return goes_on(a, b) || goes_on(b, a);
}

/* What a section header says about a loaded section, less its name and its place in the table. */
struct alloc {
	uint64_t key[9];
	uint64_t link, info; /* only to be compared once the order is known */
	size_t index;
};

static struct alloc alloc_of(const struct assay_elf *elf, size_t index)
{
	const struct assay_elf_section *s = &elf->sections[index];
	bool info_is_section =
		s->type == SHT_REL || s->type == SHT_RELA || (s->flags & SHF_INFO_LINK) != 0;

	return (struct alloc){
		.key = { s->addr, s->offset, s->size, s->type, s->flags & ~(uint64_t)SHF_INFO_LINK,
		         s->addralign, s->entsize, info_is_section ? 0 : s->info, info_is_section },
		.link = s->link,
		.info = info_is_section ? s->info : 0,
		.index = index,
	};
}

static int by_key(const void *left, const void *right)
{
	const struct alloc *a = left, *b = right;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(a->key); i++)
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Owner: caller frees. rank: for each section, its number in the list, or count. */
static struct alloc *allocs_sorted(const struct assay_elf *elf, size_t *count, size_t **rank)
{
	struct alloc *list = assay_calloc(elf->section_count, sizeof(*list));

	*count = 0;
	for (size_t i = 0; i < elf->section_count; i++)
		if (elf->sections[i].type != SHT_NULL &&
		    assay_elf_section_is_alloc(&elf->sections[i]))
			list[(*count)++] = alloc_of(elf, i);
	qsort(list, *count, sizeof(*list), by_key);
	*rank = assay_calloc(elf->section_count, sizeof(**rank));
	for (size_t i = 0; i < elf->section_count; i++)
		(*rank)[i] = *count;
	for (size_t i = 0; i < *count; i++)
		(*rank)[list[i].index] = i;
	return list;
}

/* References that mean the same in both files have the same number here. A relocation section may
 * refer to .symtab, which strip(1) takes away: 0. No other one refers to what is not loaded. */
#define REFERENCE_BAD UINT64_MAX

static uint64_t resolve(const struct assay_elf *elf, const size_t *rank, const struct alloc *from,
                        uint64_t index)
{
	uint32_t type = elf->sections[from->index].type;

	if (index == 0)
		return 0;
	if (index >= elf->section_count)
		return REFERENCE_BAD;
	if (assay_elf_section_is_alloc(&elf->sections[index]))
		return 1 + rank[index];
	return type == SHT_REL || type == SHT_RELA ? 0 : REFERENCE_BAD;
}

static bool same_reference(uint64_t a, uint64_t b)
{
	return a == b && a != REFERENCE_BAD;
}

static bool allocs_agree(const struct assay_elf *a, const struct assay_elf *b)
{
	ASSAY_AUTO_FREE size_t *a_rank = NULL;
	ASSAY_AUTO_FREE size_t *b_rank = NULL;
	size_t a_count, b_count;
	ASSAY_AUTO_FREE struct alloc *in_a = allocs_sorted(a, &a_count, &a_rank);
	ASSAY_AUTO_FREE struct alloc *in_b = allocs_sorted(b, &b_count, &b_rank);

	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (memcmp(in_a[i].key, in_b[i].key, sizeof(in_a[i].key)) != 0)
			return false;
		if (!same_reference(resolve(a, a_rank, &in_a[i], in_a[i].link),
		                    resolve(b, b_rank, &in_b[i], in_b[i].link)) ||
		    !same_reference(resolve(a, a_rank, &in_a[i], in_a[i].info),
		                    resolve(b, b_rank, &in_b[i], in_b[i].info)))
			return false;
	}
	return true;
}

/* An unused entry has nothing to say; it would be room for something else. */
static bool unused_are_empty(const struct assay_elf *elf)
{
	uint64_t size = assay_elf_section_record.size[elf->width];

	for (size_t i = 0; i < elf->section_count; i++)
		if (elf->sections[i].type == SHT_NULL &&
		    !assay_span_is_fill(assay_span_sub(elf->file, elf->shoff + i * size, size), 0))
			return false;
	return true;
}

/* Sections that no rule knows: programs look for some of them in their own file. */
static bool unknown_are_paired(const struct assay_elf_side *side)
{
	for (size_t i = 0; i < side->elf.section_count; i++) {
		const struct assay_elf_section *section = &side->elf.sections[i];

		if (section->type != SHT_NULL && !assay_elf_section_is_alloc(section) &&
		    side->peers[i] == ASSAY_ELF_NONE && assay_elf_rule_for(section) == NULL)
			return false;
	}
	return true;
}

const char *assay_elf_tables_refusal(const struct assay_elf_side *a, const struct assay_elf_side *b)
{
	if (a->overlay || b->overlay)
		return ASSAY_ELF_OVERLAY_REASON;
	if (a->map.any_disputed || b->map.any_disputed)
		return "section headers and program headers disagree";
	if (!unused_are_empty(&a->elf) || !unused_are_empty(&b->elf))
		return "an unused section header is not empty";
	if (a->elf.section_count == 0 || b->elf.section_count == 0)
		return NULL;
	if (!allocs_agree(&a->elf, &b->elf))
		return "the headers of loaded sections differ";
	if (!unknown_are_paired(a) || !unknown_are_paired(b))
		return "a section that no rule knows is in one file only";
	return NULL;
}
