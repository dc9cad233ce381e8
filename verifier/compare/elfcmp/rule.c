/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/rule.h"

#include <elf.h>

/* A section that is not loaded has no use for these; one that has them is not what it seems. */
#define FORBIDDEN_FLAGS ((uint64_t)(SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR | SHF_TLS))

const struct assay_elf_rule *const assay_elf_rules[] = {
	&assay_elf_rule_build_id,
	&assay_elf_rule_comment,
	&assay_elf_rule_debug,
	&assay_elf_rule_debugaltlink,
	&assay_elf_rule_debuglink,
	&assay_elf_rule_local_symbols,
	&assay_elf_rule_module_signature,
	&assay_elf_rule_object_headers,
	&assay_elf_rule_padding,
	&assay_elf_rule_section_headers,
	&assay_elf_rule_symbol_order,
	&assay_elf_rule_symtab,
	NULL,
};

const struct assay_elf_rule *assay_elf_rule_find(const char *id)
{
	for (size_t i = 0; assay_elf_rules[i] != NULL; i++)
		if (strcmp(assay_elf_rules[i]->id, id) == 0)
			return assay_elf_rules[i];
	return NULL;
}

static const struct assay_elf_rule_section *row_for(const struct assay_elf_rule *rule,
                                                    const struct assay_elf_section *section)
{
	const struct assay_elf_rule_section *row = rule->sections;

	for (; row != NULL && row->name != NULL; row++)
		if (row->type == section->type && assay_span_is(section->name, row->name))
			return row;
	return NULL;
}

const struct assay_elf_rule *assay_elf_rule_for(const struct assay_elf_section *section,
                                                bool *exact)
{
	if ((section->flags & FORBIDDEN_FLAGS) != 0 || section->addr != 0)
		return NULL;
	for (size_t i = 0; assay_elf_rules[i] != NULL; i++) {
		const struct assay_elf_rule_section *row = row_for(assay_elf_rules[i], section);

		if (row == NULL)
			continue;
		if (exact != NULL)
			*exact = row->exact;
		return assay_elf_rules[i];
	}
	return NULL;
}
