/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a comparison does with more findings and ranges than it tells. */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "model/comparison.h"

/* So many findings of each class, in this order, and what is told of them. */
static const struct {
	const char *what;
	size_t normalised, unexplained, repacked;
	size_t listed;     /* those from above */
	uint64_t left_out; /* and those that a finding counts */
	size_t told;       /* findings that say how many more there are */
	enum assay_tier tier;
} cases[] = {
	{ "none", 0, 0, 0, 0, 0, 0, ASSAY_TIER_IDENTICAL },
	{ "a few", 3, 1, 2, 6, 0, 0, ASSAY_TIER_DIFFERENT },
	{ "as many as there is room for", ASSAY_FINDINGS_MAX, 0, 0, ASSAY_FINDINGS_MAX, 0, 0,
	  ASSAY_TIER_NORMALISED },
	{ "one more", ASSAY_FINDINGS_MAX + 1, 0, 0, ASSAY_FINDINGS_MAX - ASSAY_CLASS_COUNT,
	  ASSAY_CLASS_COUNT + 1, 1, ASSAY_TIER_NORMALISED },
	{ "the unexplained one stays", ASSAY_FINDINGS_MAX, 1, 0,
	  ASSAY_FINDINGS_MAX - ASSAY_CLASS_COUNT, ASSAY_CLASS_COUNT + 1, 1, ASSAY_TIER_DIFFERENT },
	{ "the unexplained ones are too many", 5, ASSAY_FINDINGS_MAX + 10, 7,
	  ASSAY_FINDINGS_MAX - ASSAY_CLASS_COUNT, ASSAY_CLASS_COUNT + 22, 3, ASSAY_TIER_DIFFERENT },
};

static void find(struct assay_comparison *comparison, enum assay_class class, size_t count)
{
	char name[] = "x";
	struct assay_finding place = { .artefact = name, .class = class };

	if (class != ASSAY_CLASS_UNEXPLAINED)
		place.rule = "test@1";
	for (size_t i = 0; i < count; i++)
		(void)assay_comparison_find(comparison, &place, "listed");
}

static void test_findings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		size_t listed = 0, unexplained = 0;

		print_message("# %s\n", cases[i].what);
		find(&comparison, ASSAY_CLASS_NORMALISED, cases[i].normalised);
		find(&comparison, ASSAY_CLASS_UNEXPLAINED, cases[i].unexplained);
		find(&comparison, ASSAY_CLASS_REPACKED, cases[i].repacked);
		assert_int_equal(assay_comparison_conclude(&comparison, &err), 0);

		for (size_t k = 0; k < comparison.finding_count; k++) {
			listed += strcmp(comparison.findings[k].text, "listed") == 0;
			unexplained += comparison.findings[k].class == ASSAY_CLASS_UNEXPLAINED;
		}
		assert_int_equal(listed, cases[i].listed);
		assert_int_equal(comparison.finding_count - listed, cases[i].told);
		assert_int_equal(comparison.findings_left_out, cases[i].left_out);
		assert_int_equal(comparison.tier, cases[i].tier);
		assert_int_equal(unexplained > 0, cases[i].unexplained > 0);
	}
}

#define RANGES (UINT64_C(3) * ASSAY_RANGES_MAX)

/* Every second byte of one artefact, and a few of another that has not too many. */
static void test_ranges(void **state)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	uint64_t bytes[ASSAY_CLASS_COUNT];
	struct assay_ledger large, small;

	(void)state;
	assay_ledger_init(&large, RANGES);
	for (uint64_t i = 0; i < RANGES; i += 2)
		assay_ledger_explain(&large, i, 1, ASSAY_CLASS_IDENTICAL, NULL);
	assay_ledger_init(&small, ASSAY_RANGES_MIN);
	for (uint64_t i = 0; i < ASSAY_RANGES_MIN; i += 2)
		assay_ledger_explain(&small, i, 1, ASSAY_CLASS_IDENTICAL, NULL);
	(void)assay_comparison_add(&comparison, "", "data", &large);
	(void)assay_comparison_add(&comparison, "x", "data", &small);
	assert_int_equal(assay_comparison_conclude(&comparison, &err), 0);

	assert_in_range(comparison.artefacts[0].ledger.count, 1, ASSAY_RANGES_MAX);
	assert_int_equal(comparison.artefacts[1].ledger.count, ASSAY_RANGES_MIN);
	assert_int_equal(comparison.artefacts[1].ledger.coalesced, 0);
	assay_ledger_sum(&comparison.artefacts[0].ledger, bytes);
	assert_int_equal(bytes[ASSAY_CLASS_UNEXPLAINED] + bytes[ASSAY_CLASS_IDENTICAL], RANGES);
	assert_int_equal(bytes[ASSAY_CLASS_UNEXPLAINED],
	                 RANGES / 2 + comparison.artefacts[0].ledger.coalesced);
	assert_int_equal(comparison.tier, ASSAY_TIER_DIFFERENT);
}

/* Whose tier a finding sets: of two of one path the next one in the order of the walk. */
static void test_owners(void **state)
{
	static const char *const paths[] = { "", "b", "a", "c", "a", "d" };
	static const struct {
		const char *artefact;
		enum assay_class class;
	} findings[] = {
		{ "c", ASSAY_CLASS_TRANSPLANTED },
		{ "a", ASSAY_CLASS_REPACKED },
		{ "nowhere", ASSAY_CLASS_UNEXPLAINED },
		{ "b", ASSAY_CLASS_NORMALISED },
	};
	static const enum assay_tier tiers[] = {
		ASSAY_TIER_IDENTICAL,    ASSAY_TIER_NORMALISED, ASSAY_TIER_IDENTICAL,
		ASSAY_TIER_TRANSPLANTED, ASSAY_TIER_REPACKED,   ASSAY_TIER_IDENTICAL,
	};
	ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(paths); i++) {
		struct assay_ledger ledger;

		assay_ledger_init(&ledger, 1);
		(void)assay_ledger_explain(&ledger, 0, 1, ASSAY_CLASS_IDENTICAL, NULL);
		(void)assay_comparison_add(&comparison, paths[i], "data", &ledger);
	}
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(findings); i++) {
		struct assay_finding place = {
			.artefact = (char *)(uintptr_t)findings[i].artefact,
			.class = findings[i].class,
			.rule = "test@1",
		};

		(void)assay_comparison_find(&comparison, &place, "listed");
	}
	assert_int_equal(assay_comparison_conclude(&comparison, &err), 0);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(paths); i++)
		assert_int_equal(comparison.artefacts[i].tier, tiers[i]);
	assert_int_equal(comparison.tier, ASSAY_TIER_DIFFERENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
