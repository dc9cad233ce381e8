/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger against a judge that keeps one class for each byte. */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "model/ledger.h"

#define SIZE 97

/* A small generator, so that every run tries the same operations. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void assert_same(const struct assay_ledger *ledger, const enum assay_class judge[SIZE])
{
	struct assay_error err = ASSAY_ERROR_INIT;
	uint64_t bytes[ASSAY_CLASS_COUNT], expected[ASSAY_CLASS_COUNT] = { 0 };

	assert_int_equal(assay_ledger_check(ledger, &err), 0);
	for (size_t i = 0; i < ledger->count; i++)
		for (uint64_t k = 0; k < ledger->ranges[i].length; k++)
			assert_int_equal(ledger->ranges[i].class,
			                 judge[ledger->ranges[i].offset + k]);
	for (size_t i = 1; i < ledger->count; i++)
		assert_int_not_equal(ledger->ranges[i].class, ledger->ranges[i - 1].class);
	for (size_t i = 0; i < SIZE; i++)
		expected[judge[i]]++;
	assay_ledger_sum(ledger, bytes);
	assert_memory_equal(bytes, expected, sizeof(bytes));
}

/* One operation on the ledger and on the judge. */
static void operate(struct assay_ledger *ledger, enum assay_class judge[SIZE], uint32_t *seed)
{
	uint64_t offset = next_random(seed) % (SIZE + 10);
	uint64_t length = next_random(seed) % 30;
	enum assay_class class = (enum assay_class)(next_random(seed) % 5);
	const char *rule = class == ASSAY_CLASS_IDENTICAL ? NULL : "test@1";
	bool worsen = next_random(seed) % 2;

	for (uint64_t i = offset; i < offset + length && i < SIZE; i++)
		if (worsen ? judge[i] < class : judge[i] == ASSAY_CLASS_UNEXPLAINED)
			judge[i] = class;
	if (worsen)
		assay_ledger_worsen(ledger, offset, length, class, rule);
	else
		assay_ledger_explain(ledger, offset, length, class, rule);
}

/* One after the other, or gathered and sorted in after each 13th: what comes out is the same. */
static void test_random_operations(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		ASSAY_AUTO_LEDGER struct assay_ledger ledger;
		enum assay_class judge[SIZE];
		bool gather = round % 2 == 1;

		assay_ledger_init(&ledger, SIZE);
		for (size_t i = 0; i < SIZE; i++)
			judge[i] = ASSAY_CLASS_UNEXPLAINED;
		for (int step = 1; step <= 39; step++) {
			if (gather)
				assay_ledger_gather(&ledger);
			operate(&ledger, judge, &seed);
			if (gather && step % 13 != 0)
				continue;
			assay_ledger_settle(&ledger);
			assert_same(&ledger, judge);
		}
	}
}

#define PLACES 50000

/* From both ends to the middle, each place twice: only the first time counts. */
static void explain_places(struct assay_ledger *ledger)
{
	for (uint64_t i = 0; i < PLACES; i++) {
		uint64_t at = i % 2 == 0 ? i : 2 * PLACES - i;

		assay_ledger_explain(ledger, 3 * at, 2, ASSAY_CLASS_NORMALISED, "test@1");
		assay_ledger_explain(ledger, 3 * at, 1, ASSAY_CLASS_IDENTICAL, NULL);
	}
}

/* More than are collected before they are sorted in on the way. */
static void test_gather_many(void **state)
{
	ASSAY_AUTO_LEDGER struct assay_ledger one, all;
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assay_ledger_init(&one, 6 * PLACES + 3);
	assay_ledger_init(&all, 6 * PLACES + 3);
	explain_places(&one);
	assay_ledger_gather(&all);
	explain_places(&all);
	/* What was not sorted in is no ledger that a verdict may rest on. */
	assert_int_equal(assay_ledger_check(&all, &err), -1);
	assay_ledger_settle(&all);
	assert_int_equal(assay_ledger_check(&all, &err), 0);
	assert_int_equal(all.count, one.count);
	for (size_t i = 0; i < one.count; i++) {
		assert_int_equal(all.ranges[i].offset, one.ranges[i].offset);
		assert_true(assay_range_alike(&all.ranges[i], &one.ranges[i]));
	}
}

