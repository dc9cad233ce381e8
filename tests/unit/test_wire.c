/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken from a process that may be anybody's by now: true answers, and no better ones. */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "model/wire.h"

#define SIZE 100 /* bytes of the one artefact */

/* One thing changed in an honest answer: two ranges, a finding and a remark about a file. */
static void nothing(struct assay_comparison *c)
{
	(void)c;
}

static void class_without_rule(struct assay_comparison *c)
{
	c->artefacts[0].ledger.ranges[1].rule = NULL;
}

static void gap(struct assay_comparison *c)
{
	c->artefacts[0].ledger.ranges[1].length--;
}

static void overlap(struct assay_comparison *c)
{
	c->artefacts[0].ledger.ranges[0].length++;
}

static void endless_range(struct assay_comparison *c)
{
	c->artefacts[0].ledger.ranges[1].length = UINT64_MAX;
}

static void empty_range(struct assay_comparison *c)
{
	c->artefacts[0].ledger.ranges[0].length = 0;
	c->artefacts[0].ledger.ranges[1].length = SIZE;
}

static void unexplained_bytes(struct assay_comparison *c)
{
	c->artefacts[0].ledger.ranges[1].class = ASSAY_CLASS_UNEXPLAINED;
	c->artefacts[0].ledger.ranges[1].rule = NULL;
}

static void unexplained_finding(struct assay_comparison *c)
{
	c->findings[0].class = ASSAY_CLASS_UNEXPLAINED;
	c->findings[0].rule = NULL;
}

static void better_tier(struct assay_comparison *c)
{
	c->artefacts[0].tier = c->tier = ASSAY_TIER_IDENTICAL;
}

static void worse_tier(struct assay_comparison *c)
{
	c->artefacts[0].tier = ASSAY_TIER_INCONCLUSIVE;
}

static void no_such_tier(struct assay_comparison *c)
{
	c->artefacts[0].tier = (enum assay_tier)(ASSAY_TIER_INCONCLUSIVE + 1);
}

static void no_such_class(struct assay_comparison *c)
{
	c->findings[0].class = (enum assay_class)ASSAY_CLASS_COUNT;
}

static void finding_without_rule(struct assay_comparison *c)
{
	c->findings[0].rule = NULL;
}

static void finding_for_many(struct assay_comparison *c)
{
	c->findings[0].rule = NULL;
	c->findings_left_out = 7;
}

static void remark_without_cause(struct assay_comparison *c)
{
	c->findings[1].cause = NULL;
}

static void remark_with_rule(struct assay_comparison *c)
{
	c->findings[1].rule = "test@1";
}

static void finding_elsewhere(struct assay_comparison *c)
{
	c->findings[0].artefact[0] = 'y';
	unexplained_finding(c);
}

static void raw_text(struct assay_comparison *c)
{
	c->findings[0].text[0] = '\033';
}

static void raw_rule(struct assay_comparison *c)
{
	c->artefacts[0].ledger.ranges[1].rule = "\033[2J";
}

static void long_rule(struct assay_comparison *c)
{
	static char rule[4096];

	memset(rule, 'x', sizeof(rule) - 1);
	c->artefacts[0].ledger.ranges[1].rule = rule;
}

static void no_format(struct assay_comparison *c)
{
	c->artefacts[0].format = NULL;
}

static void first_is_member(struct assay_comparison *c)
{
	free(c->artefacts[0].path);
	c->artefacts[0].path = assay_strdup("x");
}

