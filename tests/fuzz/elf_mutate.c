/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mutator for inputs of edits.h that keeps headers plausible: it changes fields of the ELF
 * header, of program and section headers, symbols and relocations to values that mean something,
 * in the base file or by an edit of one side. libFuzzer's own mutator does the rest.
 *
 * Linked into the fuzz programs alone.
 */
#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "edits.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* The base file in an input. */
struct base {
	uint8_t *bytes;
	size_t len;
	bool wide, big;
};

struct place {
	uint64_t offset;
	size_t width; /* bytes; 0: there is none */
};

static uint32_t draw(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223; /* Numerical Recipes, 7.1 */
	return *state >> 8;
}

static size_t edits_of(const uint8_t *data, size_t size)
{
	size_t edits = size > 0 ? data[0] % (FUZZ_EDITS_MAX + 1) : 0;

	return edits * FUZZ_EDIT_SIZE > size - (size > 0) ? 0 : edits;
}

static struct base base_of(uint8_t *data, size_t size)
{
	size_t start = (size > 0) + edits_of(data, size) * FUZZ_EDIT_SIZE;
	struct base base = { data + start, size - start, false, false };

	if (base.len > EI_DATA) {
		base.wide = base.bytes[EI_CLASS] == ELFCLASS64;
		base.big = base.bytes[EI_DATA] == ELFDATA2MSB;
	}
	return base;
}

static uint64_t get(const struct base *base, struct place at)
{
	if (at.width == 0 || at.offset > base->len || at.width > base->len - at.offset)
		return 0;
	return assay_load(base->bytes + at.offset, at.width, base->big);
}

static void put(struct base *base, struct place at, uint64_t value)
{
	for (size_t i = 0; i < at.width && at.offset + i < base->len; i++) {
		size_t shift = 8 * (base->big ? at.width - 1 - i : i);

		base->bytes[at.offset + i] = (uint8_t)(value >> shift);
	}
}

/* A word of an entry of either table: all fields are words, but for two halves in 64 bits. */
static struct place word_of(const struct base *base, uint64_t start, size_t index)
{
	if (!base->wide)
		return (struct place){ start + 4 * index, 4 };
	if (index < 2)
		return (struct place){ start + 4 * index, 4 };
	return (struct place){ start + 8 * (index - 1), 8 };
}

static struct place in_header(struct base *base, uint32_t *state)
{
	static const struct place wide[] = {
		{ 16, 2 }, { 24, 8 }, { 32, 8 }, { 40, 8 }, { 48, 4 },
		{ 56, 2 }, { 60, 2 }, { 62, 2 }, { 7, 1 },  { 18, 2 }
	};
	static const struct place narrow[] = { { 16, 2 }, { 24, 4 }, { 28, 4 }, { 32, 4 },
		                               { 36, 4 }, { 44, 2 }, { 48, 2 }, { 50, 2 },
		                               { 7, 1 },  { 18, 2 } };
	size_t i = draw(state) % ASSAY_ARRAY_LEN(wide);

	return base->wide ? wide[i] : narrow[i];
}

/* One of the two tables that the ELF header leads to. Places of fields by width: 32, 64 bits. */
static const struct table {
	struct place start[2], count[2]; /* in the ELF header */
	size_t entry[2];                 /* bytes */
	uint8_t offset[2], size[2];      /* in an entry: where its content is */
} tables[] = {
	{ { { 28, 4 }, { 32, 8 } }, { { 44, 2 }, { 56, 2 } }, { 32, 56 }, { 4, 8 }, { 16, 32 } },
	{ { { 32, 4 }, { 40, 8 } }, { { 48, 2 }, { 60, 2 } }, { 40, 64 }, { 16, 24 }, { 20, 32 } },
};

/* Where an entry of a table begins; 0 when there is none. */
static uint64_t any_entry(const struct base *base, const struct table *table, uint32_t *state)
{
	uint64_t entries = get(base, table->count[base->wide]);

	if (entries == 0)
		return 0;
	return get(base, table->start[base->wide]) +
	       draw(state) % entries * table->entry[base->wide];
}

/* A word of one entry of a table. */
static struct place in_table(struct base *base, uint32_t *state, const struct table *table)
{
	size_t entry = table->entry[base->wide];
	uint64_t start = any_entry(base, table, state);

	if (start == 0)
		return (struct place){ 0, 0 };
	return word_of(base, start, draw(state) % (base->wide ? entry / 8 + 1 : entry / 4));
}

