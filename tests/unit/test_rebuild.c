/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of rebuild/ that need no container: limits, processors, ids, accounts, links, usage. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "rebuild/accounts.h"
#include "rebuild/cpus.h"
#include "rebuild/identity.h"
#include "rebuild/limits.h"
#include "rebuild/rlimits.h"
#include "rebuild/untar.h"
#include "rebuild/usage.h"

static const struct assay_limits limits = {
	.wall = 60, .silence = 10, .memory = 1000, .processes = 20, .log = 500
};

static const struct {
	const char *what;
	struct assay_spent spent;
	enum assay_outcome outcome;
	const char *text;
} reached[] = {
	{ "nothing", { 0, 0, 0, 0, 0 }, ASSAY_OUTCOME_BUILT, "" },
	{ "everything, just so", { 59999, 9999, 500, 1000, 20 }, ASSAY_OUTCOME_BUILT, "" },
	{ "wall",
	  { 60000, 0, 0, 0, 0 },
	  ASSAY_OUTCOME_LIMIT_WALL,
	  "still running after 60 s, build.limits.wall is 60" },
	{ "silence",
	  { 0, 10000, 0, 0, 0 },
	  ASSAY_OUTCOME_LIMIT_SILENCE,
	  "no output for 10 s, build.limits.silence is 10" },
	{ "log",
	  { 0, 0, 501, 0, 0 },
	  ASSAY_OUTCOME_LIMIT_LOG,
	  "501 bytes of output, build.limits.log is 500" },
	{ "memory",
	  { 0, 0, 0, 1001, 0 },
	  ASSAY_OUTCOME_LIMIT_MEMORY,
	  "1001 bytes of memory, build.limits.memory is 1000" },
	{ "processes",
	  { 0, 0, 0, 0, 21 },
	  ASSAY_OUTCOME_LIMIT_PROCESSES,
	  "21 processes and threads, build.limits.processes is 20" },
	{ "processes before memory: they are its cause",
	  { 0, 0, 0, 1001, 21 },
	  ASSAY_OUTCOME_LIMIT_PROCESSES,
	  "21 processes and threads, build.limits.processes is 20" },
	{ "more than 32 bits",
	  { UINT64_C(1) << 52, 0, 0, 0, 0 },
	  ASSAY_OUTCOME_LIMIT_WALL,
	  "still running after 4503599627370 s, build.limits.wall is 60" },
};

static void test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(reached); i++) {
		char text[256] = "";

		print_message("# %s\n", reached[i].what);
		assert_int_equal(assay_limits_reached(&limits, &reached[i].spent, text),
		                 reached[i].outcome);
		assert_string_equal(text, reached[i].text);
	}
}

static const struct {
	uint64_t limit, memory; /* MiB */
	int ms;
} looks[] = { { 100000, 0, 100 }, { 1000, 900, 25 }, { 1000, 999, 5 }, { 1000, 1000, 5 },
	      { 1000, 5000, 5 },  { 0, 0, 5 },       { 400, 0, 100 },  { 396, 0, 99 } };

static void test_next_look(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(looks); i++) {
		struct assay_limits some = { .memory = looks[i].limit << 20 };

		assert_int_equal(assay_limits_next_look(&some, looks[i].memory << 20), looks[i].ms);
	}
}

static const struct {
	const char *ours; /* a digit for each processor that may be used */
	int current;
	uint32_t wanted;
	const char *taken; /* NULL: there are not so many */
} picks[] = {
	{ "0", 0, 1, "0" },       { "0123", 2, 1, "2" },
	{ "0123", 0, 2, "01" },   { "0123", 1, 2, "01" },
	{ "0123", 2, 2, "23" },   { "0123", 3, 2, "23" },
	{ "0123", 3, 4, "0123" }, { "0123", 3, 5, NULL },
	{ "01234", 4, 2, "04" }, /* the last group is not full */
	{ "2578", 7, 2, "78" },   { "2578", 5, 2, "25" },
	{ "2578", 6, 1, "7" }, /* moved away in between */
	{ "25", 9, 2, "25" },
};

