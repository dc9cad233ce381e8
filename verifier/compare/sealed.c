/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/sealed.h"

#include "base/memory.h"
#include "base/quote.h"
#include "compare/pair.h"
#include "compare/transplant.h"

/* Where an entry stands: its parts follow each other. Return: false when they do not */
static bool place_of(const struct assay_contents *contents, const struct assay_entry *entry,
                     struct assay_run *out)
{
	const struct assay_part *parts = contents->parts + entry->first_part;

	*out = (struct assay_run){ .exact = true };
	for (size_t i = 0; i < entry->part_count; i++) {
		if (i == 0)
			out->offset = parts[i].offset;
		else if (parts[i].offset != out->offset + out->length)
			return false;
		out->length += parts[i].length;
	}
	return true;
}

bool assay_is_sealed(const struct assay_container *container, size_t entry, size_t counterpart)
{
	const struct assay_entry *a = &container->delivered->entries[entry], *b;
	const struct assay_transplant_rule *rule = assay_transplant_find(a->opaque);
	struct assay_run ignored;

	if (rule == NULL || !rule->resizes || !place_of(container->delivered, a, &ignored))
		return false;
	if (counterpart == ASSAY_UNPAIRED)
		return true;
	b = &container->rebuilt->entries[counterpart];
	return b->opaque != NULL && strcmp(a->opaque, b->opaque) == 0 &&
	       place_of(container->rebuilt, b, &ignored);
}

static void explain(struct assay_walk *walk, struct assay_node *node, const char *name,
                    const struct assay_run *run, const char *rule)
{
	struct assay_span value = assay_span_sub(node->delivered, run->offset, run->length);
	struct assay_transplant record = {
		.offset = run->offset,
		.rule = rule,
		.what = "member",
		.value = { (uint8_t *)(uintptr_t)value.ptr, value.len }, /* copied from */
	};
	enum assay_class class = ASSAY_CLASS_UNEXPLAINED;

	if (assay_transplant_note(walk, node, &record))
		class = ASSAY_CLASS_TRANSPLANTED;
	if (class == ASSAY_CLASS_TRANSPLANTED)
		assay_ledger_explain(&node->ledger, run->offset, run->length, class, rule);
	(void)assay_node_find_run(node, run, class, rule, name);
}

void assay_sealed_compare(struct assay_walk *walk, const struct assay_container *container,
                          size_t entry, size_t counterpart)
{
	const struct assay_entry *a = &container->delivered->entries[entry];
	struct assay_node *node = container->node;
	ASSAY_AUTO_FREE char *name = assay_quoted(a->name);
	struct assay_run run = { 0 }, other = { 0 };

	(void)place_of(container->delivered, a, &run);
	if (counterpart != ASSAY_UNPAIRED)
		(void)place_of(container->rebuilt, &container->rebuilt->entries[counterpart],
		               &other);
	run.rebuilt_offset = other.offset;
	run.rebuilt_length = other.length;
	if (assay_span_equal(assay_span_sub(node->delivered, run.offset, run.length),
	                     assay_span_sub(node->rebuilt, other.offset, other.length)))
		assay_ledger_explain(&node->ledger, run.offset, run.length, ASSAY_CLASS_IDENTICAL,
		                     NULL);
	else
		explain(walk, node, name, &run, a->opaque);
}
