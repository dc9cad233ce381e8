/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a rule may touch a section or the build-id: what holds for every one of them. */
#include <elf.h>

#include "compare/elfcmp/side.h"
#include "elf/layout.h"
#include "elf/note.h"

/* Programs look for what was appended to them there: behind the section headers, at once or from the
 * next round number on, and at the end of the file, which is behind them too. */
static bool is_appended(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	return section->data.len > 0 &&
	       section->offset >= elf->shoff + assay_elf_section_table_size(elf);
}

/* One side of a section: what keeps a rule from it; NULL when nothing does. */
static const char *refusal(const struct assay_elf_side *side, const struct assay_elf_rule *rule,
                           size_t index)
{
	const struct assay_elf_section *section = &side->elf.sections[index];

	if (side->map.disputed[index])
		return "section headers and program headers disagree about it";
	/* The names of sections are bounded by the rule itself. */
	if (side->delivered && rule != &assay_elf_rule_section_headers &&
	    is_appended(&side->elf, section))
		return "it stands where programs look for what was appended to them";
	return side->refused[index];
}

/* The other side of a section: what keeps a rule from both. */
static const char *peer_refusal(const struct assay_elf_side *here,
                                const struct assay_elf_side *there,
                                const struct assay_elf_rule *rule, size_t section)
{
	size_t peer = here->peers[section];

	if (peer == ASSAY_ELF_NONE)
		return here->delivered && !rule->may_be_added ? "only the delivered file has it"
		                                              : NULL;
	if (assay_elf_rule_for(&there->elf.sections[peer], NULL) != rule)
		return "its counterpart has other flags";
	return refusal(there, rule, peer);
}

const struct assay_elf_rule *assay_elf_section_rule(const struct assay_elf_side *here,
                                                    const struct assay_elf_side *there,
                                                    size_t section, const char **why)
{
	const struct assay_elf_rule *rule = assay_elf_rule_for(&here->elf.sections[section], NULL);
	const char *reason = NULL;

	if (rule != NULL)
		reason = here->overlay ? ASSAY_ELF_OVERLAY_REASON : refusal(here, rule, section);
	if (rule != NULL && reason == NULL)
		reason = peer_refusal(here, there, rule, section);
	/* The names go with the table: one alone would rename what the other lists. */
	if (rule == &assay_elf_rule_section_headers && reason == NULL)
		reason = here->tables_refused;
	if (why != NULL)
		*why = reason;
	return reason == NULL ? rule : NULL;
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
