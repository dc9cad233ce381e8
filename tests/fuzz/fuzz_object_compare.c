/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two relocatable ELF files made from one (edits.h).
 *
 * Claims: no crash; a sound ledger; equal files and no others are identical, both ways round; and
 * if it is a match, what a linker sees of the delivered file is what it sees of the rebuilt one,
 * by a computation of its own (the oracle below): sections that are not debugging information,
 * with headers, contents and relocations, in their order, and symbols.
 */
#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "edits.h"
#include "fuzz.h"

#define BUILD_ID_NAME ".note.gnu.build-id"
#define BUILD_ID_AT 16

/* --- the oracle: a file as a linker sees it, without any of assay's ELF code --- */

struct view {
	const struct fuzz_file *file;
	bool wide, big, mips;
	uint64_t shoff, shnum, shstrndx, symtab;
};

static uint64_t at(const struct view *view, uint64_t offset, size_t width)
{
	fuzz_assert(offset <= view->file->len && width <= view->file->len - offset);
	return assay_load(view->file->bytes + offset, width, view->big);
}

/* A field of a section header, by its offset in 32 and 64 bits. */
static uint64_t section(const struct view *view, uint64_t i, size_t narrow, size_t wide)
{
	bool word = wide < 8 || wide == 40 || wide == 44;
	size_t width = view->wide && !word ? 8 : 4;

	return at(view, view->shoff + i * (view->wide ? 64 : 40) + (view->wide ? wide : narrow),
	          width);
}

#define SH_NAME 0, 0
#define SH_TYPE 4, 4
#define SH_FLAGS 8, 8
#define SH_ADDR 12, 16
#define SH_OFFSET 16, 24
#define SH_SIZE 20, 32
#define SH_LINK 24, 40
#define SH_INFO 28, 44
#define SH_ALIGN 32, 48
#define SH_ENTSIZE 36, 56

static const char *string(const struct view *view, uint64_t table, uint64_t offset)
{
	uint64_t start = section(view, table, SH_OFFSET) + offset;
	uint64_t end = section(view, table, SH_OFFSET) + section(view, table, SH_SIZE);

	fuzz_assert(start < end && end <= view->file->len);
	fuzz_assert(memchr(view->file->bytes + start, 0, end - start) != NULL);
	return (const char *)view->file->bytes + start;
}

static const char *name(const struct view *view, uint64_t i)
{
	return string(view, view->shstrndx, section(view, i, SH_NAME));
}

static struct view look(const struct fuzz_file *file)
{
	struct view view = { .file = file };

	fuzz_assert(file->len >= 52 && memcmp(file->bytes, "\177ELF", 4) == 0);
	view.wide = file->bytes[4] == 2;
	view.big = file->bytes[5] == 2;
	view.mips = at(&view, 18, 2) == EM_MIPS;
	view.shoff = view.wide ? at(&view, 40, 8) : at(&view, 32, 4);
	view.shnum = at(&view, view.wide ? 60 : 48, 2);
	view.shstrndx = at(&view, view.wide ? 62 : 50, 2);
	for (uint64_t i = 1; i < view.shnum; i++)
		if (section(&view, i, SH_TYPE) == SHT_SYMTAB)
			view.symtab = i;
	return view;
}

static bool is_relocs(const struct view *view, uint64_t i)
{
	return section(view, i, SH_TYPE) == SHT_REL || section(view, i, SH_TYPE) == SHT_RELA;
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_free(const struct view *view, uint64_t i);

static bool is_free_group(const struct view *view, uint64_t i)
{
	uint64_t offset = section(view, i, SH_OFFSET), words = section(view, i, SH_SIZE) / 4;

	for (uint64_t k = 1; k < words; k++) {
		uint64_t member = at(view, offset + 4 * k, 4);

		fuzz_assert(member != i && section(view, member, SH_TYPE) != SHT_GROUP);
		if (!is_free(view, member))
			return false;
	}
	return words > 1;
}

/* What nobody but a debugger reads; tables that are only numbers. */
static bool is_free(const struct view *view, uint64_t i)
{
	uint64_t type = section(view, i, SH_TYPE);
	const char *text = name(view, i);

	if (type == SHT_NULL || type == SHT_SYMTAB || type == SHT_SYMTAB_SHNDX ||
	    i == view->shstrndx || (view->symtab != 0 && i == section(view, view->symtab, SH_LINK)))
		return true;
	if ((section(view, i, SH_FLAGS) & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR)) != 0)
		return false;
	if (is_relocs(view, i)) {
		uint64_t target = section(view, i, SH_INFO);

		fuzz_assert(target < view->shnum && !is_relocs(view, target));
		return starts(name(view, target), ".debug_") && is_free(view, target);
	}
	if (type == SHT_GROUP)
		return is_free_group(view, i);
	return strcmp(text, ".comment") == 0 || starts(text, ".debug_") ||
	       starts(text, ".gnu_debug");
}

