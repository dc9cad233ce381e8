/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Variation: the decision as a truth table, the search for guilty axes against made-up builds,
 * and what each axis changes in a manifest.
 */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "compare/compare.h"
#include "explain/decide.h"
#include "manifest/manifest.h"
#include "mutate.h"
#include "rebuild/vary/search.h"

/* Every combination of what can be seen, and what follows. */
static void test_decision(void **state)
{
	static const enum assay_decision table[16] = {
		/* matches repeats varies inside */
		[0] = ASSAY_DECISION_NOT_DETERMINISTIC, /* - - - - */
		[1] = ASSAY_DECISION_NOT_DETERMINISTIC, /* - - - i */
		[2] = ASSAY_DECISION_NOT_DETERMINISTIC, /* - - v - */
		[3] = ASSAY_DECISION_NOT_DETERMINISTIC, /* - - v i */
		[4] = ASSAY_DECISION_OTHER_INPUTS,      /* - r - - */
		[5] = ASSAY_DECISION_OTHER_INPUTS,      /* - r - i */
		[6] = ASSAY_DECISION_DEPENDS_OUTSIDE,   /* - r v - */
		[7] = ASSAY_DECISION_DEPENDS_INSIDE,    /* - r v i */
		[8] = ASSAY_DECISION_MATCH,
		[9] = ASSAY_DECISION_MATCH,
		[10] = ASSAY_DECISION_MATCH,
		[11] = ASSAY_DECISION_MATCH,
		[12] = ASSAY_DECISION_MATCH,
		[13] = ASSAY_DECISION_MATCH,
		[14] = ASSAY_DECISION_MATCH,
		[15] = ASSAY_DECISION_MATCH,
	};

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		const struct assay_evidence evidence = { .matches = (i & 8) != 0,
			                                 .repeats = (i & 4) != 0,
			                                 .varies = (i & 2) != 0,
			                                 .inside = (i & 1) != 0 };

		assert_int_equal(assay_decide(&evidence), table[i]);
	}
}

/* One row: three texts, and whether the delivered one differs only where the varied ones do. */
static const struct {
	const char *what, *delivered, *first, *varied, *second;
	bool inside;
} places[] = {
	{ "the place that varies", "built 2019.", "built 2026.", "built 2027.", "built 2048.",
	  true },
	{ "a byte beside it", "Built 2019.", "built 2026.", "built 2027.", "built 2048.", false },
	{ "a byte behind it", "built 2019!", "built 2026.", "built 2027.", "built 2048.", false },
	{ "a digit that did not vary", "built 1999.", "built 2026.", "built 2027.", "built 2048.",
	  false },
	{ "only one build shows it", "x1y0", "x0y0", "x0y0", "x5y0", true },
	{ "two builds share it", "x11", "x00", "x10", "x01", true },
	{ "one byte more", "built 20199.", "built 2026.", "built 2027.", "built 2048.", false },
	{ "another length of all", "built 2019.", "built 2026.", "built a 2027.", "built b 2048.",
	  false },
	{ "nothing varies", "built 2019.", "built 2026.", "built 2026.", "built 2026.", false },
	{ "nothing differs", "built 2026.", "built 2026.", "built 2027.", "built 2048.", false },
};

static void compare_texts(const char *a, const char *b, struct assay_comparison *out)
{
	const struct assay_side one = { "a", assay_span_of_str(a) },
				two = { "b", assay_span_of_str(b) };
	struct assay_error err = ASSAY_ERROR_INIT;

	assert_int_equal(assay_compare(&one, &two, NULL, out, &err), 0);
}

static void test_inside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(places); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison found = { 0 };
		struct assay_comparison varied[2] = { 0 };

		print_message("# %s\n", places[i].what);
		compare_texts(places[i].delivered, places[i].first, &found);
		compare_texts(places[i].first, places[i].varied, &varied[0]);
		compare_texts(places[i].first, places[i].second, &varied[1]);
		assert_int_equal(assay_decide_inside(&found, varied, 2), places[i].inside);
		assay_comparison_fini(&varied[0]);
		assay_comparison_fini(&varied[1]);
	}
}

