/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person should know about a relocatable file whatever it is compared with. */
#include <elf.h>

#include "compare/elfcmp/object/object.h"
#include "compare/elfcmp/object/side.h"

/* What makes a section part of what runs, whatever its name says. */
#define LOADED_FLAGS ((uint64_t)(SHF_ALLOC | SHF_EXECINSTR | SHF_WRITE))

/* Rules that say what the content has to be without unpacking it. The tables of names are read and
 * checked with the file. */
static bool sets_bounds(const struct assay_elf_rule *rule)
{
	return rule == &assay_elf_rule_comment || rule == &assay_elf_rule_debuglink ||
	       rule == &assay_elf_rule_debugaltlink;
}

static void remark_on(struct assay_elf_remarks *remarks, size_t index)
{
	const struct assay_elf_section *section = &remarks->elf->sections[index];
	struct assay_elf_section unloaded = *section;
	const struct assay_elf_rule *rule;
	const char *why = NULL;

	unloaded.flags &= ~LOADED_FLAGS;
	rule = assay_elf_rule_for(&unloaded, NULL);
	if (rule == NULL)
		return;
	if (assay_elf_section_is_alloc(section)) {
		assay_elf_remark_section(
			remarks, index, ASSAY_ELF_VIEWS_DISAGREE,
			"its name is one of what nothing loads, its header says it is "
			"loaded");
		return;
	}
	if (sets_bounds(rule))
		why = rule->refuse(remarks->elf, section);
	if (why != NULL)
		assay_elf_remark_section(remarks, index, ASSAY_ELF_UNUSUAL_CONTENT, why);
}

void assay_object_remark(struct assay_node *node, const struct assay_elf *elf,
                         const struct assay_ledger *ledger, enum assay_elf_who who)
{
	struct assay_elf_remarks remarks = { node, elf, ledger, who, 0 };

	for (size_t i = 0; i < elf->section_count && remarks.count < ASSAY_ELF_REMARKS_MAX; i++)
		remark_on(&remarks, i);
}

void assay_object_remark_equal(struct assay_node *node)
{
	ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_finding place = assay_node_place(node, 0, 0, ASSAY_CLASS_IDENTICAL, NULL);

	if (assay_elf_object_parse(node->delivered, &object, &err) == 0) {
		assay_object_remark(node, &object.elf, &node->ledger, ASSAY_ELF_BOTH);
		return;
	}
	place.cause = ASSAY_ELF_VIEWS_DISAGREE;
	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "both files: readers may see different things in it: %s",
	                            err.text);
}
