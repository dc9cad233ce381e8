/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof about tables of names: where they differ, they hold the names that are in use and
 * nothing else. */
#include <elf.h>

#include "base/memory.h"
#include "compare/elfcmp/object/pair.h"

static void mark(bool *begins, struct assay_span table, struct assay_span name)
{
	if (name.ptr >= table.ptr && name.ptr < table.ptr + table.len)
		begins[name.ptr - table.ptr] = true;
}

/* Where in a table the name of a section or symbol begins. Owner: caller frees. */
static bool *mark_names(const struct assay_elf_object *object, struct assay_span table)
{
	bool *begins = assay_calloc(table.len, sizeof(*begins));

	for (size_t i = 0; i < object->elf.section_count; i++)
		mark(begins, table, object->elf.sections[i].name);
	for (size_t i = 0; i < object->symbol_count; i++)
		mark(begins, table, object->symbols[i].name);
	return begins;
}

/* A name may be the end of another; bytes in front of the first use of a string are no name. */
static bool is_full(const struct assay_elf_object *object, struct assay_span table)
{
	ASSAY_AUTO_FREE bool *begins = mark_names(object, table);
	bool used = false;

	for (size_t at = 0; at < table.len; at++) {
		used = begins[at] || used;
		if (!used && table.ptr[at] != 0) /* an empty string is nothing */
			return false;
		if (table.ptr[at] == 0)
			used = false;
	}
	return true;
}

static void prove_table(struct assay_object_pair *pair, const struct assay_object_side *side,
                        size_t section)
{
	const struct assay_elf_section *table = &side->object.elf.sections[section];
	struct assay_elf_extent at = { table->offset, table->data.len };
	ASSAY_AUTO_FREE char *name = NULL;

	if (table->data.len == 0 || is_full(&side->object, table->data))
		return;
	if (!side->delivered)
		at = (struct assay_elf_extent){ pair->node->delivered.len, 0 };
	name = assay_object_section_name(side, section);
	assay_object_disagree(pair, at, "%s of the %s file holds more than the names in use", name,
	                      side->delivered ? "delivered" : "rebuilt");
}

void assay_object_prove_names(struct assay_object_pair *pair)
{
	const struct assay_object_side *const sides[2] = { pair->delivered, pair->rebuilt };

	for (size_t s = 0; s < 2; s++) {
		const struct assay_object_side *here = sides[s], *there = sides[1 - s];

		for (size_t i = 1; i < here->object.elf.section_count; i++) {
			size_t k = here->peers[i];

			if (here->parts[i] != ASSAY_OBJECT_STRTAB &&
			    here->parts[i] != ASSAY_OBJECT_NAMES)
				continue;
			if (k == ASSAY_ELF_NONE ||
			    !assay_span_equal(here->object.elf.sections[i].data,
			                      there->object.elf.sections[k].data))
				prove_table(pair, here, i);
		}
	}
}
