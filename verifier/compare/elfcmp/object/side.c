/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/object/side.h"

#include <elf.h>

#include "base/memory.h"
#include "elf/note.h"

/* What a section that only debuggers and people read has a use for. */
#define SOFT_FLAGS ((uint64_t)(SHF_MERGE | SHF_STRINGS | SHF_GROUP | SHF_COMPRESSED))
#define SOFT_RELOC_FLAGS ((uint64_t)(SHF_INFO_LINK | SHF_GROUP))
#define SOFT_NUMBER_MAX 64 /* bytes: of sh_addralign and sh_entsize */

static const struct assay_elf *elf_of(const struct assay_object_side *side)
{
	return &side->object.elf;
}

static size_t *no_numbers(size_t count)
{
	size_t *list = assay_calloc(count, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		list[i] = ASSAY_ELF_NONE;
	return list;
}

/* --- which sections are soft --- */

/* Going by header and content alone. Out: *exact whether it may be missing but not differ. */
static const struct assay_elf_rule *soft_rule(const struct assay_elf *elf,
                                              const struct assay_elf_section *section, bool *exact)
{
	static const struct assay_elf_rule *const rules[] = {
		&assay_elf_rule_comment,
		&assay_elf_rule_debug,
		&assay_elf_rule_debugaltlink,
		&assay_elf_rule_debuglink,
	};
	const struct assay_elf_rule *rule = assay_elf_rule_for(section, exact);

	if ((section->flags & ~SOFT_FLAGS) != 0 || section->link != 0 || section->info != 0 ||
	    section->addralign > SOFT_NUMBER_MAX || section->entsize > SOFT_NUMBER_MAX)
		return NULL;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rules); i++)
		if (rules[i] == rule)
			return rule->refuse == NULL || rule->refuse(elf, section) == NULL ? rule
			                                                                  : NULL;
	return NULL;
}

static enum assay_object_part part_of(const struct assay_elf_object *object, size_t i)
{
	if (i == 0 || object->elf.sections[i].type == SHT_NULL)
		return ASSAY_OBJECT_UNUSED;
	if (i == object->symtab)
		return ASSAY_OBJECT_SYMTAB;
	if (i == object->strtab)
		return ASSAY_OBJECT_STRTAB;
	if (i == object->shndx)
		return ASSAY_OBJECT_SHNDX;
	if (i == object->elf.shstrndx)
		return ASSAY_OBJECT_NAMES;
	return ASSAY_OBJECT_FIRM;
}

static void classify(struct assay_object_side *side)
{
	const struct assay_elf *elf = elf_of(side);

	side->parts = assay_calloc(elf->section_count, sizeof(*side->parts));
	side->rules = assay_calloc(elf->section_count, sizeof(*side->rules));
	for (size_t i = 0; i < elf->section_count; i++) {
		side->parts[i] = part_of(&side->object, i);
		if (side->parts[i] != ASSAY_OBJECT_FIRM)
			continue;
		side->rules[i] = soft_rule(elf, &elf->sections[i], NULL);
		if (side->rules[i] != NULL)
			side->parts[i] = ASSAY_OBJECT_SOFT;
	}
}

int assay_object_side_init(struct assay_span file, struct assay_object_side *out,
                           struct assay_error *err)
{
	*out = (struct assay_object_side){ 0 };
	if (assay_elf_object_parse(file, &out->object, err) < 0)
		return -1;
	assay_elf_object_map(&out->object, &out->map);
	classify(out);
	return 0;
}

void assay_object_side_fini(struct assay_object_side *side)
{
	assay_elf_object_fini(&side->object);
	assay_elf_map_fini(&side->map);
	free(side->parts);
	free(side->rules);
	free(side->firm);
	free(side->rank);
	free(side->peers);
	free(side->symbols);
	free(side->used);
	free(side->referred);
	*side = (struct assay_object_side){ 0 };
}

static bool is_soft(const struct assay_object_side *side, size_t section)
{
	return side->parts[section] == ASSAY_OBJECT_SOFT;
}

/* ".rela" and the name of the section, of which a GNU compressed one has lost its z or not. */
static bool names_relocs(const struct assay_elf_section *relocs,
                         const struct assay_elf_section *target)
{
	size_t prefix = relocs->type == SHT_RELA ? strlen(".rela") : strlen(".rel");
	struct assay_span rest = assay_span_sub(relocs->name, prefix, relocs->name.len);
	struct assay_span name = target->name;

	if (!assay_span_starts(relocs->name, ".rela", prefix))
		return false;
	if (assay_span_equal(rest, name))
		return true;
	return assay_span_starts(name, ".z", 2) && rest.len > 1 && rest.ptr[0] == '.' &&
	       assay_span_equal(assay_span_sub(rest, 1, rest.len),
	                        assay_span_sub(name, 2, name.len));
}

