/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values that delivered files show: read where both sides have one, and nowhere else. */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "explain/solve.h"

#define EPOCH 1672068600 /* 2022-12-26 15:30:00 UTC; all other times by date(1) */
#define OF_RELEASE "build.machine.clock={\"mode\":\"offset\",\"start\":1672068600}"
#define CLOCK(mode, start) "build.machine.clock={\"mode\":\"" mode "\",\"start\":" start "}"

/* One row is one finding: the two sides differ from the first to the last byte that is not equal. */
static const struct {
	const char *what, *axis, *item, *delivered, *rebuilt;
	const char *guesses; /* with spaces in between; all of them in their order */
} cases[] = {
	{ "__DATE__", "time", NULL, "on May  6 2026.", "on Nov 25 2026.",
	  CLOCK("offset", "1778068800") " " OF_RELEASE },
	{ "__DATE__, of the release", "time", NULL, "on Dec 26 2022.", "on Nov 25 2026.",
	  OF_RELEASE },
	{ "__TIME__", "time", NULL, "at 09:08:07.", "at 19:20:21.",
	  CLOCK("fixed", "1672045687") " " OF_RELEASE },
	{ "RFC 3339", "time", NULL, "x2026-05-06T12:56:01Zx", "x2027-11-25T13:14:15Zx",
	  CLOCK("fixed", "1778072161") " " CLOCK("offset", "1778068800") " " OF_RELEASE },
	{ "date(1)", "time", NULL, "Wed May  6 12:56:01 UTC 2026", "Thu Nov 25 13:14:15 UTC 2027",
	  CLOCK("fixed", "1778072161") " " CLOCK("offset", "1778068800") " " OF_RELEASE },
	{ "seconds", "time", NULL, "<1778072161>", "<1899999999>",
	  CLOCK("fixed", "1778072161") " " OF_RELEASE },
	{ "seconds that are part of a longer number", "time", NULL, "<01778072161>",
	  "<01899999999>", OF_RELEASE },
	{ "year", "time", NULL, "(C) 2019 X", "(C) 2026 X",
	  CLOCK("offset", "1561982400") " " OF_RELEASE },
	{ "year as a number", "time", NULL, "\xbe\xe3\7", "\xbe\xea\7",
	  CLOCK("offset", "1561982400") " " OF_RELEASE },
	{ "no day of any month", "time", NULL, "on May 66 2026.", "on Nov 25 2026.", OF_RELEASE },
	{ "no time in the rebuild", "time", NULL, "on May  6 2026.", "on Bov 25 2026.",
	  OF_RELEASE },
	{ "a date that does not differ", "time", NULL, "May  6 2026, rate 100 x",
	  "May  6 2026, rate 900 x", OF_RELEASE },
	{ "Intel HEX", "time", NULL, ":10E230002E30004D61792020362032303236004CAD",
	  ":10E230002E30004E6F762032352032303236004C90",
	  CLOCK("offset", "1778068800") " " OF_RELEASE },
	{ "S-records", "time", NULL, "S113E2302E30004D61792020362032303236004CAD",
	  "S113E2302E30004E6F762032352032303236004C90",
	  CLOCK("offset", "1778068800") " " OF_RELEASE },
	{ "host name", "hostname", NULL, "on buildd-01.x!", "on assay!",
	  "build.machine.hostname=\"buildd-01.x\"" },
	{ "host name that only gets longer", "hostname", NULL, "on assay-2!", "on assay!",
	  "build.machine.hostname=\"assay-2\"" },
	{ "another word", "hostname", NULL, "on buildd!", "on essay!", "" },
	{ "another axis", "cpus", NULL, "on buildd!", "on assay!", "" },
	{ "a quote ends a value", "hostname", NULL, "on \"x\\\"", "on \"assay\"",
	  "build.machine.hostname=\"x\"" },
	{ "build path", "build-path", NULL, "/lab/me/src/x.c", "/build/box/x.c",
	  "build.path=\"/lab/me/src/x.c\"" },
	{ "kernel", "kernel", NULL, "for 5.10.0-18-armmp y", "for 6.1.0-0-amd64 y",
	  "build.machine.kernel_release=\"5.10.0-18-armmp\"" },
	{ "behind a word of another length", "kernel", NULL, "host-a 5.10.0 y", "b 6.1.0-0-amd64 y",
	  "build.machine.kernel_release=\"5.10.0\"" },
	{ "user", "user", NULL, "by joe\n", "by builder\n", "build.user.name=\"joe\"" },
	{ "user's number", "user", NULL, "uid=512 x", "uid=1000 x", "build.user.uid=512" },
	{ "zone", "zone", NULL, "TZ=Asia/Tokyo", "TZ=UTC", "build.environment.TZ=\"Asia/Tokyo\"" },
	{ "a file instead of a zone", "zone", NULL, "TZ=/build/x", "TZ=UTC", "" },
	{ "where programs are searched", "path", NULL, "in /build/evil:/bin", "in /usr/bin:/bin",
	  "" },
	{ "where settings are", "home", NULL, "in /build/evil", "in /nonexistent", "" },
	{ "umask: more", "umask", "mode", "0000664", "0000644", "build.umask=\"0002\"" },
	{ "umask: less", "umask", "mode", "0000600", "0000644", "build.umask=\"0066\"" },
	{ "a number that is no mode", "umask", NULL, "0000664", "0000644", "" },
};

