/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof about sections: the same firm ones in the same order, and nothing added. */
#include <elf.h>
#include <inttypes.h>

#include "base/memory.h"
#include "compare/elfcmp/object/pair.h"
#include "elf/layout.h"

/* Numbers of sections as both files mean them. */
#define MEANS_PART ((uint64_t)1 << 32)  /* and a part: a symbol table or the like */
#define MEANS_SOFT ((uint64_t)2 << 32)  /* a section that may be missing: never equal */
#define MEANS_OTHER ((uint64_t)3 << 32) /* and the number: no section at all */

/* What a number of a section means; 0 is none. */
static uint64_t meaning(const struct assay_object_side *side, uint32_t number)
{
	if (number == 0)
		return 0;
	if (number >= side->object.elf.section_count)
		return MEANS_OTHER | number;
	if (side->parts[number] == ASSAY_OBJECT_FIRM)
		return side->rank[number] + 1;
	if (side->parts[number] == ASSAY_OBJECT_SOFT)
		return MEANS_SOFT | (side->delivered ? 0 : 1);
	return MEANS_PART | side->parts[number];
}

/* gABI, figure 4-12; SHF_INFO_LINK. That of a group is a symbol, compared with the group. */
static uint64_t info_meaning(const struct assay_object_side *side,
                             const struct assay_elf_section *section)
{
	if (section->type == SHT_GROUP || section->type == SHT_SYMTAB)
		return 0;
	if (assay_elf_is_relocs(section) || (section->flags & SHF_INFO_LINK) != 0)
		return meaning(side, section->info);
	return section->info;
}

static const char *const part_names[] = {
	[ASSAY_OBJECT_FIRM] = "",           [ASSAY_OBJECT_SYMTAB] = ".symtab",
	[ASSAY_OBJECT_STRTAB] = ".strtab",  [ASSAY_OBJECT_SHNDX] = ".symtab_shndx",
	[ASSAY_OBJECT_NAMES] = ".shstrtab", [ASSAY_OBJECT_SOFT] = "",
	[ASSAY_OBJECT_UNUSED] = "",
};

static bool is_table(const struct assay_object_side *side, size_t i)
{
	return *part_names[side->parts[i]] != '\0';
}

static void say_alone(struct assay_object_pair *pair, const struct assay_object_side *side,
                      size_t i)
{
	const struct assay_elf_section *section = &side->object.elf.sections[i];
	struct assay_elf_extent at = { section->offset, section->data.len };
	ASSAY_AUTO_FREE char *name = assay_object_section_name(side, i);

	if (!side->delivered)
		at = (struct assay_elf_extent){ pair->node->delivered.len, 0 };
	assay_object_disagree(pair, at, "section %s: only in the %s file (%" PRIu64 " bytes)", name,
	                      side->delivered ? "delivered" : "rebuilt", section->size);
}

static void say_parts(struct assay_object_pair *pair, size_t section)
{
	ASSAY_AUTO_FREE char *name = assay_object_section_name(pair->delivered, section);

	assay_object_disagree(pair, assay_object_header_at(pair->delivered, section),
	                      "section %s: a rule knows the one of one file only", name);
}

static void say_field(struct assay_object_pair *pair, size_t section, const char *field,
                      uint64_t delivered, uint64_t rebuilt)
{
	ASSAY_AUTO_FREE char *name = assay_object_section_name(pair->delivered, section);

	assay_object_disagree(pair, assay_object_header_at(pair->delivered, section),
	                      "section %s: %s, delivered 0x%" PRIx64 ", rebuilt 0x%" PRIx64, name,
	                      field, delivered, rebuilt);
}

static uint64_t number_of(const struct assay_object_side *side, size_t section, unsigned field)
{
	return assay_elf_get(&side->object.elf, &assay_elf_section_record,
	                     assay_object_header_at(side, section).offset, field);
}