/* The place of a section among those that count; of others UINT64_MAX. */
static uint64_t rank(const struct view *view, uint64_t section)
{
	uint64_t count = 0;

	if (section >= view->shnum || is_free(view, section))
		return UINT64_MAX;
	for (uint64_t i = 1; i < section; i++)
		count += !is_free(view, i);
	return count;
}

struct symbol {
	const char *name;
	uint64_t value, size, info, other, place, section;
	bool free; /* of something that does not count */
};

static uint64_t symbol_count(const struct view *view)
{
	return view->symtab == 0 ? 0
	                         : section(view, view->symtab, SH_SIZE) / (view->wide ? 24 : 16);
}

static struct symbol symbol(const struct view *view, uint64_t i)
{
	uint64_t start = section(view, view->symtab, SH_OFFSET) + i * (view->wide ? 24 : 16);
	uint64_t index = at(view, start + (view->wide ? 6 : 14), 2);
	struct symbol out = {
		.name = string(view, section(view, view->symtab, SH_LINK), at(view, start, 4)),
		.value = view->wide ? at(view, start + 8, 8) : at(view, start + 4, 4),
		.size = view->wide ? at(view, start + 16, 8) : at(view, start + 8, 4),
		.info = at(view, start + (view->wide ? 4 : 12), 1),
		.other = at(view, start + (view->wide ? 5 : 13), 1),
	};
	bool special = index == SHN_UNDEF || index >= SHN_LORESERVE;

	fuzz_assert(index != SHN_XINDEX);
	out.section = special ? 0 : index;
	out.place = special ? index << 32 : rank(view, index);
	out.free = out.place == UINT64_MAX;
	return out;
}

static bool same_symbol(const struct symbol *a, const struct symbol *b)
{
	return strcmp(a->name, b->name) == 0 && a->value == b->value && a->size == b->size &&
	       a->info == b->info && a->other == b->other && a->place == b->place;
}

static bool has_symbol(const struct view *view, const struct symbol *wanted)
{
	for (uint64_t i = 1; i < symbol_count(view); i++) {
		struct symbol here = symbol(view, i);

		if (same_symbol(&here, wanted))
			return true;
	}
	return false;
}

static void check_content(const struct view *a, uint64_t i, const struct view *b, uint64_t k);

/* Where something that counts refers to something that does not, that counts after all. */
static void check_reference(const struct view *a, uint64_t x, const struct view *b, uint64_t y)
{
	struct symbol left, right;

	fuzz_assert((x == 0) == (y == 0));
	if (x == 0)
		return;
	left = symbol(a, x);
	right = symbol(b, y);
	fuzz_assert(left.free == right.free && same_symbol(&left, &right));
	if (!left.free)
		return;
	fuzz_assert(strcmp(name(a, left.section), name(b, right.section)) == 0);
	check_content(a, left.section, b, right.section);
}

/* A delivered file has no symbol of its own, but nameless ones of sections; it lacks none that
 * other files can see. */
static void check_symbols(const struct view *a, const struct view *b)
{
	for (uint64_t i = 1; i < symbol_count(a); i++) {
		struct symbol here = symbol(a, i);

		fuzz_assert(here.free || has_symbol(b, &here) ||
		            (ELF64_ST_TYPE(here.info) == STT_SECTION && *here.name == '\0'));
	}
	for (uint64_t i = 1; i < symbol_count(b); i++) {
		struct symbol there = symbol(b, i);

		fuzz_assert(ELF64_ST_BIND(there.info) == STB_LOCAL || has_symbol(a, &there));
		fuzz_assert(there.place != 0 || i == 0 || has_symbol(a, &there));
	}
}

struct reloc {
	uint64_t offset, symbol, type, addend;
};

static struct reloc reloc(const struct view *view, uint64_t table, uint64_t i)
{
	size_t word = view->wide ? 8 : 4;
	bool rela = section(view, table, SH_TYPE) == SHT_RELA;
	uint64_t start = section(view, table, SH_OFFSET) + i * word * (rela ? 3 : 2);
	struct reloc out = { .offset = at(view, start, word) };
	uint64_t info = at(view, start + word, word);

	if (rela)
		out.addend = at(view, start + 2 * word, word);
	if (!view->wide) {
		out.symbol = info >> 8;
		out.type = info & 0xff;
	} else if (view->mips && !view->big) {
		out.symbol = info & UINT32_MAX;
		out.type = info >> 32;
	} else {
		out.symbol = info >> 32;
		out.type = info & UINT32_MAX;
	}
	return out;
}

static void check_relocs(const struct view *a, uint64_t i, const struct view *b, uint64_t k)
{
	uint64_t entry = (a->wide ? 8u : 4u) * (section(a, i, SH_TYPE) == SHT_RELA ? 3u : 2u);

	fuzz_assert(rank(a, section(a, i, SH_INFO)) == rank(b, section(b, k, SH_INFO)));
	for (uint64_t n = 0; n < section(a, i, SH_SIZE) / entry; n++) {
		struct reloc x = reloc(a, i, n), y = reloc(b, k, n);

		fuzz_assert(x.offset == y.offset && x.type == y.type && x.addend == y.addend);
		check_reference(a, x.symbol, b, y.symbol);
	}
}