/* Any word of what a section or segment holds: a symbol, a relocation, a note. */
static struct place in_content(struct base *base, uint32_t *state)
{
	const struct table *table = &tables[draw(state) % ASSAY_ARRAY_LEN(tables)];
	size_t word = base->wide ? 8 : 4;
	uint64_t start = any_entry(base, table, state);
	uint64_t at = get(base, (struct place){ start + table->offset[base->wide], word });
	uint64_t size = get(base, (struct place){ start + table->size[base->wide], word });

	if (start == 0 || size == 0)
		return (struct place){ 0, 0 };
	return (struct place){ at + draw(state) % size / 4 * 4, 4 };
}

static struct place any_place(struct base *base, uint32_t *state)
{
	switch (draw(state) % 8) {
	case 0:
		return in_header(base, state);
	case 1:
	case 2:
		return in_table(base, state, &tables[0]);
	case 3:
	case 4:
	case 5:
		return in_table(base, state, &tables[1]);
	default:
		return in_content(base, state);
	}
}

/* A value that a field of the same file has, or one beside the old value. */
static uint64_t any_value(struct base *base, struct place at, uint32_t *state)
{
	uint64_t old = get(base, at);

	switch (draw(state) % 10) {
	case 0:
		return old + 1;
	case 1:
		return old - 1;
	case 2:
		return old ^ (1u << draw(state) % 12);
	case 3:
		return 0;
	case 4:
		return base->len;
	case 5:
		return (old + 4095) & ~(uint64_t)4095;
	case 6:
		return draw(state) % 16;
	case 7:
		return UINT64_MAX >> draw(state) % 64;
	default:
		return get(base, any_place(base, state));
	}
}

/* Put one more edit in front: 4 bytes of one side, or of both, become a value. */
static size_t add_edit(uint8_t *data, size_t size, size_t max_size, uint32_t *state)
{
	size_t edits = edits_of(data, size);
	struct base base = base_of(data, size);
	struct place at = any_place(&base, state);
	uint64_t value = any_value(&base, at, state);
	uint8_t edit[FUZZ_EDIT_SIZE] = { 0 };

	if (size == 0 || at.width == 0 || edits == FUZZ_EDITS_MAX ||
	    size + FUZZ_EDIT_SIZE > max_size)
		return 0;
	if (base.big) { /* an edit is little-endian */
		at.offset += at.width > 4 ? at.width - 4 : 0;
		value = at.width >= 4 ? __builtin_bswap32((uint32_t)value) : value;
	}
	edit[0] = draw(state) % 4 == 0 ? 4 : 0;
	edit[1] = (uint8_t)at.offset;
	edit[2] = (uint8_t)(at.offset >> 8);
	edit[3] = at.width >= 4 ? 3 : (uint8_t)(at.width - 1);
	for (size_t i = 0; i < 4; i++)
		edit[4 + i] = (uint8_t)(value >> 8 * i);
	memmove(data + 1 + FUZZ_EDIT_SIZE, data + 1, size - 1);
	memcpy(data + 1, edit, sizeof(edit));
	data[0] = (uint8_t)(edits + 1);
	return size + FUZZ_EDIT_SIZE;
}

/* Without these nothing is read any further. */
static void repair(uint8_t *data, size_t size)
{
	struct base base = base_of(data, size);

	if (base.len < 64)
		return;
	memcpy(base.bytes, ELFMAG, SELFMAG);
	base.bytes[EI_VERSION] = EV_CURRENT;
	put(&base, (struct place){ base.wide ? 52 : 40, 2 }, base.wide ? 64 : 52);
	put(&base, (struct place){ base.wide ? 54 : 42, 2 },
	    get(&base, (struct place){ 16, 2 }) == ET_REL ? 0
	    : base.wide                                   ? 56
	                                                  : 32);
	put(&base, (struct place){ base.wide ? 58 : 46, 2 }, base.wide ? 64 : 40);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint32_t state = seed;
	struct base base = base_of(data, size);
	struct place at;
	size_t out = 0;

	switch (draw(&state) % 4) {
	case 0:
		out = LLVMFuzzerMutate(data, size, max_size);
		break;
	case 1:
		at = any_place(&base, &state);
		put(&base, at, any_value(&base, at, &state));
		out = size;
		break;
	default:
		out = add_edit(data, size, max_size, &state);
	}
	if (out == 0)
		out = LLVMFuzzerMutate(data, size, max_size);
	if (draw(&state) % 8 != 0)
		repair(data, out);
	return out;
}