/* Every field but the name, which made them counterparts, and where they are. */
static void compare_headers(struct assay_object_pair *pair, size_t i, size_t k)
{
	static const enum assay_elf_section_field fields[] = {
		ASSAY_ELF_SH_TYPE, ASSAY_ELF_SH_FLAGS,     ASSAY_ELF_SH_ADDR,
		ASSAY_ELF_SH_SIZE, ASSAY_ELF_SH_ADDRALIGN, ASSAY_ELF_SH_ENTSIZE,
	};
	const struct assay_object_side *a = pair->delivered, *b = pair->rebuilt;
	const struct assay_elf_section *x = &a->object.elf.sections[i];
	const struct assay_elf_section *y = &b->object.elf.sections[k];

	for (size_t f = 0; f < ASSAY_ARRAY_LEN(fields); f++) {
		uint64_t delivered = number_of(a, i, fields[f]);
		uint64_t rebuilt = number_of(b, k, fields[f]);
		bool free =
			fields[f] == ASSAY_ELF_SH_SIZE && (is_table(a, i) || x->type == SHT_GROUP);

		if (delivered != rebuilt && !free)
			say_field(pair, i, assay_elf_section_record.fields[fields[f]].name,
			          delivered, rebuilt);
	}
	if (meaning(a, x->link) != meaning(b, y->link))
		say_field(pair, i, "sh_link", x->link, y->link);
	if (info_meaning(a, x) != info_meaning(b, y))
		say_field(pair, i, "sh_info", x->info, y->info);
}

/* The symbol tables have counterparts by what they are, and go by the usual names. */
static bool has_usual_name(const struct assay_object_side *side, size_t i)
{
	return !is_table(side, i) ||
	       assay_span_is(side->object.elf.sections[i].name, part_names[side->parts[i]]);
}

static void check_table(struct assay_object_pair *pair, const struct assay_object_side *side,
                        size_t i)
{
	ASSAY_AUTO_FREE char *name = NULL;

	if (has_usual_name(side, i))
		return;
	name = assay_object_section_name(side, i);
	assay_object_disagree(pair, assay_object_header_at(pair->delivered, 0),
	                      "the %s file calls %s %s", side->delivered ? "delivered" : "rebuilt",
	                      part_names[side->parts[i]], name);
}

/* gABI, figure 4-9: an unused entry has nothing to say; it would be room for something else. */
static void check_unused(struct assay_object_pair *pair, const struct assay_object_side *side,
                         size_t i)
{
	struct assay_elf_extent at = assay_object_header_at(side, i);

	if (i > 0 &&
	    !assay_span_is_fill(assay_span_sub(side->object.elf.file, at.offset, at.length), 0))
		assay_object_disagree(pair, assay_object_header_at(pair->delivered, 0),
		                      "the %s file has an unused section header that is not empty",
		                      side->delivered ? "delivered" : "rebuilt");
}

/* Whether a section may have no counterpart: what only the rebuilt file has and nothing loads, or a
 * rule lets be added, and a table of names when one table does for all. */
static bool may_be_alone(const struct assay_object_side *side, size_t i)
{
	return side->parts[i] == ASSAY_OBJECT_NAMES || side->parts[i] == ASSAY_OBJECT_UNUSED ||
	       (side->parts[i] == ASSAY_OBJECT_SOFT &&
	        (!side->delivered || side->rules[i]->may_be_added));
}

static void check_order(struct assay_object_pair *pair)
{
	const struct assay_object_side *a = pair->delivered;

	for (size_t r = 0; r < a->firm_count; r++) {
		ASSAY_AUTO_FREE char *name = NULL;

		if (r < pair->rebuilt->firm_count && a->peers[a->firm[r]] == pair->rebuilt->firm[r])
			continue;
		name = assay_object_section_name(a, a->firm[r]);
		assay_object_disagree(pair, assay_object_header_at(a, a->firm[r]),
		                      "sections stand in another order, from %s on", name);
		return;
	}
}

static void check_alone(struct assay_object_pair *pair, const struct assay_object_side *side)
{
	for (size_t i = 0; i < side->object.elf.section_count; i++) {
		if (side->parts[i] == ASSAY_OBJECT_UNUSED)
			check_unused(pair, side, i);
		else if (side->peers[i] == ASSAY_ELF_NONE && !may_be_alone(side, i))
			say_alone(pair, side, i);
		check_table(pair, side, i);
	}
}

void assay_object_prove_sections(struct assay_object_pair *pair)
{
	const struct assay_object_side *a = pair->delivered, *b = pair->rebuilt;
	size_t before = pair->disagreements;

	check_alone(pair, a);
	check_alone(pair, b);
	for (size_t i = 1; i < a->object.elf.section_count; i++) {
		size_t k = a->peers[i];

		if (k == ASSAY_ELF_NONE)
			continue;
		if (a->parts[i] != b->parts[k])
			say_parts(pair, i);
		else if (a->parts[i] != ASSAY_OBJECT_SOFT)
			compare_headers(pair, i, k);
	}
	if (pair->disagreements == before)
		check_order(pair);
}
