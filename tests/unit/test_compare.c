/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparing in memory: plain bytes, and what every comparison must keep to. */
#include "testing.h"

#include <string.h>

#include "compare/compare.h"

static struct assay_side side(const char *text)
{
	return (struct assay_side){ .name = "x", .span = assay_span_of_str(text) };
}

/* One row is one pair, the tier, and how many bytes of the delivered side are not explained. */
static const struct {
	const char *what, *delivered, *rebuilt;
	enum assay_tier tier;
	uint64_t unexplained;
	size_t findings;
} cases[] = {
	{ "both empty", "", "", ASSAY_TIER_IDENTICAL, 0, 0 },
	{ "equal", "abc", "abc", ASSAY_TIER_IDENTICAL, 0, 0 },
	{ "delivered empty", "", "abc", ASSAY_TIER_DIFFERENT, 0, 1 },
	{ "rebuilt empty", "abc", "", ASSAY_TIER_DIFFERENT, 3, 1 },
	{ "one byte", "abcdef", "abXdef", ASSAY_TIER_DIFFERENT, 1, 1 },
	{ "first and last", "abcdefghijklmnopqrstuvwxyz", "XbcdefghijklmnopqrstuvwxyX",
	  ASSAY_TIER_DIFFERENT, 2, 2 },
	{ "two close together", "abcdef", "XbXdef", ASSAY_TIER_DIFFERENT, 2, 1 },
	{ "appended", "abcdef", "abc", ASSAY_TIER_DIFFERENT, 3, 1 },
	{ "cut off", "abc", "abcdef", ASSAY_TIER_DIFFERENT, 0, 1 },
	{ "inserted", "abXYcd", "abcd", ASSAY_TIER_DIFFERENT, 2, 1 },
	{ "removed", "abcd", "abXYcd", ASSAY_TIER_DIFFERENT, 0, 1 },
	{ "repeated, so that start and end overlap", "aaaa", "aaa", ASSAY_TIER_DIFFERENT, 1, 1 },
	{ "replaced by more", "a 1 z", "a 222 z", ASSAY_TIER_DIFFERENT, 1, 1 },
};

static void test_plain_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison result = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_side delivered = side(cases[i].delivered);
		struct assay_side rebuilt = side(cases[i].rebuilt);
		uint64_t bytes[ASSAY_CLASS_COUNT];

		print_message("# %s\n", cases[i].what);
		assert_int_equal(assay_compare(&delivered, &rebuilt, NULL, &result, &err), 0);
		assert_int_equal(result.tier, cases[i].tier);
		assert_int_equal(result.artefact_count, 1);
		assert_int_equal(result.artefacts[0].tier, cases[i].tier);
		assay_ledger_sum(&result.artefacts[0].ledger, bytes);
		assert_int_equal(bytes[ASSAY_CLASS_UNEXPLAINED], cases[i].unexplained);
		assert_int_equal(bytes[ASSAY_CLASS_IDENTICAL],
		                 strlen(cases[i].delivered) - cases[i].unexplained);
		assert_int_equal(result.finding_count, cases[i].findings);
	}
}

static void test_excerpts_show_both_sides(void **state)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison result = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_side delivered = side("built in 2022, it says");
	struct assay_side rebuilt = side("built in 2031, it says");
	const struct assay_excerpt *excerpt;

	(void)state;
	assert_int_equal(assay_compare(&delivered, &rebuilt, NULL, &result, &err), 0);
	assert_int_equal(result.finding_count, 1);
	assert_int_equal(result.findings[0].offset, 11);
	assert_int_equal(result.findings[0].length, 2);
	excerpt = &result.findings[0].delivered;
	assert_memory_equal(excerpt->bytes.ptr + excerpt->before, "22", excerpt->length);
	excerpt = &result.findings[0].rebuilt;
	assert_memory_equal(excerpt->bytes.ptr + excerpt->before, "31", excerpt->length);
}

/* However many places differ, there are few findings and they cover every one of the places. */
static void test_many_differences_are_all_covered(void **state)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison result = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	static uint8_t a[64 * 1000], b[64 * 1000];
	struct assay_side delivered = { "a", assay_span_of(a, sizeof(a)) };
	struct assay_side rebuilt = { "b", assay_span_of(b, sizeof(b)) };

	(void)state;
	for (size_t i = 0; i < sizeof(a); i += 64)
		a[i] = 1;
	assert_int_equal(assay_compare(&delivered, &rebuilt, NULL, &result, &err), 0);
	assert_true(result.finding_count < 300);
	for (size_t i = 0; i < sizeof(a); i += 64) {
		bool covered = false;

		for (size_t k = 0; k < result.finding_count; k++)
			covered |= result.findings[k].offset <= i &&
			           i - result.findings[k].offset < result.findings[k].length;
		assert_true(covered);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_bytes),
		cmocka_unit_test(test_excerpts_show_both_sides),
		cmocka_unit_test(test_many_differences_are_all_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
