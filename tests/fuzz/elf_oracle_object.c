/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf_oracle.h"

#include <elf.h>
#include <string.h>

/* A section header; fields as in the gABI. */
struct section {
	uint64_t name, type, flags, offset, size, link, info, align, entsize;
};

struct symbol {
	uint64_t name, value, size, info, other, section;
};

static bool is(uint64_t a, uint64_t b)
{
	return a == b;
}

static struct section section_at(const struct elf_view *v, uint64_t index)
{
	uint64_t at =
		elf_view_at(v, v->wide ? 40 : 32, v->wide ? 8 : 4) + index * (v->wide ? 64 : 40);

	if (v->wide)
		return (struct section){ elf_view_at(v, at, 4),      elf_view_at(v, at + 4, 4),
			                 elf_view_at(v, at + 8, 8),  elf_view_at(v, at + 24, 8),
			                 elf_view_at(v, at + 32, 8), elf_view_at(v, at + 40, 4),
			                 elf_view_at(v, at + 44, 4), elf_view_at(v, at + 48, 8),
			                 elf_view_at(v, at + 56, 8) };
	return (struct section){ elf_view_at(v, at, 4),      elf_view_at(v, at + 4, 4),
		                 elf_view_at(v, at + 8, 4),  elf_view_at(v, at + 16, 4),
		                 elf_view_at(v, at + 20, 4), elf_view_at(v, at + 24, 4),
		                 elf_view_at(v, at + 28, 4), elf_view_at(v, at + 32, 4),
		                 elf_view_at(v, at + 36, 4) };
}

static uint64_t section_count(const struct elf_view *v)
{
	uint64_t count = elf_view_at(v, v->wide ? 60 : 48, 2);

	return count != 0 ? count : section_at(v, 0).size;
}

static const char *string_at(const struct elf_view *v, const struct section *table, uint64_t offset)
{
	uint64_t at = table->offset + offset;

	fuzz_assert(at < v->file->len && memchr(v->file->bytes + at, 0, v->file->len - at) != NULL);
	return (const char *)v->file->bytes + at;
}

static const char *name_of(const struct elf_view *v, const struct section *section)
{
	uint64_t index = elf_view_at(v, v->wide ? 62 : 50, 2);
	struct section names;

	if (index == SHN_XINDEX)
		index = section_at(v, 0).link;
	names = section_at(v, index);
	return string_at(v, &names, section->name);
}

/* The next section that is loaded, from an index on; section_count when there is none. */
static uint64_t next_loaded(const struct elf_view *v, uint64_t from)
{
	while (from < section_count(v) && (section_at(v, from).flags & SHF_ALLOC) == 0)
		from++;
	return from;
}

static void check_content(const struct elf_view *a, const struct section *x,
                          const struct elf_view *b, const struct section *y)
{
	for (uint64_t i = 0; x->type != SHT_NOBITS && i < x->size; i++) {
		bool id = elf_view_in_build_id(a, x->offset + i) &&
		          elf_view_in_build_id(b, y->offset + i);

		fuzz_assert(id ||
		            is(elf_view_at(a, x->offset + i, 1), elf_view_at(b, y->offset + i, 1)));
	}
}

static struct symbol symbol_at(const struct elf_view *v, const struct section *table,
                               uint64_t index)
{
	uint64_t at = table->offset + index * (v->wide ? 24 : 16);

	if (v->wide)
		return (struct symbol){ elf_view_at(v, at, 4),      elf_view_at(v, at + 8, 8),
			                elf_view_at(v, at + 16, 8), elf_view_at(v, at + 4, 1),
			                elf_view_at(v, at + 5, 1),  elf_view_at(v, at + 6, 2) };
	return (struct symbol){ elf_view_at(v, at, 4),      elf_view_at(v, at + 4, 4),
		                elf_view_at(v, at + 8, 4),  elf_view_at(v, at + 12, 1),
		                elf_view_at(v, at + 13, 1), elf_view_at(v, at + 14, 2) };
}

/* Where a symbol is: the how-manieth loaded section, or a number that stands for itself. */
static uint64_t place_of(const struct elf_view *v, uint64_t section)
{
	uint64_t rank = 0;

	if (section == SHN_UNDEF || section >= SHN_LORESERVE)
		return UINT64_MAX - section;
	for (uint64_t i = next_loaded(v, 0); i < section; i = next_loaded(v, i + 1))
		rank++;
	return rank;
}

static bool same_symbol(const struct elf_view *a, const struct section *in_a, uint64_t i,
                        const struct elf_view *b, const struct section *in_b, uint64_t k)
{
	struct symbol x = symbol_at(a, in_a, i), y = symbol_at(b, in_b, k);
	struct section names_a = section_at(a, in_a->link), names_b = section_at(b, in_b->link);

	return x.value == y.value && x.size == y.size && x.info == y.info && x.other == y.other &&
	       place_of(a, x.section) == place_of(b, y.section) &&
	       strcmp(string_at(a, &names_a, x.name), string_at(b, &names_b, y.name)) == 0;
}

