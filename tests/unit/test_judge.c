/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process that compares can make the one believe that asked it, once a delivered file has
 * taken it over. The linker puts wrapped functions into its place (-Wl,--wrap).
 */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "cli/judge.h"

static void (*lie)(struct assay_comparison *out, const struct assay_side *delivered);

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
int __real_assay_compare(const struct assay_side *delivered, const struct assay_side *rebuilt,
                         const struct assay_compare_options *options, struct assay_comparison *out,
                         struct assay_error *err);
int __wrap_assay_compare(const struct assay_side *delivered, const struct assay_side *rebuilt,
                         const struct assay_compare_options *options, struct assay_comparison *out,
                         struct assay_error *err);

int __wrap_assay_compare(const struct assay_side *delivered, const struct assay_side *rebuilt,
                         const struct assay_compare_options *options, struct assay_comparison *out,
                         struct assay_error *err)
{
	if (__real_assay_compare(delivered, rebuilt, options, out, err) < 0)
		return -1;
	lie(out, delivered);
	return 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* --- lies ---------------------------------------------------------------------------------- */

static void none(struct assay_comparison *out, const struct assay_side *delivered)
{
	(void)out;
	(void)delivered;
}

/* Everything is one class, and nobody says anything. */
static void claim(struct assay_comparison *out, const struct assay_side *delivered,
                  enum assay_class class, const char *rule)
{
	struct assay_ledger ledger;