static void test_compare_marks_equal_bytes_only(void **state)
{
	ASSAY_AUTO_LEDGER struct assay_ledger ledger;
	static uint8_t a[20000], b[20000];
	uint64_t bytes[ASSAY_CLASS_COUNT];

	(void)state;
	memset(a, 7, sizeof(a));
	memcpy(b, a, sizeof(b));
	b[0] = 1;
	b[4096] = 2;
	b[12345] = 3;
	b[12346] = 4;
	b[19999] = 5;
	assay_ledger_init(&ledger, sizeof(a));
	assay_ledger_compare(&ledger, 0, a, b, sizeof(a));
	assay_ledger_sum(&ledger, bytes);
	assert_int_equal(bytes[ASSAY_CLASS_UNEXPLAINED], 5);
	assert_int_equal(bytes[ASSAY_CLASS_IDENTICAL], 19995);
	assert_int_equal(assay_ledger_worst(&ledger), ASSAY_CLASS_UNEXPLAINED);
	assert_int_equal(ledger.count, 7);
}

static void test_check_finds_broken_ledgers(void **state)
{
	struct assay_range gap[] = { { 0, 3, ASSAY_CLASS_IDENTICAL, NULL },
		                     { 4, 6, ASSAY_CLASS_IDENTICAL, NULL } };
	struct assay_range overlap[] = { { 0, 5, ASSAY_CLASS_IDENTICAL, NULL },
		                         { 4, 6, ASSAY_CLASS_UNEXPLAINED, NULL } };
	struct assay_range no_rule[] = { { 0, 10, ASSAY_CLASS_NORMALISED, NULL } };
	struct assay_range too_long[] = { { 0, 11, ASSAY_CLASS_IDENTICAL, NULL } };
	const struct assay_ledger broken[] = {
		{ .size = 10, .ranges = gap, .count = 2 },
		{ .size = 10, .ranges = overlap, .count = 2 },
		{ .size = 10, .ranges = no_rule, .count = 1 },
		{ .size = 10, .ranges = too_long, .count = 1 },
		{ .size = 10, .count = 0 },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(broken); i++) {
		struct assay_error err = ASSAY_ERROR_INIT;

		assert_int_equal(assay_ledger_check(&broken[i], &err), -1);
		assert_int_equal(err.code, ASSAY_E_FORMAT);
	}
}

/* A letter for each byte: what its class was, and what it is after shrinking. */
static const struct {
	const char *what;
	const char *
		before; /* i identical, n normalised, r normalised by another rule, u unexplained */
	size_t wanted;
	const char *after;
	uint64_t coalesced;
} shrinks[] = {
	{ "few enough", "iuiui", 5, "iuiui", 0 },
	{ "between unexplained bytes", "iuiui", 3, "iuuui", 1 },
	{ "between normalised bytes of one rule", "inini", 3, "innni", 1 },
	{ "between two rules: stays", "iniri", 1, "iniri", 0 },
	{ "to the unexplained side", "uin", 2, "uun", 1 },
	{ "to the unexplained side, from the right", "niu", 2, "nuu", 1 },
	{ "the shortest first", "uiiiuiu", 3, "uiiiuuu", 1 },
	{ "all when it must be", "uiiiuiu", 1, "uuuuuuu", 4 },
	{ "different bytes keep their class", "nrnrn", 1, "nrnrn", 0 },
	{ "ends stay", "iui", 1, "iui", 0 },
	{ "empty", "", 1, "", 0 },
};