/* The table of relocations of a loaded section; section_count when there is none. */
static uint64_t relocs_of(const struct elf_view *v, uint64_t target)
{
	for (uint64_t i = 0; i < section_count(v); i++) {
		struct section s = section_at(v, i);

		if ((s.type == SHT_REL || s.type == SHT_RELA) && s.info == target)
			return i;
	}
	return section_count(v);
}

static bool is_mips64le(const struct elf_view *v)
{
	return v->wide && !v->big && elf_view_at(v, 18, 2) == EM_MIPS;
}

static void check_relocs(const struct elf_view *a, const struct section *x,
                         const struct elf_view *b, const struct section *y)
{
	struct section table_a = section_at(a, x->link), table_b = section_at(b, y->link);
	size_t word = a->wide ? 8 : 4;
	uint64_t entry = (x->type == SHT_RELA ? 3 : 2) * word;

	fuzz_assert(is(x->type, y->type) && is(x->size, y->size));
	for (uint64_t i = 0; i < x->size / entry; i++) {
		uint64_t at_a = x->offset + i * entry, at_b = y->offset + i * entry;
		uint64_t info_a = elf_view_at(a, at_a + word, word);
		uint64_t info_b = elf_view_at(b, at_b + word, word);
		unsigned shift = a->wide ? 32 : 8;

		fuzz_assert(is(elf_view_at(a, at_a, word), elf_view_at(b, at_b, word)));
		if (entry == 3 * word)
			fuzz_assert(is(elf_view_at(a, at_a + 2 * word, word),
			               elf_view_at(b, at_b + 2 * word, word)));
		if (is_mips64le(a))
			continue; /* r_info is of another make there */
		fuzz_assert(is(info_a & ((1ULL << shift) - 1), info_b & ((1ULL << shift) - 1)));
		fuzz_assert(
			same_symbol(a, &table_a, info_a >> shift, b, &table_b, info_b >> shift));
	}
}

static void check_section(const struct elf_view *a, uint64_t i, const struct elf_view *b,
                          uint64_t k)
{
	struct section x = section_at(a, i), y = section_at(b, k);
	uint64_t relocs_a = relocs_of(a, i), relocs_b = relocs_of(b, k);
	struct section r, s;

	fuzz_assert(is(x.type, y.type) && is(x.flags, y.flags) && is(x.size, y.size) &&
	            is(x.align, y.align) && is(x.entsize, y.entsize));
	fuzz_assert(strcmp(name_of(a, &x), name_of(b, &y)) == 0);
	check_content(a, &x, b, &y);
	fuzz_assert((relocs_a < section_count(a)) == (relocs_b < section_count(b)));
	if (relocs_a == section_count(a))
		return;
	r = section_at(a, relocs_a);
	s = section_at(b, relocs_b);
	check_relocs(a, &r, b, &s);
}

static struct section symtab_of(const struct elf_view *v)
{
	for (uint64_t i = 0; i < section_count(v); i++)
		if (section_at(v, i).type == SHT_SYMTAB)
			return section_at(v, i);
	return (struct section){ 0 };
}

/* Each symbol of one file that others see is one of the other file. */
static void check_symbols(const struct elf_view *a, const struct elf_view *b)
{
	struct section in_a = symtab_of(a), in_b = symtab_of(b);
	uint64_t entry = a->wide ? 24 : 16;

	for (uint64_t i = 0; i < in_a.size / entry; i++) {
		bool found = false;

		if (symbol_at(a, &in_a, i).info >> 4 == STB_LOCAL)
			continue;
		for (uint64_t k = 0; k < in_b.size / entry && !found; k++)
			found = same_symbol(a, &in_a, i, b, &in_b, k);
		fuzz_assert(found);
	}
}

void elf_oracle_object(const struct fuzz_pair *pair)
{
	struct elf_view a = elf_view_of(&pair->delivered), b = elf_view_of(&pair->rebuilt);
	uint64_t i = next_loaded(&a, 0), k = next_loaded(&b, 0);

	fuzz_assert(memcmp(a.file->bytes, b.file->bytes, 24) == 0);
	fuzz_assert(is(elf_view_at(&a, a.wide ? 48 : 36, 4), elf_view_at(&b, b.wide ? 48 : 36, 4)));
	while (i < section_count(&a) && k < section_count(&b)) {
		check_section(&a, i, &b, k);
		i = next_loaded(&a, i + 1);
		k = next_loaded(&b, k + 1);
	}
	fuzz_assert(i == section_count(&a) && k == section_count(&b));
	check_symbols(&a, &b);
	check_symbols(&b, &a);
}
