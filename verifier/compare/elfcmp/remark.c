/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/remark.h"

#include "base/quote.h"

static const char *const files[] = {
	[ASSAY_ELF_DELIVERED] = "the delivered file",
	[ASSAY_ELF_REBUILT] = "the rebuilt file",
	[ASSAY_ELF_BOTH] = "both files",
};

static bool has_unexplained(const struct assay_ledger *ledger, uint64_t offset, uint64_t length)
{
	for (size_t i = 0; i < ledger->count; i++) {
		const struct assay_range *range = &ledger->ranges[i];

		if (range->class == ASSAY_CLASS_UNEXPLAINED && range->offset < offset + length &&
		    offset < range->offset + range->length)
			return true;
	}
	return false;
}

void assay_elf_remark_section(struct assay_elf_remarks *remarks, size_t index, const char *cause,
                              const char *what)
{
	const struct assay_elf_section *section = &remarks->elf->sections[index];
	bool unexplained = has_unexplained(remarks->ledger, section->offset, section->data.len);
	struct assay_finding place = assay_node_place(
		remarks->node, section->offset, section->data.len,
		unexplained ? ASSAY_CLASS_UNEXPLAINED : ASSAY_CLASS_IDENTICAL, NULL);
	ASSAY_AUTO_BUFFER struct assay_buffer name = { 0 };

	if (remarks->who == ASSAY_ELF_REBUILT)
		place.length = 0;
	if (place.offset > remarks->node->delivered.len)
		place.offset = remarks->node->delivered.len;
	place.cause = cause;
	assay_quote(&name, section->name);
	(void)assay_comparison_find(assay_node_found(remarks->node), &place,
	                            "section %zu (%s) of %s: %s", index, assay_buffer_str(&name),
	                            files[remarks->who], what);
	remarks->count++;
}

static void remark_on(struct assay_elf_remarks *remarks, const struct assay_elf_side *side,
                      size_t index)
{
	const struct assay_elf *elf = remarks->elf;
	const struct assay_elf_section *section = &elf->sections[index];
	bool exact = false;
	const struct assay_elf_rule *rule = assay_elf_rule_for(section, &exact);
	const char *why = NULL;

	if (side->map.disputed[index]) {
		assay_elf_remark_section(
			remarks, index, ASSAY_ELF_VIEWS_DISAGREE,
			assay_elf_section_is_alloc(section)
				? "its header says it is loaded, the program headers do not have it "
				  "there"
				: "its header says it is not loaded, but a segment, a header or "
				  "another section has its bytes");
		return;
	}
	if (rule != NULL && rule->refuse != NULL && !rule->deep)
		why = rule->refuse(elf, section);
	if (why == NULL && !exact)
		why = side->refused[index];
	if (why != NULL)
		assay_elf_remark_section(remarks, index, ASSAY_ELF_UNUSUAL_CONTENT, why);
}

void assay_elf_remark(struct assay_node *node, const struct assay_elf_side *side,
                      const struct assay_ledger *ledger, enum assay_elf_who who)
{
	struct assay_elf_remarks remarks = { node, &side->elf, ledger, who, 0 };

	for (size_t i = 0; i < side->elf.section_count && remarks.count < ASSAY_ELF_REMARKS_MAX;
	     i++)
		remark_on(&remarks, side, i);
}

/* The signature's own bytes are judged where they are listed: they are behind the end. */
void assay_elf_remark_signature(struct assay_node *node, enum assay_elf_who who,
                                const struct assay_error *why)
{
	struct assay_finding place =
		assay_node_place(node, node->delivered.len, 0, ASSAY_CLASS_IDENTICAL, NULL);

	place.cause = ASSAY_ELF_BAD_SIGNATURE;
	(void)assay_comparison_find(assay_node_found(node), &place, "module signature of %s: %s",
	                            files[who], why->text);
}
