/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ledgers of two relocatable files say, as findings for people. */
#include <inttypes.h>

#include "base/memory.h"
#include "compare/elfcmp/object/pair.h"

struct listing {
	const struct assay_object_pair *pair;
	struct assay_node *node;
	bool unexplained; /* something is, on either side */
};

static enum assay_class worst_within(const struct assay_ledger *ledger, uint64_t offset,
                                     uint64_t length, const char **rule)
{
	enum assay_class worst = ASSAY_CLASS_IDENTICAL;

	for (size_t i = assay_ledger_find(ledger, offset); i < ledger->count; i++) {
		const struct assay_range *range = &ledger->ranges[i];

		if (range->offset >= offset + length)
			break;
		if (range->class <= worst)
			continue;
		worst = range->class;
		*rule = range->rule;
	}
	return worst;
}

static void set_cause(const struct listing *listing, struct assay_finding *finding)
{
	const struct assay_elf_rule *rule =
		finding->rule != NULL ? assay_elf_rule_find(finding->rule) : NULL;

	if (rule != NULL && !(rule->only_cause && listing->unexplained))
		finding->cause = rule->cause;
}

/* Causes of all findings from a number on. */
static void set_causes(const struct listing *listing, size_t from)
{
	for (size_t i = from; i < listing->node->found->finding_count; i++)
		set_cause(listing, &listing->node->found->findings[i]);
}

/* Content and counterpart that differ as a whole: all between the equal start and end. */
static void find_content(const struct listing *listing, struct assay_elf_extent here,
                         struct assay_elf_extent there, enum assay_class class, const char *rule,
                         const char *what)
{
	struct assay_span a = assay_span_sub(listing->node->delivered, here.offset, here.length);
	struct assay_span b = assay_span_sub(listing->node->rebuilt, there.offset, there.length);
	size_t head = assay_span_common_start(a, b);
	size_t tail = assay_span_common_end(a, b, (a.len < b.len ? a.len : b.len) - head);
	struct assay_run run = { here.offset + head, a.len - head - tail, there.offset + head,
		                 b.len - head - tail };

	(void)assay_node_find_run(listing->node, &run, class, rule, what);
}

static void find_pair(const struct listing *listing, struct assay_elf_extent here,
                      struct assay_elf_extent there, const char *what)
{
	const char *rule = NULL;
	enum assay_class class =
		worst_within(&listing->node->ledger, here.offset, here.length, &rule);

	if (class == ASSAY_CLASS_IDENTICAL && here.length == there.length)
		return;
	if (here.length == there.length &&
	    (class == ASSAY_CLASS_UNEXPLAINED || rule == assay_elf_rule_build_id.id))
		assay_node_find_bytes(listing->node, here.offset, here.length,
		                      (int64_t)(there.offset - here.offset), what);
	else
		find_content(listing, here, there, class, rule, what);
}

/* A content that is longer in the rebuilt file: its own bytes say so. */
static void find_longer(const struct listing *listing, const struct assay_ledger *back,
                        struct assay_elf_extent here, struct assay_elf_extent there,
                        const char *what)
{
	const char *rule = NULL;
	enum assay_class class = worst_within(back, there.offset, there.length, &rule);

	if (class != ASSAY_CLASS_IDENTICAL)
		find_content(listing, here, there, class, rule, what);
}

static struct assay_elf_extent extent_of(const struct assay_object_side *side, size_t section)
{
	const struct assay_elf_section *s = &side->object.elf.sections[section];

	return (struct assay_elf_extent){ s->offset, s->data.len };
}

static void find_section(const struct listing *listing, size_t i, const struct assay_ledger *back)
{
	const struct assay_object_side *a = listing->pair->delivered, *b = listing->pair->rebuilt;
	struct assay_elf_extent here = extent_of(a, i), there = { 0 };
	ASSAY_AUTO_FREE char *name = NULL;
	ASSAY_AUTO_FREE char *what = NULL;
	const char *rule = NULL;

	if (a->parts[i] == ASSAY_OBJECT_UNUSED)
		return;
	name = assay_object_section_name(a, i);
	what = assay_asprintf("section %s", name);
	if (a->peers[i] != ASSAY_ELF_NONE)
		there = extent_of(b, a->peers[i]);
	if (here.length > 0 && worst_within(&listing->node->ledger, here.offset, here.length,
	                                    &rule) != ASSAY_CLASS_IDENTICAL)
		find_pair(listing, here, there, what);
	else if (there.length > here.length)
		find_longer(listing, back, here, there, what);
}