static void set_excerpt(struct assay_excerpt *out, const char *text, size_t from, size_t behind)
{
	size_t len = strlen(text);

	out->bytes.ptr = assay_calloc(len + 1, 1);
	memcpy(out->bytes.ptr, text, len);
	out->bytes.len = len;
	out->before = from;
	out->length = len - from - behind;
}

/* What differs, as a comparison would say it. */
static void add_finding(struct assay_comparison *comparison, const char *delivered,
                        const char *rebuilt, const char *item)
{
	struct assay_finding place = { .artefact = assay_strdup("x"),
		                       .class = ASSAY_CLASS_UNEXPLAINED,
		                       .item = item };
	struct assay_finding *finding = assay_comparison_find(comparison, &place, "x");
	size_t from = 0, behind = 0, d = strlen(delivered), r = strlen(rebuilt);

	while (delivered[from] == rebuilt[from])
		from++;
	while (d - behind > from && r - behind > from &&
	       delivered[d - behind - 1] == rebuilt[r - behind - 1])
		behind++;
	free(place.artefact);
	set_excerpt(&finding->delivered, delivered, item != NULL ? 0 : from,
	            item != NULL ? 0 : behind);
	set_excerpt(&finding->rebuilt, rebuilt, item != NULL ? 0 : from, item != NULL ? 0 : behind);
}

static char *text_of(const struct assay_guesses *guesses)
{
	char *text = assay_strdup("");

	for (size_t i = 0; i < guesses->count; i++) {
		char *more = assay_asprintf("%s%s%s=%s", text, i > 0 ? " " : "",
		                            guesses->items[i].key, guesses->items[i].value);

		free(text);
		text = more;
	}
	return text;
}

static void test_guesses(void **state)
{
	char zone[] = "TZ", utc[] = "UTC", host[] = "assay", release[] = "6.1.0-0-amd64",
	     version[] = "#1 SMP Debian", path[] = "/build/box", user[] = "builder";
	char path_name[] = "PATH", bin[] = "/usr/bin:/bin", home_name[] = "HOME",
	     home[] = "/nonexistent";
	struct assay_variable variables[] = { { zone, utc },
		                              { path_name, bin },
		                              { home_name, home } };
	struct assay_manifest manifest = {
		.build = { .path = path,
		           .environment = variables,
		           .environment_count = ASSAY_ARRAY_LEN(variables),
		           .user = { .uid = 1000, .gid = 1000, .name = user },
		           .umask = 0022,
		           .source_date_epoch = EPOCH,
		           .machine = { .hostname = host,
		                        .kernel_release = release,
		                        .kernel_version = version,
		                        .cpus = 2 } }
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
		ASSAY_AUTO_STRINGS struct assay_strings axes = { 0 };
		ASSAY_AUTO_GUESSES struct assay_guesses guesses = { 0 };
		ASSAY_AUTO_FREE char *text = NULL;

		print_message("# %s\n", cases[i].what);
		assay_strings_add(&axes, cases[i].axis);
		add_finding(&comparison, cases[i].delivered, cases[i].rebuilt, cases[i].item);
		assay_solve(&manifest, &comparison, 1, &axes, &guesses);
		text = text_of(&guesses);
		assert_string_equal(text, cases[i].guesses);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_guesses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