static void test_cpus(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(picks); i++) {
		cpu_set_t ours, taken;
		char got[16] = "";
		int result;

		print_message("# %u of %s on %d\n", picks[i].wanted, picks[i].ours,
		              picks[i].current);
		CPU_ZERO(&ours);
		for (const char *p = picks[i].ours; *p != '\0'; p++)
			CPU_SET((size_t)(*p - '0'), &ours);
		result = assay_cpus_pick(&ours, picks[i].current, picks[i].wanted, &taken);
		assert_int_equal(result, picks[i].taken == NULL ? -1 : 0);
		for (size_t k = 0; result == 0 && k < 10; k++)
			if (CPU_ISSET(k, &taken))
				(void)snprintf(got + strlen(got), 2, "%zu", k);
		if (result == 0)
			assert_string_equal(got, picks[i].taken);
	}
}

#define FREE 1900000000 /* the id that root's builds have, where there is room for it */

static const struct {
	const char *what, *map;
	uint32_t own;
	bool found;
	uint32_t id;
} ids[] = {
	{ "the whole host", "0 0 4294967295", 0, true, FREE },
	{ "a container with a range", "0 100000 65536", 0, true, 65535 },
	{ "one id, which is not the host's root", "0 1000 1", 0, true, 0 },
	{ "one id, which is", "0 0 1", 0, false, 0 },
	{ "root, and a range", "0 0 1\n1 100000 10", 0, true, 10 },
	{ "root, and one other", "0 0 1\n1000 1000 1", 0, true, 1000 },
	{ "an own id above all others", "0 100000 3\n7 0 1", 7, true, 2 },
	{ "an empty line of a map", "0 0 1\n5 5 0", 0, false, 0 },
	{ "nothing", "", 0, false, 0 },
	{ "text", "zero", 0, false, 0 },
	{ "more than 32 bits", "0 0 99999999999", 0, false, 0 },
};

static void test_identity(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(ids); i++) {
		uint32_t id = 0;

		print_message("# %s\n", ids[i].what);
		assert_int_equal(assay_identity_pick(ids[i].map, ids[i].own, &id), ids[i].found);
		if (ids[i].found)
			assert_int_equal(id, ids[i].id);
	}
}

#define BUILDER "builder:x:1000:1000::/nonexistent:/bin/sh\n"
#define GROUP "builder:x:1000:\n"

static const struct {
	const char *what, *passwd;
	const char *out; /* NULL: it is good as it is */
} accounts[] = {
	{ "nothing", "", BUILDER },
	{ "others", "root:x:0:0::/root:/bin/sh\n", "root:x:0:0::/root:/bin/sh\n" BUILDER },
	{ "ours", "root:x:0:0::/:/bin/sh\n" BUILDER, NULL },
	{ "ours twice", BUILDER BUILDER, BUILDER },
	{ "same name", "builder:x:5:5::/home:/bin/bash\n", BUILDER },
	{ "same number", "a:x:1:1:::\nother:x:1000:5::/:/bin/sh\n", "a:x:1:1:::\n" BUILDER },
	{ "a number that begins alike", "a:x:10001:1:::\n", "a:x:10001:1:::\n" BUILDER },
	{ "a name that begins alike", "builder2:x:7:7:::\n", "builder2:x:7:7:::\n" BUILDER },
	{ "no newline at the end", "root:x:0:0:::", "root:x:0:0:::\n" BUILDER },
	{ "ours without its newline", "builder:x:1000:1000::/nonexistent:/bin/sh", BUILDER },
	{ "lines that are none stay", "builder\n\n:\n", "builder\n\n:\n" BUILDER },
};

static void test_accounts(void **state)
{
	char name[] = "builder", home[] = "/nonexistent";
	struct assay_user user = { .uid = 1000, .gid = 1000, .name = name, .home = home };

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(accounts); i++) {
		ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
		bool changed =
			assay_accounts_passwd(assay_span_of_str(accounts[i].passwd), &user, &out);

		print_message("# %s\n", accounts[i].what);
		assert_int_equal(changed, accounts[i].out != NULL);
		if (changed)
			assert_string_equal(assay_buffer_str(&out), accounts[i].out);
	}
}

static void test_group(void **state)
{
	char name[] = "builder", home[] = "/";
	struct assay_user user = { .uid = 5, .gid = 1000, .name = name, .home = home };
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 }, same = { 0 };

	(void)state;
	assert_true(assay_accounts_group(assay_span_of_str("root:x:0:\nsrc:x:1000:a,b\n"), &user,
	                                 &out));
	assert_string_equal(assay_buffer_str(&out), "root:x:0:\n" GROUP);
	assert_false(assay_accounts_group(assay_span_of_str("root:x:0:\n" GROUP), &user, &same));
}

