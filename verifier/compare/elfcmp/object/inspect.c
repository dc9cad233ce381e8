/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every byte of a relocatable file is for, and which rule may touch it. */
#include <inttypes.h>

#include "base/memory.h"
#include "base/quote.h"
#include "compare/elfcmp/object/object.h"
#include "compare/elfcmp/object/pair.h"
#include "elf/layout.h"

struct inspect {
	struct assay_object_side here, there; /* the file, and itself */
	struct assay_inspected *out;
};

static void add(struct inspect *inspect, const struct assay_elf_range *range, uint64_t length,
                const struct assay_elf_rule *rule, const char *what)
{
	struct assay_inspected_range *out;

	if (length == 0)
		return;
	out = assay_inspected_add(inspect->out, assay_elf_kind_name(range->kind), length);
	out->rule = rule != NULL ? rule->id : NULL;
	if (what != NULL)
		out->what = assay_strdup(what);
}

/* Field by field. */
static void add_header(struct inspect *inspect, const struct assay_elf_range *range)
{
	const struct assay_elf_record *record = &assay_elf_header_record;
	enum assay_elf_width width = inspect->here.object.elf.width;

	for (size_t i = 0; i < record->field_count; i++) {
		bool free = i == ASSAY_ELF_E_SHOFF || i == ASSAY_ELF_E_SHNUM ||
		            i == ASSAY_ELF_E_SHSTRNDX;

		add(inspect, range, record->fields[i].size[width],
		    free ? &assay_elf_rule_object_headers : NULL, record->fields[i].name);
	}
}

static void add_table(struct inspect *inspect, const struct assay_elf_range *range)
{
	add(inspect, range, range->length, &assay_elf_rule_object_headers, NULL);
}

static void add_section(struct inspect *inspect, const struct assay_elf_range *range)
{
	const struct assay_object_side *here = &inspect->here;
	const struct assay_elf_rule *rule = here->rules[range->section];
	ASSAY_AUTO_FREE char *name = assay_object_section_name(here, range->section);
	ASSAY_AUTO_FREE char *what = assay_asprintf("section %zu %s", range->section, name);
	struct assay_elf_extent id;

	if (rule == NULL)
		rule = assay_object_number_rule(here, range->section, &assay_elf_rule_symbol_order);
	if (!assay_object_build_id(here, range->section, &id)) {
		add(inspect, range, range->length, rule, what);
		return;
	}
	add(inspect, range, id.offset - range->offset, NULL, what);
	add(inspect, range, id.length, &assay_elf_rule_build_id, what);
}

static void add_padding(struct inspect *inspect, const struct assay_elf_range *range)
{
	bool zero = assay_span_is_fill(
		assay_span_sub(inspect->here.object.elf.file, range->offset, range->length), 0);

	add(inspect, range, range->length, zero ? &assay_elf_rule_padding : NULL, NULL);
}

static void add_trailing(struct inspect *inspect, const struct assay_elf_range *range)
{
	add(inspect, range, range->length, NULL, NULL);
}

static void add_ranges(struct inspect *inspect)
{
	static void (*const ways[])(struct inspect *, const struct assay_elf_range *) = {
		[ASSAY_ELF_HEADER] = add_header,     [ASSAY_ELF_SECTION] = add_section,
		[ASSAY_ELF_PADDING] = add_padding,   [ASSAY_ELF_SECTION_TABLE] = add_table,
		[ASSAY_ELF_TRAILING] = add_trailing,
	};
	const struct assay_elf *elf = &inspect->here.object.elf;
	const struct assay_elf_map *map = &inspect->here.map;

	assay_object_meet(&inspect->here, &inspect->there);
	inspect->out->about = assay_asprintf(
		"relocatable, %s, %s byte first, machine %u, %zu symbols, %zu sections",
		elf->width == ASSAY_ELF_64 ? "64 bits" : "32 bits",
		elf->big_endian ? "highest" : "lowest", elf->machine,
		inspect->here.object.symbol_count, elf->section_count);
	for (size_t i = 0; i < map->count; i++)
		ways[map->ranges[i].kind](inspect, &map->ranges[i]);
}

void assay_object_inspect(struct assay_span file, struct assay_inspected *out)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct inspect inspect = { .out = out };

	if (assay_object_side_init(file, &inspect.here, &err) < 0 ||
	    assay_object_side_init(file, &inspect.there, &err) < 0)
		out->trouble = assay_asprintf("compared as plain bytes: %s", err.text);
	else
		add_ranges(&inspect);
	assay_object_side_fini(&inspect.here);
	assay_object_side_fini(&inspect.there);
}