/*
 * A comparison that somebody made up: of an artefact of 100 bytes, some are different, and a finding
 * speaks of some of them; or of none, and of a thing without bytes.
 */
struct made_up {
	const char *path;
	uint64_t from, to;       /* that differ */
	uint64_t offset, length; /* of the finding; length 0 with the item NULL: there is none */
	const char *item, *text;
	uint64_t coalesced;
	bool twice;      /* two artefacts have the path */
	uint64_t longer; /* bytes at the end that are equal */
};

static void make_up(const struct made_up *what, struct assay_comparison *out)
{
	const struct assay_finding place = { .artefact = (char *)(uintptr_t)what->path,
		                             .offset = what->offset,
		                             .length = what->length,
		                             .class = ASSAY_CLASS_UNEXPLAINED };
	struct assay_finding *finding;
	struct assay_error err = ASSAY_ERROR_INIT;

	for (int i = 0; i < (what->twice ? 2 : 1); i++) {
		struct assay_ledger ledger = { 0 };

		assay_ledger_init(&ledger, 100 + what->longer);
		assay_ledger_explain(&ledger, 0, what->from, ASSAY_CLASS_IDENTICAL, NULL);
		assay_ledger_explain(&ledger, what->to, 100 + what->longer, ASSAY_CLASS_IDENTICAL,
		                     NULL);
		ledger.coalesced = what->coalesced;
		(void)assay_comparison_add(out, what->path, "data", &ledger);
	}
	if (what->length > 0 || what->item != NULL) {
		finding = assay_comparison_find(out, &place, "%s",
		                                what->text != NULL ? what->text : "differs");
		finding->item = what->item;
		finding->delivered.length = finding->rebuilt.length = what->length;
	}
	assert_int_equal(assay_comparison_conclude(out, &err), 0);
}

#define MODE(words) .item = "mode", .text = (words)

static const struct {
	const char *what;
	struct made_up found, varied;
	bool inside;
} made[] = {
	{ "bytes that vary",
	  { "x", 10, 12, 10, 2, NULL, NULL, 0, false, 0 },
	  { "x", 8, 20, 8, 12, NULL, NULL, 0, false, 0 },
	  true },
	{ "in a file of another size",
	  { "x", 10, 12, 10, 2, NULL, NULL, 0, false, 1 },
	  { "x", 8, 20, 8, 12, NULL, NULL, 0, false, 0 },
	  false },
	{ "in another member",
	  { "x", 10, 12, 10, 2, NULL, NULL, 0, false, 0 },
	  { "y", 8, 20, 8, 12, NULL, NULL, 0, false, 0 },
	  false },
	{ "in a container whose bytes vary because a member does",
	  { "x", 10, 12, 10, 2, NULL, NULL, 0, false, 0 },
	  { "x", 0, 100, 0, 0, NULL, NULL, 0, false, 0 },
	  false },
	{ "among bytes of which some are equal",
	  { "x", 10, 12, 10, 2, NULL, NULL, 0, false, 0 },
	  { "x", 8, 20, 8, 12, NULL, NULL, 3, false },
	  false },
	{ "in one of two members with a name",
	  { "x", 10, 12, 10, 2, NULL, NULL, 0, true, 0 },
	  { "x", 8, 20, 8, 12, NULL, NULL, 0, false, 0 },
	  false },
	{ "a finding without bytes that differ",
	  { "x", 50, 60, 10, 2, NULL, NULL, 0, false, 0 },
	  { "x", 0, 100, 0, 60, NULL, NULL, 0, false, 0 },
	  false },
	{ "the mode that a varied build has",
	  { "x", 0, 1, 0, 0, MODE("a: mode: 0775 delivered, 0755 rebuilt") },
	  { "x", 0, 1, 0, 0, MODE("a: mode: 0755 delivered, 0775 rebuilt") },
	  true },
	{ "another mode",
	  { "x", 0, 1, 0, 0, MODE("a: mode: 04755 delivered, 0755 rebuilt") },
	  { "x", 0, 1, 0, 0, MODE("a: mode: 0755 delivered, 0775 rebuilt") },
	  false },
	{ "the mode of another file",
	  { "x", 0, 1, 0, 0, MODE("b: mode: 0775 delivered, 0755 rebuilt") },
	  { "x", 0, 1, 0, 0, MODE("a: mode: 0755 delivered, 0775 rebuilt") },
	  false },
	{ "a text of another kind",
	  { "x", 0, 1, 0, 0, MODE("only in the delivered file") },
	  { "x", 0, 1, 0, 0, MODE("only in the delivered file") },
	  false },
};

