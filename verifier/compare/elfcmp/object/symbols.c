/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof about symbols. Both tables are put into an order of their own, in which symbols whose
 * place in the table could matter keep it, and then read side by side:
 *
 * - undefined and common symbols all keep their order: LLD takes members out of libraries, and
 *   every linker lays out common symbols, in that order;
 * - so do mapping symbols ($a, $d, $x …), which tell linkers code from data;
 * - symbols of one name keep their order: livepatch counts them (klp_find_callback);
 * - so do those of one name and several versions (foo, foo@V1, foo@@V2): of foo and foo@@V2, LLD
 *   binds to the one that it saw first;
 * - so do undefined symbols and weak ones together: before version 12 LLD took a member out of a
 *   library as soon as it saw what is undefined, and of two weak symbols the first counts;
 * - and in a BPF file all of them do: libbpf makes its programs from them one by one;
 * - symbols of other names are found by their names, whatever their order.
 *
 * Source: LLD ELF/InputFiles.cpp, ObjFile::initializeSymbols and postParse, ELF/SymbolTable.cpp,
 *         SymbolTable::insert; ELF for the Arm
 *         Architecture, 5.5.5 "Mapping symbols"; Linux kernel/livepatch/core.c; libbpf.c,
 *         bpf_object__add_programs.
 */
#include <elf.h>
#include <inttypes.h>

#include "base/memory.h"
#include "compare/elfcmp/object/pair.h"
#include "elf/layout.h"

enum group {
	GROUP_ORDERED, /* undefined, common */
	GROUP_MAPPING,
	GROUP_FILE,
	GROUP_SECTION, /* by section */
	GROUP_NAMED,   /* by name */
};

/* A symbol in the order of this file's comment. */
struct entry {
	const struct assay_elf_symbol *symbol;
	enum group group;
	uint64_t place; /* the section, as both files mean it */
	size_t index;
};

struct list {
	const struct assay_object_side *side;
	struct entry *entries;
	size_t count, next;
};

#define PLACE_RESERVED ((uint64_t)1 << 32) /* and the number */
#define PLACE_PART ((uint64_t)2 << 32)     /* and what the section is */

static uint64_t place_of(const struct assay_object_side *side,
                         const struct assay_elf_symbol *symbol)
{
	if (symbol->reserved)
		return PLACE_RESERVED | symbol->section;
	if (side->parts[symbol->section] == ASSAY_OBJECT_FIRM)
		return side->rank[symbol->section] + 1;
	return symbol->section == SHN_UNDEF ? 0 : PLACE_PART | side->parts[symbol->section];
}

static bool is_local(const struct assay_elf_symbol *symbol)
{
	return ELF64_ST_BIND(symbol->info) == STB_LOCAL;
}

static enum group group_of(const struct assay_object_side *side,
                           const struct assay_elf_symbol *symbol)
{
	bool defined = symbol->reserved ? symbol->section == SHN_ABS : symbol->section != SHN_UNDEF;

	if (ELF64_ST_TYPE(symbol->info) == STT_SECTION && is_local(symbol) && defined)
		return GROUP_SECTION;
	if (ELF64_ST_TYPE(symbol->info) == STT_FILE && is_local(symbol) && defined)
		return GROUP_FILE;
	if (!defined || side->object.elf.machine == EM_BPF)
		return GROUP_ORDERED;
	return assay_span_starts(symbol->name, "$", 1) ? GROUP_MAPPING : GROUP_NAMED;
}

static int name_order(struct assay_span a, struct assay_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* By what is the same in both files. */
static int key_order(const struct entry *a, const struct entry *b)
{
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->group == GROUP_SECTION)
		return a->place < b->place ? -1 : a->place > b->place;
	return a->group == GROUP_NAMED ? name_order(a->symbol->name, b->symbol->name) : 0;
}

