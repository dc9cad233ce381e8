/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/library.h"

#include <elf.h>

#include "base/memory.h"
#include "base/quote.h"
#include "elf/object.h"
#include "formats/archive/ar.h"

enum truth {
	TRUE_INDEX,
	FALSE_INDEX,
	UNKNOWN_INDEX, /* a member does not say what it defines */
};

/* How often one may say why; a library has thousands of members. */
#define TEXT_MAX 64

struct side {
	const char *whose;
	const struct assay_contents *contents;
	struct assay_ar_index index;
	enum truth truth;
	char *why; /* owned; when false */
};

static void side_fini(struct side *side)
{
	assay_ar_index_fini(&side->index);
	free(side->why);
}
#define AUTO_SIDE ASSAY_AUTO(side_fini)

/* Whether only a compiler's plugin knows what a member defines. */
static bool holds_intermediate_code(const struct assay_elf *elf)
{
	static const char *const prefixes[] = { ".gnu.lto_", ".llvmbc", ".llvm.lto" };

	for (size_t i = 0; i < elf->section_count; i++)
		for (size_t k = 0; k < ASSAY_ARRAY_LEN(prefixes); k++)
			if (assay_span_starts(elf->sections[i].name, prefixes[k],
			                      strlen(prefixes[k])))
				return true;
	return false;
}

static bool is_indexed(const struct assay_elf_symbol *symbol)
{
	unsigned bind = ELF64_ST_BIND(symbol->info);

	return (bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE) &&
	       (symbol->reserved || symbol->section != SHN_UNDEF);
}

static void say_wrong(struct side *side, const char *what, struct assay_span name, size_t member)
{
	ASSAY_AUTO_BUFFER struct assay_buffer quoted = { 0 };
	ASSAY_AUTO_FREE char *of = assay_quoted(side->contents->entries[member].name);

	side->truth = FALSE_INDEX;
	assay_quote(&quoted, assay_span_sub(name, 0, TEXT_MAX));
	side->why = assay_asprintf("it %s %s of %s", what, assay_buffer_str(&quoted), of);
}

/* The rows of one member. at: the next row; moved on */
static void check_member(struct side *side, size_t member, size_t *at)
{
	ASSAY_AUTO_ELF_OBJECT struct assay_elf_object object = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	const struct assay_ar_index *index = &side->index;

	if (assay_elf_object_parse(side->contents->entries[member].content, &object, &err) < 0 ||
	    holds_intermediate_code(&object.elf)) {
		side->truth = UNKNOWN_INDEX;
		return;
	}
	for (size_t i = 0; i < object.symbol_count && side->truth == TRUE_INDEX; i++) {
		struct assay_span name = object.symbols[i].name;

		if (!is_indexed(&object.symbols[i]))
			continue;
		if (*at < index->count && index->symbols[*at].member == member &&
		    assay_span_equal(index->symbols[*at].name, name))
			(*at)++;
		else
			say_wrong(side, "lacks symbol", name, member);
	}
}

static void check_side(struct side *side)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	size_t at = 0;

	if (assay_ar_index_read(side->contents, &side->index, &err) < 0) {
		side->truth = FALSE_INDEX;
		side->why = assay_strdup(err.text);
		return;
	}
	for (size_t i = 0; i < side->contents->entry_count && side->truth == TRUE_INDEX; i++)
		if (side->index.there)
			check_member(side, i, &at);
	if (side->truth == TRUE_INDEX && at < side->index.count)
		say_wrong(side, "names symbol", side->index.symbols[at].name,
		          side->index.symbols[at].member);
}

static bool say_the_same(const struct side *a, const struct side *b,
                         const struct assay_pairing *pairing)
{
	if (a->index.there != b->index.there || a->index.count != b->index.count)
		return false;
	for (size_t i = 0; i < a->index.count; i++)
		if (pairing->rebuilt_of[a->index.symbols[i].member] != b->index.symbols[i].member ||
		    !assay_span_equal(a->index.symbols[i].name, b->index.symbols[i].name))
			return false;
	return true;
}

static void find(struct assay_node *node, enum assay_class class, const struct side *side)
{
	struct assay_finding place = assay_node_place(node, 0, 0, class, NULL);

	place.cause = class == ASSAY_CLASS_UNEXPLAINED ? NULL : "ar/false-index";
	(void)assay_comparison_find(assay_node_found(node), &place,
	                            "the symbol index of the %s file is wrong: %s", side->whose,
	                            side->why);
}

void assay_library_check(const struct assay_container *container,
                         const struct assay_pairing *pairing)
{
	AUTO_SIDE struct side a = { .whose = "delivered", .contents = container->delivered };
	AUTO_SIDE struct side b = { .whose = "rebuilt", .contents = container->rebuilt };
	struct assay_finding place =
		assay_node_place(container->node, 0, 0, ASSAY_CLASS_UNEXPLAINED, NULL);
	bool same;

	if (!assay_ar_is_library(a.contents) || !assay_ar_is_library(b.contents))
		return;
	check_side(&a);
	check_side(&b);
	/* An index that is wrong in both files in the same way is no difference, but worth saying. */
	same = say_the_same(&a, &b, pairing);
	if (a.truth == FALSE_INDEX)
		find(container->node, same ? ASSAY_CLASS_IDENTICAL : ASSAY_CLASS_UNEXPLAINED, &a);
	if (b.truth == FALSE_INDEX)
		find(container->node, same ? ASSAY_CLASS_IDENTICAL : ASSAY_CLASS_UNEXPLAINED, &b);
	if (!same && (a.truth == UNKNOWN_INDEX || b.truth == UNKNOWN_INDEX))
		(void)assay_comparison_find(assay_node_found(container->node), &place,
		                            "the symbol indexes say different things, and members "
		                            "do not tell which is right");
	else if (a.index.there != b.index.there)
		(void)assay_comparison_find(assay_node_found(container->node), &place,
		                            "only the %s file has a symbol index",
		                            a.index.there ? "delivered" : "rebuilt");
}
