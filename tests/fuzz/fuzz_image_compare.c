/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two address images: two bytes with the length of the delivered one, then that and the rebuilt.
 *
 * Claims: no crash; a sound ledger; equal files and no others are identical; and if it is a match,
 * every address has the same byte by a decoder of its own (images.c), but for fill: bytes of one
 * value, 00 or FF, that only the delivered file has; FF that a rebuilt raw binary has; and bytes
 * of a rebuilt ELF file that are zero or its headers. A delivered ELF file never matches a flat one.
 */
#include <elf.h>
#include <string.h>

#include "base/cursor.h"
#include "compare/compare.h"
#include "images.h"

static struct believed a, b;

static size_t first_length(const uint8_t *data, size_t size)
{
	size_t length = (size_t)assay_load(data, 2, false);

	return length < size - 2 ? length : size - 2;
}

/* A raw binary, from an address on. */
static void lay(struct believed *raw, uint64_t base)
{
	raw->count = 0;
	for (size_t i = 0; i < raw->body.len; i++)
		raw->cells[raw->count++] = (struct cell){ base + i, raw->body.ptr[i] };
}

/* A byte of an ELF file that need not be in a flat one. */
static bool may_lack(const struct believed *elf, const struct cell *cell)
{
	bool wide = elf->body.ptr[4] == 2, big = elf->body.ptr[5] == 2;
	uint64_t table = assay_load(elf->body.ptr + (wide ? 32 : 28), wide ? 8 : 4, big);
	uint64_t size = assay_load(elf->body.ptr + (wide ? 56 : 44), 2, big) * (wide ? 56 : 32);
	struct assay_span head = assay_span_sub(elf->body, 0, 64);
	struct assay_span rows = assay_span_sub(elf->body, table, size);

	return cell->value == 0 || memchr(head.ptr, cell->value, head.len) != NULL ||
	       (rows.len > 0 && memchr(rows.ptr, cell->value, rows.len) != NULL);
}

/* Every delivered byte is in the rebuilt file, or the one fill. */
static bool delivered_is_explained(void)
{
	int fill = -1;

	for (size_t i = 0; i < a.count; i++) {
		const struct cell *other = fuzz_find_cell(&b, a.cells[i].address);
		uint8_t value = a.cells[i].value;

		if (other != NULL && other->value == value)
			continue;
		if (other != NULL && (b.form != FORM_ELF || !may_lack(&b, other)))
			return false;
		if ((value != 0 && value != 0xff) || (fill >= 0 && fill != value))
			return false;
		fill = value;
	}
	return true;
}

static bool rebuilt_is_explained(void)
{
	for (size_t i = 0; i < b.count; i++) {
		const struct cell *cell = &b.cells[i];

		if (fuzz_find_cell(&a, cell->address) != NULL)
			continue;
		if (b.form == FORM_ELF ? !may_lack(&b, cell)
		                       : b.form != FORM_RAW || cell->value != 0xff)
			return false;
	}
	return true;
}

static bool explained(void)
{
	return delivered_is_explained() && rebuilt_is_explained();
}

/* Where a raw binary begins follows from sections where the other is an ELF file, which this does
 * not look at: then it has to fit somewhere. */
static bool explained_somewhere(void)
{
	struct believed *raw = a.form == FORM_RAW ? &a : &b;
	const struct believed *other = a.form == FORM_RAW ? &b : &a;

	if (other->form == FORM_RAW) {
		lay(&a, 0);
		lay(&b, 0);
		return explained();
	}
	for (size_t i = 0; i < other->count; i++) {
		lay(raw, other->cells[i].address);
		if (explained())
			return true;
		if (other->form != FORM_ELF)
			return false;
	}
	return false;
}

static void check_match(struct assay_span delivered, struct assay_span rebuilt)
{
	fuzz_believe(delivered, &a);
	fuzz_believe(rebuilt, &b);
	fuzz_assert(a.form != FORM_ELF);
	fuzz_sort_cells(&a);
	fuzz_sort_cells(&b);
	fuzz_assert(a.form == FORM_RAW || b.form == FORM_RAW ? explained_somewhere() : explained());
}

/* Two ELF files, and containers, are for other targets. */
static bool is_ours(const struct assay_comparison *comparison)
{
	static const char *const formats[] = { "ihex", "srec", "uf2", "raw", "elf" };
	const char *format = comparison->artefacts[0].format;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(formats); i++)
		if (strcmp(format, formats[i]) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_side sides[2] = { { .name = "a" }, { .name = "b" } };
	bool equal;

	if (size < 2 || size > FILE_MAX_FUZZ)
		return 0;
	sides[0].span = assay_span_of(data + 2, first_length(data, size));
	sides[1].span = assay_span_of(data + 2 + sides[0].span.len, size - 2 - sides[0].span.len);
	equal = assay_span_equal(sides[0].span, sides[1].span);
	fuzz_assert(assay_compare(&sides[0], &sides[1], NULL, &comparison, &err) == 0);
	fuzz_assert((comparison.tier == ASSAY_TIER_IDENTICAL) == equal);
	if (equal || comparison.tier > ASSAY_TIER_NORMALISED || !is_ours(&comparison) ||
	    (assay_span_starts(sides[0].span, ELFMAG, SELFMAG) &&
	     assay_span_starts(sides[1].span, ELFMAG, SELFMAG)))
		return 0;
	check_match(sides[0].span, sides[1].span);
	return 0;
}

/* The lengths stay what they are most of the time, so that what is mended is one of the files. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t first;

	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 8 == 0 || size < 2)
		return size;
	first = first_length(data, size);
	fuzz_mend(data + 2, first);
	fuzz_mend(data + 2 + first, size - 2 - first);
	return size;
}