/* What only the rebuilt file has, and a rule covers; for everything else the proof has said so. */
static void find_missing(const struct listing *listing, size_t k)
{
	const struct assay_object_side *b = listing->pair->rebuilt;
	const struct assay_elf_rule *rule = b->rules[k];
	struct assay_finding place;
	ASSAY_AUTO_FREE char *name = NULL;

	if (b->parts[k] != ASSAY_OBJECT_SOFT || b->peers[k] != ASSAY_ELF_NONE)
		return;
	name = assay_object_section_name(b, k);
	place = assay_node_place(listing->node, listing->node->delivered.len, 0, rule->class,
	                         rule->id);
	(void)assay_comparison_find(assay_node_found(listing->node), &place,
	                            "section %s: only in the rebuilt file (%zu bytes)", name,
	                            b->object.elf.sections[k].data.len);
}

/* Between things and behind them. Zeros that align are one finding, however many there are. */
static void find_rest(const struct listing *listing)
{
	const struct assay_elf_map *map = &listing->pair->delivered->map;
	struct assay_finding zeros = { .length = 0 };
	uint64_t total = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct assay_elf_range *range = &map->ranges[i];
		const char *rule = NULL;
		enum assay_class class;

		if (range->kind != ASSAY_ELF_PADDING && range->kind != ASSAY_ELF_TRAILING)
			continue;
		class = worst_within(&listing->node->ledger, range->offset, range->length, &rule);
		if (class == ASSAY_CLASS_UNEXPLAINED)
			assay_node_find_bytes(listing->node, range->offset, range->length, 0,
			                      range->kind == ASSAY_ELF_PADDING
			                              ? "padding, in no section"
			                              : "behind the end of everything");
		if (class != ASSAY_CLASS_NORMALISED)
			continue;
		if (total == 0)
			zeros = assay_node_place(listing->node, range->offset, range->length, class,
			                         rule);
		total += range->length;
	}
	if (total > 0)
		(void)assay_comparison_find(assay_node_found(listing->node), &zeros,
		                            "%" PRIu64 " zeros between sections, to align what "
		                            "follows",
		                            total);
}

static void find_headers(const struct listing *listing)
{
	const struct assay_elf *a = &listing->pair->delivered->object.elf;
	const struct assay_elf *b = &listing->pair->rebuilt->object.elf;
	struct assay_elf_extent here = { a->shoff, assay_elf_section_table_size(a) };
	struct assay_elf_extent there = { b->shoff, assay_elf_section_table_size(b) };
	const struct assay_elf_map *map = &listing->pair->delivered->map;

	assay_node_find_bytes(listing->node, 0, map->ranges[0].length, 0, "ELF header");
	find_pair(listing, here, there, "section headers");
}

/* What the rebuilt file has and the delivered one lacks must count whatever the listing made of
 * it: a byte there that is not identical is at least of its class. */
static void find_unlisted(const struct listing *listing, const struct assay_ledger *back)
{
	struct assay_node *node = listing->node;
	const char *rule = NULL;
	enum assay_class class = worst_within(back, 0, back->size, &rule);
	struct assay_finding place = assay_node_place(node, node->delivered.len, 0, class, rule);

	for (size_t i = 0; i < node->found->finding_count; i++)
		if (node->found->findings[i].class >= class)
			return;
	if (class > worst_within(&node->ledger, 0, node->delivered.len, &rule))
		(void)assay_comparison_find(assay_node_found(node), &place,
		                            "bytes of the rebuilt file have no counterpart in the "
		                            "delivered file");
}

void assay_object_find(const struct assay_object_pair *pair, const struct assay_ledger *back)
{
	struct listing listing = { .pair = pair, .node = pair->node };
	size_t before = pair->node->found->finding_count;
	const char *rule = NULL;
	/* The ledger goes on behind the files, when they are signed modules. */
	enum assay_class worst =
		worst_within(&pair->node->ledger, 0, pair->node->delivered.len, &rule);

	listing.unexplained = worst == ASSAY_CLASS_UNEXPLAINED ||
	                      assay_ledger_worst(back) == ASSAY_CLASS_UNEXPLAINED ||
	                      pair->disagreements > 0;
	find_headers(&listing);
	for (size_t i = 1; i < pair->delivered->object.elf.section_count; i++)
		find_section(&listing, i, back);
	for (size_t k = 1; k < pair->rebuilt->object.elf.section_count; k++)
		find_missing(&listing, k);
	find_rest(&listing);
	find_unlisted(&listing, back);
	set_causes(&listing, before);
}
