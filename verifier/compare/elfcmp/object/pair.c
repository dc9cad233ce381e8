/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/object/pair.h"

#include <elf.h>
#include <stdarg.h>

#include "base/memory.h"
#include "base/quote.h"
#include "elf/layout.h"

#define FINDINGS_MAX 64 /* disagreements listed; the rest is counted */

/* The kernel cuts off what stands in front of these bytes at the end of a file.
 * Source: Linux include/linux/module_signature.h, MODULE_SIG_STRING */
static const char signature_mark[] = "~Module signature appended~\n";

void assay_object_disagree(struct assay_object_pair *pair, struct assay_elf_extent at,
                           const char *fmt, ...)
{
	struct assay_finding place;
	ASSAY_AUTO_FREE char *text = NULL;
	va_list args;

	if (pair->disagreements++ >= FINDINGS_MAX)
		return;
	if (at.offset > pair->node->delivered.len)
		at = (struct assay_elf_extent){ pair->node->delivered.len, 0 };
	place = assay_node_place(pair->node, at.offset, at.length, ASSAY_CLASS_UNEXPLAINED, NULL);
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	(void)assay_comparison_find(assay_node_found(pair->node), &place, "%s",
	                            text != NULL ? text : "they disagree");
}

struct assay_elf_extent assay_object_header_at(const struct assay_object_side *side, size_t section)
{
	uint64_t size = assay_elf_section_record.size[side->object.elf.width];

	return (struct assay_elf_extent){ side->object.elf.shoff + section * size, size };
}

static char *named(struct assay_span name, size_t index)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (name.len == 0)
		return assay_asprintf("%zu", index);
	assay_quote(&text, name);
	return assay_strdup(assay_buffer_str(&text));
}

char *assay_object_section_name(const struct assay_object_side *side, size_t section)
{
	return named(side->object.elf.sections[section].name, section);
}

char *assay_object_symbol_name(const struct assay_object_side *side, size_t symbol)
{
	const struct assay_elf_symbol *s = &side->object.symbols[symbol];
	ASSAY_AUTO_FREE char *section = NULL;

	if (s->name.len > 0 || s->reserved || ELF64_ST_TYPE(s->info) != STT_SECTION)
		return named(s->name, symbol);
	section = assay_object_section_name(side, s->section);
	return assay_asprintf("of section %s", section);
}

static bool ends_with_signature(struct assay_span file)
{
	size_t len = strlen(signature_mark);

	return file.len >= len && memcmp(file.ptr + file.len - len, signature_mark, len) == 0;
}

/* What goes on behind its end is more than what this reader has read. */
static void prove_ends(struct assay_object_pair *pair)
{
	const struct assay_object_side *const sides[2] = { pair->delivered, pair->rebuilt };

	for (size_t i = 0; i < 2; i++) {
		struct assay_span file = sides[i]->object.elf.file;
		uint64_t end = sides[i]->object.end;
		struct assay_elf_extent at = { end, i == 0 ? file.len - end : 0 };

		if (end < file.len)
			assay_object_disagree(pair, at,
			                      "the %s file has bytes behind the end of everything",
			                      i == 0 ? "delivered" : "rebuilt");
		else if (ends_with_signature(file))
			assay_object_disagree(pair, at,
			                      "the %s file ends as a signed kernel module does",
			                      i == 0 ? "delivered" : "rebuilt");
	}
}

static bool same_kind(const struct assay_elf *a, const struct assay_elf *b)
{
	return a->width == b->width && a->big_endian == b->big_endian && a->machine == b->machine;
}

static void count_rest(struct assay_object_pair *pair)
{
	struct assay_finding place =
		assay_node_place(pair->node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);

	if (pair->disagreements > FINDINGS_MAX)
		(void)assay_comparison_find(assay_node_found(pair->node), &place,
		                            "%zu more sections, symbols or references differ",
		                            pair->disagreements - FINDINGS_MAX);
}

void assay_object_prove(struct assay_object_pair *pair)
{
	const struct assay_elf *a = &pair->delivered->object.elf;
	const struct assay_elf *b = &pair->rebuilt->object.elf;

	prove_ends(pair);
	if (!same_kind(a, b))
		assay_object_disagree(pair, (struct assay_elf_extent){ 0, 0 },
		                      "class, byte order or machine differ");
	else
		assay_object_prove_sections(pair);
	/* Without sections that are counterparts, places and numbers mean nothing. */
	if (pair->disagreements == 0) {
		assay_object_prove_symbols(pair);
		assay_object_prove_references(pair);
		assay_object_prove_names(pair);
	}
	count_rest(pair);
}