static void test_made_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(made); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison found = { 0 }, varied = { 0 };

		print_message("# %s\n", made[i].what);
		make_up(&made[i].found, &found);
		make_up(&made[i].varied, &varied);
		assert_int_equal(assay_decide_inside(&found, &varied, 1), made[i].inside);
	}
}

/* A build that somebody made up: other output when all axes of one of two sets are varied. */
struct fake {
	assay_axes either[2];
	unsigned builds;
	unsigned fail_at; /* 0: never */
	assay_axes next; /* what was said to come, when this one is the same; 0: nothing was said */
	assay_axes built[256];
};

static int try_axes(void *context, assay_axes axes, assay_axes next, struct assay_error *err)
{
	struct fake *fake = context;

	assert_true(axes != 0);
	assert_true(fake->next == 0 || fake->next == axes);
	fake->next = 0;
	assert_true(fake->builds < ASSAY_ARRAY_LEN(fake->built));
	for (unsigned i = 0; i < fake->builds; i++)
		assert_true(fake->built[i] != axes); /* no set is built twice */
	fake->built[fake->builds] = axes;
	if (++fake->builds == fake->fail_at)
		return assay_fail(err, ASSAY_E_SYSTEM, "no more");
	for (unsigned i = 0; i < 2; i++)
		if (fake->either[i] != 0 && (axes & fake->either[i]) == fake->either[i])
			return 1;
	fake->next = next;
	return 0;
}

static unsigned log2_up(unsigned n)
{
	unsigned bits = 0;

	while ((1u << bits) < n)
		bits++;
	return bits;
}

static void find(unsigned n, struct fake *fake, assay_axes *guilty)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	assay_axes all = n == 64 ? ~(assay_axes)0 : ((assay_axes)1 << n) - 1;

	fake->builds = 0;
	assert_int_equal(assay_vary_search(all, try_axes, fake, guilty, &err), 0);
}

static void test_one_guilty_axis(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 64; n++)
		for (unsigned i = 0; i < n; i++) {
			struct fake fake = { .either = { (assay_axes)1 << i } };
			assay_axes guilty = 0;

			find(n, &fake, &guilty);
			assert_int_equal(guilty, fake.either[0]);
			assert_true(fake.builds <= log2_up(n) + 2);
		}
}

/* Two axes, each of which is enough; and two that are needed both. */
static void test_two_guilty_axes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16; i++)
		for (unsigned k = 0; k < 16; k++) {
			assay_axes one = (assay_axes)1 << i, two = (assay_axes)1 << k, guilty = 0;
			struct fake either = { .either = { one, two } };
			struct fake both = { .either = { one | two } };

			find(16, &either, &guilty);
			assert_int_equal(guilty, one | two);
			assert_true(either.builds <= 2 * (log2_up(16) + 2));
			find(16, &both, &guilty);
			assert_int_equal(guilty, one | two);
		}
}

static void test_a_failing_search(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 5; i++) { /* as many as it takes: log2(16) and one for the rest */
		struct fake fake = { .either = { 1u << 9 }, .fail_at = i };
		struct assay_error err = ASSAY_ERROR_INIT;
		assay_axes guilty = 0;

		assert_int_equal(assay_vary_search(0xffff, try_axes, &fake, &guilty, &err), -1);
		assert_int_equal(guilty, 0);
	}
}

