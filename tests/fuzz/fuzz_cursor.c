/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first byte says how many bytes are a program of reads for the cursor over the rest: the
 * cursor never leaves its span, moves exactly as far as it read, and not at all when it fails.
 */
#include "base/cursor.h"
#include "fuzz.h"

static int read_number(struct assay_cursor *cur, size_t width, uint64_t *out)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	uint8_t u8 = 0;
	uint16_t u16 = 0;
	uint32_t u32 = 0;
	int result;

	switch (width) {
	case 1:
		result = assay_cursor_u8(cur, &u8, &err);
		*out = u8;
		return result;
	case 2:
		result = assay_cursor_u16(cur, &u16, &err);
		*out = u16;
		return result;
	case 4:
		result = assay_cursor_u32(cur, &u32, &err);
		*out = u32;
		return result;
	default:
		return assay_cursor_u64(cur, out, &err);
	}
}

static void check_number(struct assay_cursor *cur, size_t width)
{
	size_t before = cur->pos;
	uint64_t number = 0, expected = 0;

	if (read_number(cur, width, &number) < 0) {
		fuzz_assert(cur->pos == before && assay_cursor_left(cur) < width);
		return;
	}
	for (size_t i = 0; i < width; i++) {
		size_t at = cur->big_endian ? i : width - 1 - i;

		expected = expected << 8 | cur->span.ptr[before + at];
	}
	fuzz_assert(number == expected && cur->pos == before + width);
}

/* One byte of the program: the low three bits say what, the others how far. */
static void step(struct assay_cursor *cur, uint8_t op)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_span span;
	size_t before = cur->pos;
	uint64_t amount = op >> 3 == 31 ? UINT64_MAX : op >> 3;

	if ((op & 7) < 4) {
		check_number(cur, (size_t)1 << (op & 3));
	} else if ((op & 7) < 6) {
		if (assay_cursor_take(cur, amount, &span, &err) == 0)
			fuzz_assert(span.len == amount && cur->pos == before + amount);
		else
			fuzz_assert(cur->pos == before);
	} else {
		fuzz_assert((assay_cursor_seek(cur, amount, &err) == 0) ==
		            (amount <= cur->span.len));
	}
	fuzz_assert(cur->pos <= cur->span.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct assay_cursor cur;
	size_t steps;

	if (size == 0)
		return 0;
	steps = data[0] < size - 1 ? data[0] : size - 1;
	cur = assay_cursor_at(assay_span_of(data + 1 + steps, size - 1 - steps), data[0] & 1);
	for (size_t i = 0; i < steps; i++)
		step(&cur, data[1 + i]);
	return 0;
}