static const struct {
	const char *link, *target;
	bool stays;
} links[] = {
	{ "l", "f", true },           { "l", ".", true },
	{ "l", "./f", true },         { "l", "..", false },
	{ "l", "../f", false },       { "l", "/f", false },
	{ "l", "", false },           { "d/l", "..", true },
	{ "d/l", "../f", true },      { "d/l", "../../f", false },
	{ "d//l", "../../f", false }, { "./d/l", "../../f", false },
	{ "d/e/l", "../../f", true }, { "d/e/l", "../../../f", false },
	{ "l", "a/../../f", false },  { "l", "a/../f", true },
	{ "l", "a/b/../../f", true }, { "l", "a/b/../../../f", false },
	{ "l", "...", true },         { "l", "..f", true },
	{ "l", "a//../..", false },
};

static void test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(links); i++) {
		print_message("# %s -> %s\n", links[i].link, links[i].target);
		assert_int_equal(assay_untar_link_stays(links[i].link, links[i].target),
		                 links[i].stays);
	}
}

#define STAT_TAIL                                                                                  \
	" S 1 2 2 0 -1 4194560 1 0 0 0 7 8 9 10 20 0 3 0 12345 99999 250 18446744073709551615 1\n"

static const struct {
	const char *text;
	uint32_t tasks;
	uint64_t pages;
} stats[] = {
	{ "2 (sh)" STAT_TAIL, 3, 250 },
	{ "2 (a b) c) d)" STAT_TAIL, 3, 250 },
	{ "2 (1) 1 1 1 (1)" STAT_TAIL, 3, 250 },
	{ "2 (sh) S 1", 0, 0 },
	{ "", 0, 0 },
	{ "no brackets 1 2 3", 0, 0 },
};

static void test_usage_of_a_process(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(stats); i++) {
		struct assay_usage usage = { .memory = 1, .tasks = 1 };

		print_message("# %s\n", stats[i].text);
		assay_usage_stat(stats[i].text, &usage);
		assert_int_equal(usage.tasks, 1 + stats[i].tasks);
		assert_int_equal(usage.memory, 1 + stats[i].pages * (uint64_t)getpagesize());
	}
}

static void test_usage_of_shared_memory(void **state)
{
	static const char rollup[] = "555-fff ---p 00000000 00:00 0    [rollup]\n"
				     "Rss:                 884 kB\nPss:                 385 kB\n"
				     "Pss_Anon:            68 kB\nPss_Shmem:          12 kB\n"
				     "SwapPss:               7 kB\n";
	static const char head[] =
		"       key      shmid perms                  size  cpid  lpid "
		"nattch   uid   gid  cuid  cgid      atime      dtime      ctime "
		"                  rss                  swap\n";
	static const char segment[] =
		"         0         98   600             524288  5  6      0  "
		"1000  1000  1000  1000  1700000000 1700000001 1700000000 "
		"  516096    8192\n";

	(void)state;
	assert_int_equal(assay_usage_rollup(rollup, "Pss:"), 385 * 1024);
	assert_int_equal(assay_usage_rollup(rollup, "Pss_Shmem:"), 12 * 1024);
	assert_int_equal(assay_usage_rollup(rollup, "Pss_File:"), 0);
	assert_int_equal(assay_usage_rollup("", "Pss:"), 0);
	assert_int_equal(assay_usage_segment(head), 0);
	assert_int_equal(assay_usage_segment(segment), 516096 + 8192);
	assert_int_equal(assay_usage_segment("1 2 3"), 0);
}

static void test_rlimits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_RLIMITS; i++) {
		struct rlimit wanted = assay_rlimit_wanted(&assay_rlimits[i], 200);

		assert_true(wanted.rlim_cur <= wanted.rlim_max);
		/* Every one of the kernel's has its row: the table is in the order of names. */
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(assay_rlimits[i].resource, assay_rlimits[k].resource);
		/* Init counts processes, and must see more than are allowed. */
		if (assay_rlimits[i].resource == RLIMIT_NPROC)
			assert_true(wanted.rlim_max > 200);
		/* With 0 the host's core dump handler would be started: core(5). */
		if (assay_rlimits[i].resource == RLIMIT_CORE)
			assert_int_equal(wanted.rlim_max, 1);
	}
	assert_int_equal(ASSAY_RLIMITS, RLIM_NLIMITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_next_look),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_usage_of_a_process),
		cmocka_unit_test(test_usage_of_shared_memory),
		cmocka_unit_test(test_rlimits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