/* What a manifest says, and how fast its clock runs, which no manifest can say. Owner: caller frees. */
static char *text_of(const struct assay_manifest *manifest)
{
	const struct assay_clock_pin *clock = manifest->build.machine.clock;
	struct assay_sha256 id;
	char hex[ASSAY_SHA256_HEX];

	assay_manifest_id(manifest, &id);
	assay_sha256_hex(&id, hex);
	return assay_asprintf("%s %u", hex, clock != NULL ? clock->rate : 0);
}

/* Each axis changes the manifest, twice, each time in another way, and no two do the same. */
static void test_axes(void **state)
{
	const struct assay_vary_host host = { .now = 1700000000, .cpus = 8, .terminal = true };
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	ASSAY_AUTO_MANIFEST struct assay_manifest *m = NULL;
	ASSAY_AUTO_STRINGS struct assay_strings ids = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;
	ASSAY_AUTO_FREE char *before = NULL, *after = NULL;
	assay_others seen = 0;

	(void)state;
	assert_int_equal(assay_manifest_parse("m", assay_span_of_bytes(&yaml->text), &m, &err), 0);
	before = text_of(m);
	assay_strings_add(&ids, before);
	for (unsigned i = 0; i < assay_axis_count; i++)
		for (unsigned round = 1; round <= 2; round++) {
			ASSAY_AUTO_VARIATION struct assay_variation variation = { 0 };
			ASSAY_AUTO_FREE char *text = NULL;

			assay_variation_make(m, (assay_axes)1 << i, &host, round, &variation);
			text = text_of(&variation.manifest);
			/* What the container changes may be the same in both rounds, but no other's. */
			if (assay_axis_table[i].others[0] & seen && round == 1)
				fail_msg("%s changes what another axis changes",
				         assay_axis_table[i].name);
			assert_int_equal(variation.others, assay_axis_table[i].others[round - 1]);
			seen |= variation.others;
			if (assay_strings_has(&ids, text) && variation.others == 0)
				fail_msg("%s in round %u changes nothing new",
				         assay_axis_table[i].name, round);
			assay_strings_add(&ids, text);
			if (i > 0)
				assert_true(strcmp(assay_axis_table[i - 1].name,
				                   assay_axis_table[i].name) < 0);
		}
	after = text_of(m);
	assert_string_equal(before, after); /* the manifest itself stays */
}

static void test_sets_of_axes(void **state)
{
	const struct assay_vary_host one = { .cpus = 1, .terminal = true },
				     two = { .cpus = 2, .terminal = true }, none = { .cpus = 2 };
	struct assay_manifest m = { 0 };

	(void)state;
	assert_int_equal(assay_axes_find("time", 4) & (assay_axes_find("time", 4) - 1), 0);
	assert_int_not_equal(assay_axes_find("time,zone", 4), 0);
	assert_int_equal(assay_axes_find("tim", 3), 0);
	assert_int_equal(assay_axes_find("", 0), 0);
	m.build.machine.cpus = 2;
	assert_int_equal(assay_axes_possible(&m, &two), ((assay_axes)1 << assay_axis_count) - 1);
	m.build.machine.cpus = 1;
	assert_int_equal(assay_axes_possible(&m, &two),
	                 (((assay_axes)1 << assay_axis_count) - 1) &
	                         ~assay_axes_find("parallelism", strlen("parallelism")));
	assert_int_equal(assay_axes_possible(&m, &none),
	                 assay_axes_possible(&m, &two) & ~assay_axes_find("terminal", 8));
	assert_int_equal(assay_axes_possible(&m, &one),
	                 assay_axes_possible(&m, &two) & ~assay_axes_find("cpus", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decision),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_made_up),
		cmocka_unit_test(test_one_guilty_axis),
		cmocka_unit_test(test_two_guilty_axes),
		cmocka_unit_test(test_a_failing_search),
		cmocka_unit_test(test_axes),
		cmocka_unit_test(test_sets_of_axes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
