/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a rule may touch something: the conditions that hold for every one of them. */
#include <elf.h>

#include "base/memory.h"
#include "compare/elf_side.h"
#include "elf/layout.h"
#include "elf/note.h"

/* One side of a section: what keeps a rule from it; NULL when nothing does. */
static const char *refusal(const struct assay_elf_side *side, const struct assay_elf_rule *rule,
                           size_t section)
{
	if (side->map.disputed[section])
		return "section headers and program headers disagree about it";
	if (rule->refuse == NULL)
		return NULL;
	return rule->refuse(&side->elf, &side->elf.sections[section]);
}

const struct assay_elf_rule *assay_elf_section_rule(const struct assay_elf_side *here,
                                                    const struct assay_elf_side *there,
                                                    size_t section, const char **why)
{
	const struct assay_elf_rule *rule = assay_elf_rule_for(&here->elf.sections[section]);
	size_t peer = here->peers[section];
	const char *reason = NULL;

	if (rule != NULL)
		reason = refusal(here, rule, section);
	if (rule != NULL && reason == NULL && peer != ASSAY_ELF_NONE)
		reason = assay_elf_rule_for(&there->elf.sections[peer]) != rule
		                 ? "its counterpart has other flags"
		                 : refusal(there, rule, peer);
	if (why != NULL)
		*why = reason;
	return reason == NULL ? rule : NULL;
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

/* A reference to another section, as a number that means the same in both files. */
static uint64_t resolve(const struct assay_elf *elf, const size_t *rank, uint64_t index)
{
	return index < elf->section_count ? rank[index] : UINT64_MAX;
}

bool assay_elf_allocs_agree(const struct assay_elf *a, const struct assay_elf *b)
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
		if (resolve(a, a_rank, in_a[i].link) != resolve(b, b_rank, in_b[i].link) ||
		    resolve(a, a_rank, in_a[i].info) != resolve(b, b_rank, in_b[i].info))
			return false;
	}
	return true;
}

bool assay_elf_tables_covered(const struct assay_elf_side *here, const struct assay_elf_side *there,
                              const char **why)
{
	const char *reason = NULL;

	if (here->map.any_disputed || there->map.any_disputed)
		reason = "section headers and program headers disagree";
	else if (here->elf.section_count > 0 && there->elf.section_count > 0 &&
	         !assay_elf_allocs_agree(&here->elf, &there->elf))
		reason = "the headers of loaded sections differ";
	if (why != NULL)
		*why = reason;
	return reason == NULL;
}

static bool overlap(struct assay_elf_extent a, uint64_t offset, uint64_t length)
{
	return length > 0 && a.length > 0 && a.offset < offset + length &&
	       offset < a.offset + a.length;
}

/* Segments that may well hold the note. Any other one has a meaning for its bytes. */
static bool may_hold_note(uint32_t type)
{
	return type == PT_LOAD || type == PT_NOTE || type == PT_GNU_RELRO || type == PT_NULL;
}

static bool starts_in(const struct assay_elf *elf, const struct assay_elf_segment *segment,
                      struct assay_elf_extent at)
{
	uint64_t into = elf->entry - segment->vaddr;

	return segment->type == PT_LOAD && elf->entry >= segment->vaddr && into < segment->filesz &&
	       segment->offset + into >= at.offset &&
	       segment->offset + into < at.offset + at.length;
}

/* Whether a build-id's value is nothing but that, on one side. */
static bool build_id_is_alone(const struct assay_elf *elf, struct assay_elf_extent at)
{
	if (overlap(at, 0, assay_elf_header_record.size[elf->width]) ||
	    overlap(at, elf->phoff, assay_elf_segment_table_size(elf)) ||
	    overlap(at, elf->shoff, assay_elf_section_table_size(elf)))
		return false;
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct assay_elf_segment *s = &elf->segments[i];

		if (!may_hold_note(s->type) && overlap(at, s->offset, s->filesz))
			return false;
		if (starts_in(elf, s, at))
			return false;
	}
	for (size_t i = 0; i < elf->section_count; i++)
		if (elf->sections[i].type != SHT_NOTE &&
		    overlap(at, elf->sections[i].offset, elf->sections[i].data.len))
			return false;
	return true;
}

bool assay_elf_build_id_covered(const struct assay_elf *a, const struct assay_elf *b,
                                struct assay_elf_extent *at)
{
	struct assay_elf_extent in_a, in_b;

	if (!assay_elf_find_build_id(a, &in_a) || !assay_elf_find_build_id(b, &in_b))
		return false;
	if (in_a.offset != in_b.offset || in_a.length != in_b.length)
		return false;
	*at = in_a;
	return build_id_is_alone(a, in_a) && build_id_is_alone(b, in_b);
}