static void explain_letter(struct assay_ledger *ledger, uint64_t offset, char letter)
{
	if (letter == 'i')
		assay_ledger_explain(ledger, offset, 1, ASSAY_CLASS_IDENTICAL, NULL);
	if (letter == 'n' || letter == 'r')
		assay_ledger_explain(ledger, offset, 1, ASSAY_CLASS_NORMALISED,
		                     letter == 'n' ? "test/n@1" : "test/r@1");
}

static char letter_of(const struct assay_range *range)
{
	if (range->class == ASSAY_CLASS_NORMALISED)
		return range->rule[5];
	return assay_class_name(range->class)[0];
}

static void test_shrink(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(shrinks); i++) {
		ASSAY_AUTO_LEDGER struct assay_ledger ledger;
		struct assay_error err = ASSAY_ERROR_INIT;
		char got[16] = "";

		print_message("# %s\n", shrinks[i].what);
		assay_ledger_init(&ledger, strlen(shrinks[i].before));
		for (size_t k = 0; shrinks[i].before[k] != '\0'; k++)
			explain_letter(&ledger, k, shrinks[i].before[k]);
		assay_ledger_shrink(&ledger, shrinks[i].wanted);
		assert_int_equal(assay_ledger_check(&ledger, &err), 0);
		for (size_t k = 0; k < ledger.count; k++)
			memset(got + ledger.ranges[k].offset, letter_of(&ledger.ranges[k]),
			       ledger.ranges[k].length);
		assert_string_equal(got, shrinks[i].after);
		assert_int_equal(ledger.coalesced, shrinks[i].coalesced);
	}
}

#define MANY (2 * ASSAY_LEDGER_RANGES + 1000)

/*
 * Of more bytes than a ledger has room for, every second one differs, and what stands before and
 * behind is equal. A rule for exactly what was compared must leave nothing unexplained.
 */
static void test_compare_has_a_limit(void **state)
{
	ASSAY_AUTO_FREE uint8_t *a = assay_calloc(MANY, 1), *b = assay_calloc(MANY, 1);
	ASSAY_AUTO_LEDGER struct assay_ledger ledger;
	struct assay_error err = ASSAY_ERROR_INIT;
	uint64_t bytes[ASSAY_CLASS_COUNT];

	(void)state;
	for (size_t i = 101; i < MANY - 100; i += 2)
		b[i] = 1;
	assay_ledger_init(&ledger, MANY);
	assay_ledger_explain(&ledger, 301, 1, ASSAY_CLASS_NORMALISED, "test@1");
	assay_ledger_compare(&ledger, 0, a, b, 100);
	assay_ledger_compare(&ledger, 100, a + 100, b + 100, MANY - 200);
	assay_ledger_compare(&ledger, MANY - 100, a, b, 100);
	assert_int_equal(assay_ledger_check(&ledger, &err), 0);
	assert_in_range(ledger.count, 3, ASSAY_LEDGER_RANGES + 2);
	assay_ledger_sum(&ledger, bytes);
	assert_true(ledger.coalesced > 0);
	assert_int_equal(bytes[ASSAY_CLASS_UNEXPLAINED], (MANY - 200) / 2 - 1 + ledger.coalesced);
	/* Beside what a rule explains, nobody knows yet what will become of an equal byte. */
	assert_int_equal(assay_ledger_worst_of(&ledger, 300, 1), ASSAY_CLASS_IDENTICAL);
	assert_int_equal(assay_ledger_worst_of(&ledger, 302, 1), ASSAY_CLASS_IDENTICAL);

	assay_ledger_explain(&ledger, 100, MANY - 200, ASSAY_CLASS_NORMALISED, "test@1");
	assert_int_equal(assay_ledger_worst(&ledger), ASSAY_CLASS_NORMALISED);
	assay_ledger_sum(&ledger, bytes);
	assert_true(bytes[ASSAY_CLASS_IDENTICAL] >= 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_gather_many),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_compare_has_a_limit),
		cmocka_unit_test(test_compare_marks_equal_bytes_only),
		cmocka_unit_test(test_check_finds_broken_ledgers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