static const struct {
	const char *what;
	void (*change)(struct assay_comparison *c);
	bool taken;
	enum assay_tier tier; /* when it is */
} rows[] = {
	{ "nothing", nothing, true, ASSAY_TIER_NORMALISED },
	{ "a class without its rule", class_without_rule, false, 0 },
	{ "bytes in no range", gap, false, 0 },
	{ "ranges past the end", overlap, false, 0 },
	{ "a range past all bounds", endless_range, false, 0 },
	{ "an empty range", empty_range, false, 0 },
	{ "bytes that nothing explains", unexplained_bytes, true, ASSAY_TIER_DIFFERENT },
	{ "a finding that nothing explains", unexplained_finding, true, ASSAY_TIER_DIFFERENT },
	{ "a better tier than follows", better_tier, true, ASSAY_TIER_NORMALISED },
	{ "a worse tier than follows", worse_tier, true, ASSAY_TIER_INCONCLUSIVE },
	{ "a tier that is none", no_such_tier, false, 0 },
	{ "a class that is none", no_such_class, false, 0 },
	{ "a finding without a rule", finding_without_rule, false, 0 },
	{ "a finding for what was left out", finding_for_many, true, ASSAY_TIER_NORMALISED },
	{ "a remark without a cause", remark_without_cause, false, 0 },
	{ "a remark under a rule", remark_with_rule, false, 0 },
	{ "a finding in no artefact", finding_elsewhere, true, ASSAY_TIER_DIFFERENT },
	{ "text that was not quoted", raw_text, false, 0 },
	{ "a rule that was not quoted", raw_rule, false, 0 },
	{ "a rule of many bytes", long_rule, false, 0 },
	{ "no format", no_format, false, 0 },
	{ "no file, but a member", first_is_member, false, 0 },
};

static void make(struct assay_comparison *out)
{
	struct assay_finding place = { .artefact = (char *)(uintptr_t) "",
		                       .offset = 90,
		                       .length = 10,
		                       .class = ASSAY_CLASS_NORMALISED,
		                       .rule = "test@1" };
	struct assay_finding remark = { .artefact = place.artefact,
		                        .class = ASSAY_CLASS_IDENTICAL,
		                        .cause = "test/remark" };
	struct assay_ledger ledger;

	*out = (struct assay_comparison){ 0 };
	out->delivered.name = assay_strdup("a");
	out->rebuilt.name = assay_strdup("b");
	out->delivered.size = out->rebuilt.size = SIZE;
	assay_ledger_init(&ledger, SIZE);
	(void)assay_ledger_explain(&ledger, 0, 90, ASSAY_CLASS_IDENTICAL, NULL);
	(void)assay_ledger_explain(&ledger, 90, 10, ASSAY_CLASS_NORMALISED, "test@1");
	(void)assay_comparison_add(out, "", "data", &ledger);
	(void)assay_comparison_find(out, &place, "ten bytes");
	free(out->findings[0].artefact);
	out->findings[0].artefact = assay_calloc(2, 1); /* room for a name */
	(void)assay_comparison_find(out, &remark, "remarkable");
}

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison sent = { 0 }, got = { 0 };
		ASSAY_AUTO_BUFFER struct assay_buffer bytes = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		bool taken;

		print_message("# %s\n", rows[i].what);
		make(&sent);
		rows[i].change(&sent);
		assay_wire_write(&sent, &bytes);
		taken = assay_wire_read(assay_buffer_span(&bytes), &got, &err) == 0;
		assert_int_equal(taken, rows[i].taken);
		if (taken)
			assert_int_equal(got.tier, rows[i].tier);
	}
}

/* Less than all of it is nothing; so is more. */
static void test_lengths(void **state)
{
	ASSAY_AUTO_COMPARISON struct assay_comparison sent = { 0 };
	ASSAY_AUTO_BUFFER struct assay_buffer bytes = { 0 };
	size_t all;

	(void)state;
	make(&sent);
	assay_wire_write(&sent, &bytes);
	all = bytes.len;
	assay_buffer_add(&bytes, "", 1);
	for (size_t len = 0; len <= all + 1; len++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison got = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		int result = assay_wire_read(assay_span_of(bytes.ptr, len), &got, &err);

		assert_int_equal(result, len == all ? 0 : -1);
	}
}

static void test_too_many_findings(void **state)
{
	for (size_t extra = 0; extra < 2; extra++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison sent = { 0 }, got = { 0 };
		ASSAY_AUTO_BUFFER struct assay_buffer bytes = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;

		struct assay_finding place;

		(void)state;
		make(&sent);
		place = sent.findings[1]; /* the list moves as it grows */
		while (sent.finding_count < ASSAY_FINDINGS_MAX + extra)
			(void)assay_comparison_find(&sent, &place, "again");
		assay_wire_write(&sent, &bytes);
		assert_int_equal(assay_wire_read(assay_buffer_span(&bytes), &got, &err),
		                 extra == 0 ? 0 : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_too_many_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