/* The next member of a group that counts; 0 at its end. */
static uint64_t member(const struct view *view, uint64_t group, uint64_t *word)
{
	uint64_t count = section(view, group, SH_SIZE) / 4;

	while (++*word < count) {
		uint64_t index = at(view, section(view, group, SH_OFFSET) + 4 * *word, 4);

		if (!is_free(view, index))
			return index;
	}
	return 0;
}

static void check_group(const struct view *a, uint64_t i, const struct view *b, uint64_t k)
{
	uint64_t x = 0, y = 0, left, right;

	fuzz_assert(at(a, section(a, i, SH_OFFSET), 4) == at(b, section(b, k, SH_OFFSET), 4));
	check_reference(a, section(a, i, SH_INFO), b, section(b, k, SH_INFO));
	do {
		left = member(a, i, &x);
		right = member(b, k, &y);
		fuzz_assert((left == 0) == (right == 0));
		fuzz_assert(left == 0 || rank(a, left) == rank(b, right));
	} while (left != 0);
}

static void check_content(const struct view *a, uint64_t i, const struct view *b, uint64_t k)
{
	uint64_t size = section(a, i, SH_SIZE);
	bool build_id = strcmp(name(a, i), BUILD_ID_NAME) == 0;

	fuzz_assert(size == section(b, k, SH_SIZE));
	if (section(a, i, SH_TYPE) == SHT_NOBITS)
		return;
	for (uint64_t n = 0; n < size; n++)
		fuzz_assert((build_id && n >= BUILD_ID_AT && n < BUILD_ID_AT + 64) ||
		            at(a, section(a, i, SH_OFFSET) + n, 1) ==
		                    at(b, section(b, k, SH_OFFSET) + n, 1));
}

static void check_section(const struct view *a, uint64_t i, const struct view *b, uint64_t k)
{
	fuzz_assert(strcmp(name(a, i), name(b, k)) == 0);
	fuzz_assert(section(a, i, SH_TYPE) == section(b, k, SH_TYPE));
	fuzz_assert(section(a, i, SH_FLAGS) == section(b, k, SH_FLAGS));
	fuzz_assert(section(a, i, SH_ADDR) == section(b, k, SH_ADDR));
	fuzz_assert(section(a, i, SH_ALIGN) == section(b, k, SH_ALIGN));
	fuzz_assert(section(a, i, SH_ENTSIZE) == section(b, k, SH_ENTSIZE));
	if (section(a, i, SH_TYPE) == SHT_GROUP) {
		check_group(a, i, b, k);
		return;
	}
	if (!is_relocs(a, i)) {
		check_content(a, i, b, k);
		return;
	}
	fuzz_assert(section(a, i, SH_SIZE) == section(b, k, SH_SIZE));
	check_relocs(a, i, b, k);
}

/* All of both but e_shoff, e_shnum and e_shstrndx. */
static void check_headers(const struct view *a, const struct view *b)
{
	for (uint64_t i = 0; i < (a->wide ? 64u : 52u); i++) {
		uint64_t table = a->wide ? 40 : 32, counts = a->wide ? 60 : 48;

		if ((i >= table && i < table + (a->wide ? 8u : 4u)) || i >= counts)
			continue;
		fuzz_assert(a->file->bytes[i] == b->file->bytes[i]);
	}
}

static void check_linked(const struct fuzz_file *delivered, const struct fuzz_file *rebuilt)
{
	struct view a = look(delivered), b = look(rebuilt);
	uint64_t k = 1;

	check_headers(&a, &b);
	for (uint64_t i = 1; i < a.shnum; i++) {
		if (is_free(&a, i))
			continue;
		while (k < b.shnum && is_free(&b, k))
			k++;
		fuzz_assert(k < b.shnum);
		check_section(&a, i, &b, k++);
	}
	for (; k < b.shnum; k++)
		fuzz_assert(is_free(&b, k));
	check_symbols(&a, &b);
}

/* --- the claims --- */

static bool is_object(const struct fuzz_file *file)
{
	return file->len >= 52 && memcmp(file->bytes, "\177ELF", 4) == 0 &&
	       assay_load(file->bytes + 16, 2, file->bytes[5] == ELFDATA2MSB) == ET_REL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_pair pair;
	enum assay_tier there, back;

	fuzz_make_pair(data, size, &pair);
	if (!is_object(&pair.delivered) || !is_object(&pair.rebuilt))
		return 0;
	fuzz_compare_pair(&pair, &there, &back);
	if (there == ASSAY_TIER_NORMALISED)
		check_linked(&pair.delivered, &pair.rebuilt);
	if (back == ASSAY_TIER_NORMALISED)
		check_linked(&pair.rebuilt, &pair.delivered);
	return 0;
}
