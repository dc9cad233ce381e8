/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger against a judge that keeps one class for each byte. */
#include "testing.h"

#include <string.h>

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

static void test_random_operations(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 500; round++) {
		ASSAY_AUTO_LEDGER struct assay_ledger ledger;
		enum assay_class judge[SIZE];

		assay_ledger_init(&ledger, SIZE);
		for (size_t i = 0; i < SIZE; i++)
			judge[i] = ASSAY_CLASS_UNEXPLAINED;
		for (int step = 0; step < 40; step++) {
			uint64_t offset = next_random(&seed) % (SIZE + 10);
			uint64_t length = next_random(&seed) % 30;
			enum assay_class class = (enum assay_class)(next_random(&seed) % 5);
			const char *rule = class == ASSAY_CLASS_IDENTICAL ? NULL : "test@1";
			int worsen = next_random(&seed) % 2;

			for (uint64_t i = offset; i < offset + length && i < SIZE; i++)
				if (worsen ? judge[i] < class : judge[i] == ASSAY_CLASS_UNEXPLAINED)
					judge[i] = class;
			if (worsen)
				assay_ledger_worsen(&ledger, offset, length, class, rule);
			else
				(void)assay_ledger_explain(&ledger, offset, length, class, rule);
			assert_same(&ledger, judge);
		}
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
		{ 10, gap, 2, 2 },      { 10, overlap, 2, 2 }, { 10, no_rule, 1, 1 },
		{ 10, too_long, 1, 1 }, { 10, NULL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(broken); i++) {
		struct assay_error err = ASSAY_ERROR_INIT;

		assert_int_equal(assay_ledger_check(&broken[i], &err), -1);
		assert_int_equal(err.code, ASSAY_E_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_compare_marks_equal_bytes_only),
		cmocka_unit_test(test_check_finds_broken_ledgers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
