/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether two section header tables are two views of the same: the conditions of
 * elf/section-headers, and of every other rule about bytes that are not loaded. */
#include <elf.h>

#include "base/memory.h"
#include "compare/elfcmp/packed.h"
#include "compare/elfcmp/side.h"
#include "elf/layout.h"

/* Linked files have each section that a rule may touch once, and there are fewer names. */
#define TOUCHABLE_MAX 128

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

static struct assay_span tail_of(const struct assay_elf_side *side)
{
	return assay_span_sub(side->elf.file, side->map.end, side->elf.file.len);
}

/* patchelf and image tools fill up the last page, and strip(1) drops that. Wherever a program looks
 * from the end of its file, it sees no more than was there. */
static bool end_with_zeros(const struct assay_elf_side *delivered,
                           const struct assay_elf_side *rebuilt)
{
	struct assay_span a = tail_of(delivered), b = tail_of(rebuilt);

	return a.len <= b.len && assay_span_is_fill(a, 0) && assay_span_is_fill(b, 0);
}

bool assay_elf_has_overlay(const struct assay_elf_side *delivered,
                           const struct assay_elf_side *rebuilt)
{
	return !end_with_zeros(delivered, rebuilt) &&
	       (goes_on(delivered, rebuilt) || goes_on(rebuilt, delivered));
}

/* The sections of one file that no rule may touch. */
struct firm {
	const struct assay_elf *elf;
	size_t *index; /* of each of them, in the order of the table */
	size_t *rank;  /* for each section: its place in that list, or count */
	size_t count;
};

static void firm_init(const struct assay_elf *elf, struct firm *out)
{
	*out = (struct firm){
		.elf = elf,
		.index = assay_calloc(elf->section_count, sizeof(*out->index)),
		.rank = assay_calloc(elf->section_count, sizeof(*out->rank)),
	};
	for (size_t i = 1; i < elf->section_count; i++)
		if (elf->sections[i].type != SHT_NULL && /* those are empty */
		    assay_elf_rule_for(&elf->sections[i], NULL) == NULL)
			out->index[out->count++] = i;
	for (size_t i = 0; i < elf->section_count; i++)
		out->rank[i] = out->count;
	for (size_t i = 0; i < out->count; i++)
		out->rank[out->index[i]] = i;
}

static void firm_fini(struct firm *firm)
{
	free(firm->index);
	free(firm->rank);
}
#define AUTO_FIRM ASSAY_AUTO(firm_fini)

/* A reference to another section, as a number that means the same in both files. Section 0 is
 * none: strip(1) puts it where .symtab was. */
static uint64_t resolve(const struct firm *firm, uint64_t index)
{
	return index < firm->elf->section_count ? firm->rank[index] : UINT64_MAX - index;
}

static bool info_is_section(const struct assay_elf_section *section)
{
	return section->type == SHT_REL || section->type == SHT_RELA ||
	       (section->flags & SHF_INFO_LINK) != 0;
}

/* Less what may follow from sections that are missing: indexes, and the place of unloaded ones. (LLVM's
 * objcopy moves those that have no bytes in the file as well: there is nothing at their place.) */
static bool same_section(const struct firm *a, const struct firm *b, size_t i)
{
	const struct assay_elf_section *x = &a->elf->sections[a->index[i]];
	const struct assay_elf_section *y = &b->elf->sections[b->index[i]];

	if (!assay_span_equal(x->name, y->name) || x->type != y->type || x->addr != y->addr ||
	    x->size != y->size || x->addralign != y->addralign || x->entsize != y->entsize ||
	    (x->flags ^ y->flags) & ~(uint64_t)SHF_INFO_LINK ||
	    info_is_section(x) != info_is_section(y))
		return false;
	if (assay_elf_section_is_alloc(x) && x->data.len > 0 && x->offset != y->offset)
		return false;
	if (resolve(a, x->link) != resolve(b, y->link))
		return false;
	return info_is_section(x) ? resolve(a, x->info) == resolve(b, y->info) : x->info == y->info;
}

static bool tables_agree(const struct assay_elf *a, const struct assay_elf *b)
{
	AUTO_FIRM struct firm in_a = { 0 };
	AUTO_FIRM struct firm in_b = { 0 };

	firm_init(a, &in_a);
	firm_init(b, &in_b);
	if (in_a.count != in_b.count)
		return false;
	for (size_t i = 0; i < in_a.count; i++)
		if (!same_section(&in_a, &in_b, i))
			return false;
	return true;
}

/* Whether no name that a rule goes by is there twice. */
static bool are_single(const struct assay_elf *elf)
{
	const struct assay_elf_section *seen[TOUCHABLE_MAX];
	size_t count = 0;

	for (size_t i = 1; i < elf->section_count; i++) {
		const struct assay_elf_section *section = &elf->sections[i];

		if (assay_elf_rule_for(section, NULL) == NULL)
			continue;
		for (size_t k = 0; k < count; k++)
			if (seen[k]->type == section->type &&
			    assay_span_equal(assay_elf_stem(seen[k]->name),
			                     assay_elf_stem(section->name)))
				return false;
		if (count == TOUCHABLE_MAX)
			return false;
		seen[count++] = section;
	}
	return true;
}

/* An unused entry has nothing to say; it would be room for something else. (Of the first one the
 * reader has seen to that.) */
static bool unused_are_empty(const struct assay_elf *elf)
{
	uint64_t size = assay_elf_section_record.size[elf->width];

	for (size_t i = 1; i < elf->section_count; i++)
		if (elf->sections[i].type == SHT_NULL &&
		    !assay_span_is_fill(assay_span_sub(elf->file, elf->shoff + i * size, size), 0))
			return false;
	return true;
}

/* Whether a header says that its section is compressed, and it is not, or not like that. */
static bool has_false_packing(const struct assay_elf_side *side)
{
	for (size_t i = 0; i < side->elf.section_count; i++)
		if (side->refused[i] != NULL && assay_elf_is_packed(&side->elf.sections[i]))
			return true;
	return false;
}

const char *assay_elf_tables_refusal(const struct assay_elf_side *delivered,
                                     const struct assay_elf_side *rebuilt)
{
	const struct assay_elf *a = &delivered->elf, *b = &rebuilt->elf;

	if (delivered->overlay || rebuilt->overlay)
		return ASSAY_ELF_OVERLAY_REASON;
	if (delivered->map.any_disputed || rebuilt->map.any_disputed)
		return "section headers and program headers disagree";
	if (!unused_are_empty(a) || !unused_are_empty(b))
		return "an unused section header is not empty";
	if (a->section_count > 0 && b->section_count == 0)
		return "only the delivered file has section headers";
	if (!are_single(a) || !are_single(b))
		return "an unloaded section is there twice";
	if (has_false_packing(delivered) || has_false_packing(rebuilt))
		return "a section is not compressed as its header says";
	if (a->section_count > 0 && !tables_agree(a, b))
		return "they differ about sections that no rule may touch";
	return NULL;
}