	assay_comparison_fini(out);
	*out = (struct assay_comparison){ 0 };
	out->delivered.name = assay_strdup("x");
	out->rebuilt.name = assay_strdup("x");
	assay_ledger_init(&ledger, delivered->span.len);
	(void)assay_ledger_explain(&ledger, 0, delivered->span.len, class, rule);
	(void)assay_comparison_add(out, "", "data", &ledger);
}

static void say(struct assay_comparison *out, enum assay_class class, const char *rule)
{
	struct assay_finding place = { .artefact = (char *)(uintptr_t) "",
		                       .class = class,
		                       .rule = rule,
		                       .cause = "test/said" };

	(void)assay_comparison_find(out, &place, "said");
}

static void identical(struct assay_comparison *out, const struct assay_side *delivered)
{
	claim(out, delivered, ASSAY_CLASS_IDENTICAL, NULL);
}

static void remarkable(struct assay_comparison *out, const struct assay_side *delivered)
{
	claim(out, delivered, ASSAY_CLASS_IDENTICAL, NULL);
	say(out, ASSAY_CLASS_IDENTICAL, NULL);
}

static void repacked_in_silence(struct assay_comparison *out, const struct assay_side *delivered)
{
	claim(out, delivered, ASSAY_CLASS_REPACKED, "test@1");
}

static void other_size(struct assay_comparison *out, const struct assay_side *delivered)
{
	struct assay_side longer = { delivered->name,
		                     assay_span_of(delivered->span.ptr, delivered->span.len + 1) };

	claim(out, &longer, ASSAY_CLASS_REPACKED, "test@1");
	say(out, ASSAY_CLASS_REPACKED, "test@1");
}

static void excluded(struct assay_comparison *out, const struct assay_side *delivered)
{
	claim(out, delivered, ASSAY_CLASS_EXCLUDED, "test@1");
	say(out, ASSAY_CLASS_EXCLUDED, "test@1");
}

static void more_artefacts(struct assay_comparison *out, const struct assay_side *delivered)
{
	struct assay_ledger ledger;

	claim(out, delivered, ASSAY_CLASS_IDENTICAL, NULL);
	assay_ledger_init(&ledger, 0);
	(void)assay_comparison_add(out, "inside", "data", &ledger);
}

static void other_digests(struct assay_comparison *out, const struct assay_side *delivered)
{
	(void)delivered;
	memset(&out->delivered.sha256, 7, sizeof(out->delivered.sha256));
	memset(&out->rebuilt.sha256, 7, sizeof(out->rebuilt.sha256));
}

static const struct {
	const char *what;
	void (*lie)(struct assay_comparison *out, const struct assay_side *delivered);
	bool equal; /* the two files are */
	enum assay_tier tier;
} rows[] = {
	{ "the truth", none, false, ASSAY_TIER_DIFFERENT },
	{ "the truth of equal files", none, true, ASSAY_TIER_IDENTICAL },
	{ "identical, but it is not", identical, false, ASSAY_TIER_INCONCLUSIVE },
	{ "the same with a remark", remarkable, false, ASSAY_TIER_INCONCLUSIVE },
	{ "repacked, without a finding", repacked_in_silence, false, ASSAY_TIER_INCONCLUSIVE },
	{ "an answer about a longer file", other_size, false, ASSAY_TIER_INCONCLUSIVE },
	{ "excluded without a policy", excluded, false, ASSAY_TIER_INCONCLUSIVE },
	{ "other digests", other_digests, false, ASSAY_TIER_DIFFERENT },
	{ "equal with a remark", remarkable, true, ASSAY_TIER_IDENTICAL },
	{ "equal and more inside", more_artefacts, true, ASSAY_TIER_INCONCLUSIVE },
	{ "equal, but repacked", repacked_in_silence, true, ASSAY_TIER_INCONCLUSIVE },
	{ "equal, but excluded", excluded, true, ASSAY_TIER_INCONCLUSIVE },
};

/* Equal ELF files are looked into, to remark on them. */
static const char file[] = "\x7f"
			   "ELF, or almost",
		  other[] = "\x7f"
			    "ELF, but another";

static void check(const struct assay_comparison *got, enum assay_tier tier, bool equal)
{
	struct assay_sha256 digests[2];

	assay_sha256(assay_span_of(file, sizeof(file)), &digests[0]);
	assay_sha256(assay_span_of(equal ? file : other, equal ? sizeof(file) : sizeof(other)),
	             &digests[1]);
	assert_int_equal(got->tier, tier);
	assert_int_equal(got->delivered.size, sizeof(file));
	assert_true(assay_sha256_equal(&got->delivered.sha256, &digests[0]));
	assert_true(assay_sha256_equal(&got->rebuilt.sha256, &digests[1]));
}

static struct assay_side side_of(bool first)
{
	return first ? (struct assay_side){ "a", assay_span_of(file, sizeof(file)) }
	             : (struct assay_side){ "b", assay_span_of(other, sizeof(other)) };
}

static void test_alone(void **state)
{
	const struct assay_judge judge = { 0 };

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison got = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_side a = side_of(true), b = side_of(rows[i].equal);

		print_message("# %s\n", rows[i].what);
		lie = rows[i].lie;
		assert_int_equal(assay_judge_pair((void *)(uintptr_t)&judge, &a, &b, &got, &err),
		                 0);
		check(&got, rows[i].tier, rows[i].equal);
	}
}

/* Lies about the pair whose delivered file is called so, and about no other. */
static void lie_about_second(struct assay_comparison *out, const struct assay_side *delivered)
{
	if (strcmp(delivered->name, "second") == 0)
		excluded(out, delivered);
}

/* Equal pairs share a process: what is not to be believed of one leaves the others as they are. */
static void test_together(void **state)
{
	static const char *const names[] = { "first", "second", "third", "fourth" };
	const struct assay_judge judge = { 0 };
	struct assay_sides sides[ASSAY_ARRAY_LEN(names)];
	struct assay_comparison got[ASSAY_ARRAY_LEN(names)] = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	lie = lie_about_second;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(names); i++) {
		sides[i] = (struct assay_sides){ side_of(true), side_of(true) };
		sides[i].delivered.name = sides[i].rebuilt.name = names[i];
	}
	assert_int_equal(assay_judge_pairs((void *)(uintptr_t)&judge, sides, ASSAY_ARRAY_LEN(names),
	                                   got, &err),
	                 0);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(names); i++) {
		assert_int_equal(got[i].tier,
		                 i == 1 ? ASSAY_TIER_INCONCLUSIVE : ASSAY_TIER_IDENTICAL);
		assay_comparison_fini(&got[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