static int by_key(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = key_order(a, b);

	if (order != 0)
		return order;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* All symbols but those of sections that a rule covers. */
static void list_init(const struct assay_object_side *side, struct list *out)
{
	const struct assay_elf_object *object = &side->object;

	*out = (struct list){ .side = side };
	out->entries = assay_calloc(object->symbol_count, sizeof(*out->entries));
	for (size_t i = 1; i < object->symbol_count; i++) {
		const struct assay_elf_symbol *symbol = &object->symbols[i];

		if (!symbol->reserved && side->parts[symbol->section] == ASSAY_OBJECT_SOFT)
			continue;
		out->entries[out->count++] =
			(struct entry){ symbol, group_of(side, symbol), place_of(side, symbol), i };
	}
	qsort(out->entries, out->count, sizeof(*out->entries), by_key);
}

static void list_fini(struct list *list)
{
	free(list->entries);
}
#define AUTO_LIST ASSAY_AUTO(list_fini)

static bool same_symbol(const struct entry *a, const struct entry *b)
{
	const struct assay_elf_symbol *x = a->symbol, *y = b->symbol;

	return a->place == b->place && x->value == y->value && x->size == y->size &&
	       x->info == y->info && x->other == y->other && assay_span_equal(x->name, y->name);
}

static struct assay_elf_extent place_in_file(const struct assay_object_side *side, size_t symbol)
{
	const struct assay_elf *elf = &side->object.elf;
	uint64_t size = assay_elf_symbol_record.size[elf->width];

	if (!side->delivered)
		return (struct assay_elf_extent){ UINT64_MAX, 0 };
	return (struct assay_elf_extent){ elf->sections[side->object.symtab].offset + symbol * size,
		                          size };
}

/* --- what may be missing --- */

/* A name for an empty section symbol is no more than the section that is there. */
static bool says_nothing(const struct list *list, const struct entry *entry)
{
	const struct assay_elf_symbol *s = entry->symbol;

	return entry->group == GROUP_SECTION && !list->side->used[entry->index] &&
	       s->name.len == 0 && s->value == 0 && s->size == 0 && s->other == 0 && !s->reserved &&
	       list->side->parts[s->section] == ASSAY_OBJECT_FIRM;
}

static bool may_be_missing(const struct list *list, const struct entry *entry)
{
	const struct assay_elf_symbol *s = entry->symbol;

	if (list->side->used[entry->index] || !is_local(s))
		return false;
	if (entry->group == GROUP_NAMED && (ELF64_ST_TYPE(s->info) > STT_FUNC || s->reserved))
		return false;
	return entry->group == GROUP_NAMED || entry->group == GROUP_FILE ||
	       entry->group == GROUP_SECTION;
}

/* Of several symbols of one name only those of compilers' own labels: nobody counts them. */
static bool may_be_missing_here(const struct list *list, const struct entry *entry)
{
	return may_be_missing(list, entry) &&
	       (entry->group != GROUP_NAMED || assay_span_starts(entry->symbol->name, ".L", 2));
}

/* --- reading side by side --- */

static void say_alone(struct assay_object_pair *pair, const struct list *list,
                      const struct entry *entry)
{
	ASSAY_AUTO_FREE char *name = assay_object_symbol_name(list->side, entry->index);

	assay_object_disagree(pair, place_in_file(list->side, entry->index),
	                      "symbol %s: only in the %s file", name,
	                      list->side->delivered ? "delivered" : "rebuilt");
}

static void say_field(struct assay_object_pair *pair, const struct entry *entry, const char *what,
                      uint64_t delivered, uint64_t rebuilt)
{
	ASSAY_AUTO_FREE char *name = NULL;

	if (delivered == rebuilt)
		return;
	name = assay_object_symbol_name(pair->delivered, entry->index);
	assay_object_disagree(pair, place_in_file(pair->delivered, entry->index),
	                      "symbol %s: %s, delivered 0x%" PRIx64 ", rebuilt 0x%" PRIx64, name,
	                      what, delivered, rebuilt);
}

static void say_different(struct assay_object_pair *pair, const struct entry *a,
                          const struct entry *b)
{
	const struct assay_elf_symbol *x = a->symbol, *y = b->symbol;
	ASSAY_AUTO_FREE char *other = NULL;
	ASSAY_AUTO_FREE char *name = NULL;

	if (!assay_span_equal(x->name, y->name)) {
		name = assay_object_symbol_name(pair->delivered, a->index);
		other = assay_object_symbol_name(pair->rebuilt, b->index);
		assay_object_disagree(pair, place_in_file(pair->delivered, a->index),
		                      "symbol %s stands where the rebuilt file has %s", name,
		                      other);
	}
	say_field(pair, a, "section", a->place, b->place);
	say_field(pair, a, "value", x->value, y->value);
	say_field(pair, a, "size", x->size, y->size);
	say_field(pair, a, "binding", ELF64_ST_BIND(x->info), ELF64_ST_BIND(y->info));
	say_field(pair, a, "type", ELF64_ST_TYPE(x->info), ELF64_ST_TYPE(y->info));
	say_field(pair, a, "st_other", x->other, y->other);
}

static const struct entry *front(const struct list *list)
{
	return list->next < list->count ? &list->entries[list->next] : NULL;
}

static void only_delivered(struct assay_object_pair *pair, struct list *list)
{
	const struct entry *entry = &list->entries[list->next++];

	if (!says_nothing(list, entry))
		say_alone(pair, list, entry);
}

static void only_rebuilt(struct assay_object_pair *pair, struct list *list)
{
	const struct entry *entry = &list->entries[list->next++];

	if (!may_be_missing(list, entry))
		say_alone(pair, list, entry);
	else
		pair->missing += entry->group == GROUP_NAMED;
}

static void both(struct assay_object_pair *pair, struct list *a, struct list *b)
{
	const struct entry *x = &a->entries[a->next], *y = &b->entries[b->next];

	/* Of labels that are alike the one that is used is not the one that is missing. */
	if ((!same_symbol(x, y) || a->side->used[x->index]) && may_be_missing_here(b, y)) {
		pair->missing += y->group == GROUP_NAMED;
		b->next++;
		return;
	}
	if (!same_symbol(x, y))
		say_different(pair, x, y);
	pair->delivered->symbols[x->index] = y->index;
	pair->rebuilt->symbols[y->index] = x->index;
	pair->renumbered += x->index != y->index;
	a->next++;
	b->next++;
}

/* --- what keeps its order though the names differ --- */

/* In: two entries of the delivered file, in its order; symbols were paired. Return: whether their
 * counterparts stand in that order, if both have one */
static bool keep_order(struct assay_object_pair *pair, const struct entry *a, const struct entry *b,
                       const char *what)
{
	const size_t *peers = pair->delivered->symbols;
	ASSAY_AUTO_FREE char *name = NULL;

	if (peers[a->index] == ASSAY_ELF_NONE || peers[b->index] == ASSAY_ELF_NONE ||
	    peers[a->index] < peers[b->index])
		return true;
	name = assay_object_symbol_name(pair->delivered, b->index);
	assay_object_disagree(pair, place_in_file(pair->delivered, b->index),
	                      "symbol %s: %s stand in another order", name, what);
	return false;
}

/* Its name without the version. */
static struct assay_span stem_of(struct assay_span name)
{
	const uint8_t *at = name.len > 0 ? memchr(name.ptr, '@', name.len) : NULL;

	return at == NULL ? name : assay_span_of(name.ptr, (size_t)(at - name.ptr));
}

static int by_index(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	return a->index < b->index ? -1 : a->index > b->index;
}

static int by_stem(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = name_order(stem_of(a->symbol->name), stem_of(b->symbol->name));

	return order != 0 ? order : by_index(left, right);
}

static bool is_seen_by_others(const struct entry *entry)
{
	return !is_local(entry->symbol);
}

static bool is_weak_or_undefined(const struct entry *entry)
{
	return is_seen_by_others(entry) &&
	       (entry->group == GROUP_ORDERED || ELF64_ST_BIND(entry->symbol->info) == STB_WEAK);
}

/* Some of a list, in an order. Owner: caller frees. */
static struct entry *choose(const struct list *list, bool (*wanted)(const struct entry *),
                            int (*order)(const void *, const void *), size_t *count)
{
	struct entry *found = assay_calloc(list->count, sizeof(*found));

	*count = 0;
	for (size_t i = 0; i < list->count; i++)
		if (wanted(&list->entries[i]))
			found[(*count)++] = list->entries[i];
	qsort(found, *count, sizeof(*found), order);
	return found;
}

static void prove_versions(struct assay_object_pair *pair, const struct list *list)
{
	size_t count;
	ASSAY_AUTO_FREE struct entry *entries = choose(list, is_seen_by_others, by_stem, &count);

	for (size_t i = 1; i < count; i++)
		if (assay_span_equal(stem_of(entries[i - 1].symbol->name),
		                     stem_of(entries[i].symbol->name)) &&
		    !keep_order(pair, &entries[i - 1], &entries[i], "versions of its name"))
			return;
}

static void prove_weak(struct assay_object_pair *pair, const struct list *list)
{
	size_t count;
	ASSAY_AUTO_FREE struct entry *entries =
		choose(list, is_weak_or_undefined, by_index, &count);

	for (size_t i = 1; i < count; i++)
		if (!keep_order(pair, &entries[i - 1], &entries[i], "weak and undefined ones"))
			return;
}

void assay_object_prove_symbols(struct assay_object_pair *pair)
{
	AUTO_LIST struct list a = { 0 };
	AUTO_LIST struct list b = { 0 };

	list_init(pair->delivered, &a);
	list_init(pair->rebuilt, &b);
	while (front(&a) != NULL || front(&b) != NULL) {
		int order = front(&a) == NULL   ? 1
		            : front(&b) == NULL ? -1
		                                : key_order(front(&a), front(&b));

		if (order < 0)
			only_delivered(pair, &a);
		else if (order > 0)
			only_rebuilt(pair, &b);
		else
			both(pair, &a, &b);
	}
	prove_versions(pair, &a);
	prove_weak(pair, &a);
}

bool assay_object_same_symbol(const struct assay_object_pair *pair, size_t delivered,
                              size_t rebuilt)
{
	const struct assay_object_side *a = pair->delivered, *b = pair->rebuilt;
	size_t peer;

	if (delivered == 0 || rebuilt == 0)
		return delivered == rebuilt;
	peer = a->symbols[delivered];
	if (peer == rebuilt)
		return true;
	if (peer == ASSAY_ELF_NONE)
		return false;
	/* Two symbols that are equal in everything are one. */
	return same_symbol(&(struct entry){ .symbol = &b->object.symbols[peer],
	                                    .place = place_of(b, &b->object.symbols[peer]) },
	                   &(struct entry){ .symbol = &b->object.symbols[rebuilt],
	                                    .place = place_of(b, &b->object.symbols[rebuilt]) });
}

const struct assay_elf_rule *assay_object_symbol_rule(const struct assay_object_pair *pair)
{
	return pair->missing > 0 ? &assay_elf_rule_local_symbols : &assay_elf_rule_symbol_order;
}
