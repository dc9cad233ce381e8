/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof about references: relocations and section groups lead to counterparts. */
#include <elf.h>
#include <inttypes.h>

#include "base/memory.h"
#include "compare/elfcmp/object/pair.h"
#include "elf/layout.h"

bool assay_object_same_reloc(const struct assay_object_pair *pair,
                             const struct assay_elf_reloc *delivered,
                             const struct assay_elf_reloc *rebuilt)
{
	return delivered->offset == rebuilt->offset && delivered->type == rebuilt->type &&
	       delivered->addend == rebuilt->addend &&
	       assay_object_same_symbol(pair, delivered->symbol, rebuilt->symbol);
}

static void say_reloc(struct assay_object_pair *pair, size_t section, size_t number,
                      const struct assay_elf_reloc *a, const struct assay_elf_reloc *b)
{
	const struct assay_object_side *here = pair->delivered, *there = pair->rebuilt;
	ASSAY_AUTO_FREE char *table = assay_object_section_name(here, section);
	ASSAY_AUTO_FREE char *x = assay_object_symbol_name(here, a->symbol);
	ASSAY_AUTO_FREE char *y = assay_object_symbol_name(there, b->symbol);

	assay_object_disagree(pair, (struct assay_elf_extent){ a->symbol_at, a->symbol_width },
	                      "%s, relocation %zu: delivered at 0x%" PRIx64 " type %" PRIu64
	                      " symbol %s + 0x%" PRIx64 ", rebuilt at 0x%" PRIx64 " type %" PRIu64
	                      " symbol %s + 0x%" PRIx64,
	                      table, number, a->offset, a->type, x, a->addend, b->offset, b->type,
	                      y, b->addend);
}

/* Entry by entry: the order of relocations matters where several make one value, as on MIPS. */
static void prove_relocs(struct assay_object_pair *pair, size_t i, size_t k)
{
	const struct assay_elf_object *a = &pair->delivered->object, *b = &pair->rebuilt->object;
	size_t count = assay_elf_reloc_count(a, i);

	for (size_t n = 0; n < count; n++) {
		struct assay_elf_reloc x = assay_elf_reloc_at(a, i, n);
		struct assay_elf_reloc y = assay_elf_reloc_at(b, k, n);

		if (!assay_object_same_reloc(pair, &x, &y))
			say_reloc(pair, i, n, &x, &y);
	}
}

/* The next member that no rule covers; 0 at the end. */
static uint32_t next_member(const struct assay_object_side *side, size_t group, size_t *at)
{
	size_t count = assay_elf_group_count(&side->object, group);

	while (*at < count) {
		uint32_t member = assay_elf_group_member(&side->object, group, (*at)++);

		if (side->parts[member] != ASSAY_OBJECT_SOFT)
			return member;
	}
	return 0;
}

static bool same_members(const struct assay_object_pair *pair, size_t i, size_t k)
{
	size_t at_a = 0, at_b = 0;
	uint32_t a, b;

	do {
		a = next_member(pair->delivered, i, &at_a);
		b = next_member(pair->rebuilt, k, &at_b);
		if ((a == 0) != (b == 0) || (a != 0 && pair->delivered->peers[a] != b))
			return false;
	} while (a != 0);
	return true;
}

/* The signature of a group of debugging information is not paired with others, but its name counts
 * all the same: a linker keeps one group of each name, whatever is in it. */
static bool same_signature(const struct assay_object_pair *pair, size_t i, size_t k)
{
	const struct assay_elf_object *a = &pair->delivered->object, *b = &pair->rebuilt->object;
	uint32_t x = a->elf.sections[i].info, y = b->elf.sections[k].info;

	if (pair->delivered->parts[i] == ASSAY_OBJECT_FIRM)
		return assay_object_same_symbol(pair, x, y);
	return assay_span_equal(a->symbols[x].name, b->symbols[y].name) &&
	       a->symbols[x].info == b->symbols[y].info;
}

static void prove_group(struct assay_object_pair *pair, size_t i, size_t k)
{
	const struct assay_elf_object *a = &pair->delivered->object, *b = &pair->rebuilt->object;
	ASSAY_AUTO_FREE char *name = NULL;

	if (assay_elf_group_flags(a, i) == assay_elf_group_flags(b, k) &&
	    same_signature(pair, i, k) && same_members(pair, i, k))
		return;
	name = assay_object_symbol_name(pair->delivered, a->elf.sections[i].info);
	assay_object_disagree(
		pair,
		(struct assay_elf_extent){ a->elf.sections[i].offset, a->elf.sections[i].data.len },
		"section group %s: its flags, signature or members differ", name);
}

/* Content that a linker reads numbers of symbols from, and this program does not: .llvm_addrsig
 * and the like, told by their link to the symbol table; relocations that are loaded. */
static bool holds_numbers(const struct assay_object_side *side, size_t i)
{
	const struct assay_elf_section *section = &side->object.elf.sections[i];

	if (assay_elf_is_relocs(section))
		return assay_elf_section_is_alloc(section);
	if (section->type == SHT_GROUP || section->data.len == 0 || side->object.symtab == 0)
		return false;
	return section->link == side->object.symtab ||
	       ((section->flags & SHF_INFO_LINK) != 0 && section->info == side->object.symtab);
}

static void prove_numbers(struct assay_object_pair *pair, size_t section)
{
	bool counts_differ =
		pair->delivered->object.symbol_count != pair->rebuilt->object.symbol_count;
	ASSAY_AUTO_FREE char *name = NULL;

	if (!holds_numbers(pair->delivered, section) || (pair->renumbered == 0 && !counts_differ))
		return;
	name = assay_object_section_name(pair->delivered, section);
	assay_object_disagree(pair, assay_object_header_at(pair->delivered, section),
	                      "section %s refers to symbols by numbers, which differ", name);
}

void assay_object_prove_references(struct assay_object_pair *pair)
{
	const struct assay_object_side *a = pair->delivered;

	for (size_t i = 1; i < a->object.elf.section_count; i++) {
		const struct assay_elf_section *section = &a->object.elf.sections[i];
		size_t k = a->peers[i];

		if (k == ASSAY_ELF_NONE)
			continue;
		if (section->type == SHT_GROUP)
			prove_group(pair, i, k);
		if (a->parts[i] != ASSAY_OBJECT_FIRM)
			continue;
		if (assay_elf_is_relocs(section))
			prove_relocs(pair, i, k);
		prove_numbers(pair, i);
	}
}