static bool is_soft_relocs(const struct assay_object_side *side, size_t i)
{
	const struct assay_elf_section *sections = elf_of(side)->sections;
	const struct assay_elf_section *relocs = &sections[i];

	return assay_elf_is_relocs(relocs) && (relocs->flags & ~SOFT_RELOC_FLAGS) == 0 &&
	       relocs->addr == 0 && side->rules[relocs->info] == &assay_elf_rule_debug &&
	       is_soft(side, relocs->info) && names_relocs(relocs, &sections[relocs->info]);
}

static bool is_soft_group(const struct assay_object_side *side, size_t i)
{
	const struct assay_elf_section *group = &elf_of(side)->sections[i];
	size_t count;

	if (group->type != SHT_GROUP || group->flags != 0 || group->addr != 0 ||
	    !assay_span_is(group->name, ".group"))
		return false;
	count = assay_elf_group_count(&side->object, i);
	for (size_t k = 0; k < count; k++)
		if (!is_soft(side, assay_elf_group_member(&side->object, i, k)))
			return false;
	return count > 0;
}

/* Relocations first: they may be members of a group. */
static void soften(struct assay_object_side *side)
{
	static bool (*const tests[])(const struct assay_object_side *, size_t) = {
		is_soft_relocs,
		is_soft_group,
	};

	for (size_t t = 0; t < ASSAY_ARRAY_LEN(tests); t++)
		for (size_t i = 1; i < elf_of(side)->section_count; i++)
			if (side->parts[i] == ASSAY_OBJECT_FIRM && tests[t](side, i)) {
				side->parts[i] = ASSAY_OBJECT_SOFT;
				side->rules[i] = &assay_elf_rule_debug;
			}
}

static bool is_soft_symbol(const struct assay_object_side *side, size_t symbol)
{
	const struct assay_elf_symbol *s = &side->object.symbols[symbol];

	return !s->reserved && is_soft(side, s->section);
}

/* Whether something firm needs a soft section: another section or a relocation. */
static bool section_needs_soft(const struct assay_object_side *side, size_t i)
{
	const struct assay_elf *elf = elf_of(side);
	const struct assay_elf_section *section = &elf->sections[i];

	if (side->parts[i] != ASSAY_OBJECT_FIRM)
		return false;
	if (section->type == SHT_GROUP && is_soft_symbol(side, section->info))
		return true;
	if (section->link < elf->section_count && is_soft(side, section->link))
		return true;
	if (!assay_elf_is_relocs(section))
		return false;
	if (is_soft(side, section->info))
		return true;
	for (size_t k = 0, count = assay_elf_reloc_count(&side->object, i); k < count; k++)
		if (is_soft_symbol(side, assay_elf_reloc_at(&side->object, i, k).symbol))
			return true;
	return false;
}

/* Compilers put nothing but labels there, for nobody but debugging information itself. */
static bool is_label(const struct assay_elf_symbol *symbol)
{
	return ELF64_ST_BIND(symbol->info) == STB_LOCAL &&
	       (ELF64_ST_TYPE(symbol->info) == STT_SECTION ||
	        ELF64_ST_TYPE(symbol->info) == STT_NOTYPE);
}

static bool needs_soft(const struct assay_object_side *side)
{
	for (size_t i = 0; i < side->object.symbol_count; i++)
		if (is_soft_symbol(side, i) && !is_label(&side->object.symbols[i]))
			return true;
	for (size_t i = 1; i < elf_of(side)->section_count; i++)
		if (section_needs_soft(side, i))
			return true;
	return false;
}

/* exact: only those that may be missing but not differ */
static void harden(struct assay_object_side *side, bool only_exact)
{
	const struct assay_elf *elf = elf_of(side);

	for (size_t i = 1; i < elf->section_count; i++) {
		bool exact = false;

		if (!is_soft(side, i))
			continue;
		if (only_exact)
			(void)soft_rule(elf, &elf->sections[i], &exact);
		if (only_exact && !exact)
			continue;
		side->parts[i] = ASSAY_OBJECT_FIRM;
		side->rules[i] = NULL;
	}
}

static bool has_exact(const struct assay_object_side *side)
{
	const struct assay_elf *elf = elf_of(side);

	for (size_t i = 1; i < elf->section_count; i++) {
		bool exact = false;

		if (is_soft(side, i) && soft_rule(elf, &elf->sections[i], &exact) != NULL && exact)
			return true;
	}
	return false;
}

/* --- counterparts --- */

static int name_order(struct assay_span a, struct assay_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* A section in the order of names; equal names in the order of the table. The symbol tables have
 * no name here but what they are; groups, which are all called .group, that of their signature. */
struct named {
	struct assay_span name, signature;
	enum assay_object_part part;
	size_t index;
};

static enum assay_object_part table_of(const struct named *section)
{
	return section->part == ASSAY_OBJECT_SOFT ? ASSAY_OBJECT_FIRM : section->part;
}

static int named_order(const struct named *a, const struct named *b)
{
	enum assay_object_part x = table_of(a), y = table_of(b);
	int order = x < y ? -1 : x > y;

	if (order == 0 && x == ASSAY_OBJECT_FIRM)
		order = name_order(a->name, b->name);
	if (order == 0 && x == ASSAY_OBJECT_FIRM)
		order = name_order(a->signature, b->signature);
	return order;
}

static int by_name(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	int order = named_order(a, b);

	if (order != 0)
		return order;
	return a->index < b->index ? -1 : a->index > b->index;
}

static struct assay_span signature_of(const struct assay_object_side *side, size_t i)
{
	const struct assay_elf_section *section = &elf_of(side)->sections[i];

	return section->type == SHT_GROUP ? side->object.symbols[section->info].name
	                                  : assay_span_of(NULL, 0);
}

/* Owner: caller frees. */
static struct named *sorted(const struct assay_object_side *side, size_t *count)
{
	const struct assay_elf *elf = elf_of(side);
	struct named *list = assay_calloc(elf->section_count, sizeof(*list));

	*count = 0;
	for (size_t i = 1; i < elf->section_count; i++)
		if (side->parts[i] != ASSAY_OBJECT_UNUSED)
			list[(*count)++] =
				(struct named){ elf->sections[i].name, signature_of(side, i),
				                side->parts[i], i };
	qsort(list, *count, sizeof(*list), by_name);
	return list;
}

static void pair_sections(struct assay_object_side *a, struct assay_object_side *b)
{
	size_t a_count, b_count, i = 0, k = 0;
	ASSAY_AUTO_FREE struct named *in_a = sorted(a, &a_count);
	ASSAY_AUTO_FREE struct named *in_b = sorted(b, &b_count);

	a->peers = no_numbers(elf_of(a)->section_count);
	b->peers = no_numbers(elf_of(b)->section_count);
	while (i < a_count && k < b_count) {
		int order = named_order(&in_a[i], &in_b[k]);

		if (order == 0) {
			a->peers[in_a[i].index] = in_b[k].index;
			b->peers[in_b[k].index] = in_a[i].index;
		}
		i += order <= 0;
		k += order >= 0;
	}
}

static void list_firm(struct assay_object_side *side)
{
	const struct assay_elf *elf = elf_of(side);

	side->firm = assay_calloc(elf->section_count, sizeof(*side->firm));
	side->rank = no_numbers(elf->section_count);
	for (size_t i = 1; i < elf->section_count; i++) {
		if (side->parts[i] != ASSAY_OBJECT_FIRM)
			continue;
		side->rank[i] = side->firm_count;
		side->firm[side->firm_count++] = i;
	}
	side->symbols = no_numbers(side->object.symbol_count);
}

/* Which symbols relocations and groups refer to. */
static void mark_used(struct assay_object_side *side)
{
	const struct assay_elf_object *object = &side->object;

	side->used = assay_calloc(object->symbol_count, sizeof(*side->used));
	for (size_t r = 0; r < side->firm_count; r++) {
		size_t i = side->firm[r];
		const struct assay_elf_section *section = &object->elf.sections[i];

		if (section->type == SHT_GROUP)
			side->used[section->info] = true;
		if (!assay_elf_is_relocs(section))
			continue;
		for (size_t k = 0, n = assay_elf_reloc_count(object, i); k < n; k++)
			side->used[assay_elf_reloc_at(object, i, k).symbol] = true;
	}
}

/* Which sections a symbol is in, or a relocation changes. */
static void mark_referred(struct assay_object_side *side)
{
	const struct assay_elf *elf = elf_of(side);

	side->referred = assay_calloc(elf->section_count, sizeof(*side->referred));
	for (size_t i = 0; i < side->object.symbol_count; i++) {
		const struct assay_elf_symbol *s = &side->object.symbols[i];

		if (!s->reserved && (side->used[i] || ELF64_ST_TYPE(s->info) != STT_SECTION))
			side->referred[s->section] = true;
	}
	for (size_t i = 1; i < elf->section_count; i++)
		if (assay_elf_is_relocs(&elf->sections[i]))
			side->referred[elf->sections[i].info] = true;
}

void assay_object_meet(struct assay_object_side *delivered, struct assay_object_side *rebuilt)
{
	struct assay_object_side *const sides[2] = { delivered, rebuilt };
	bool exact = has_exact(delivered) && has_exact(rebuilt);
	bool needed = false;

	delivered->delivered = true;
	for (size_t i = 0; i < 2; i++) {
		if (exact)
			harden(sides[i], true);
		soften(sides[i]);
		needed = needed || needs_soft(sides[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		if (needed)
			harden(sides[i], false);
		list_firm(sides[i]);
		mark_used(sides[i]);
		mark_referred(sides[i]);
	}
	pair_sections(delivered, rebuilt);
}

/* --- the build-id --- */

/* Source: ld(1), --build-id; the kernel's linker scripts keep the section name */
#define BUILD_ID_SECTION ".note.gnu.build-id"

bool assay_object_build_id(const struct assay_object_side *side, size_t section,
                           struct assay_elf_extent *out)
{
	const struct assay_elf_section *s = &elf_of(side)->sections[section];

	if (s->type != SHT_NOTE || s->flags != SHF_ALLOC ||
	    !assay_span_is(s->name, BUILD_ID_SECTION))
		return false;
	return assay_elf_only_build_id(elf_of(side), s, out) && !side->referred[section];
}
