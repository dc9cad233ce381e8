/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Causes: told where the bytes say so, and not where they do not. */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "compare/compare.h"
#include "explain/explain.h"

/* One row is one finding: both sides, of which length bytes from before on differ. */
static const struct {
	const char *what, *path, *format, *item, *delivered, *rebuilt;
	size_t before, length;
	const char *cause;
} cases[] = {
	{ "gzip header", "x.gz", "gzip", "mtime", "\1\2\3\4", "\0\0\0\0", 0, 4,
	  "timestamps_in_gzip_headers" },
	{ "time in a package", "data.tar.xz!", "tar", "mtime", "14352336770", "13727410000", 0, 11,
	  "varying_mtimes_in_data_tar_gz_or_control_tar_gz" },
	{ "time in another archive", "x.tar", "tar", "mtime", "1", "2", 0, 1,
	  "timestamps_in_tarball" },
	{ "time of an ar member", "", "deb", "mtime", "1", "2", 0, 1, NULL },
	{ "umask", "x.tar", "tar", "mode", "0000644", "0000664", 0, 7, "different_due_to_umask" },
	{ "setuid is no umask", "x.tar", "tar", "mode", "0004755", "0000755", 0, 7, NULL },
	{ "execute is no umask", "x.tar", "tar", "mode", "0000755", "0000644", 0, 7, NULL },
	{ "build path", "x", "data", NULL, "see /build/a-1/x.c", "see /build/b-2/x.c", 11, 3,
	  "captures_build_path" },
	{ "a path, but not where it differs", "x", "data", NULL, "see /build/a 1", "see /build/a 2",
	  13, 1, NULL },
	{ "date in a program", "x", "elf", NULL, "on Nov 25 2022.", "on Jan  3 2024.", 3, 11,
	  "timestamps_from_cpp_macros" },
	{ "time in a program", "x", "elf", NULL, "at 06:31:44", "at 07:32:45", 3, 8,
	  "timestamps_from_cpp_macros" },
	{ "time in a text", "x", "data", NULL, "at 06:31:44", "at 07:32:45", 3, 8,
	  "timestamps_manually_added_needs_further_investigation" },
	{ "date in a text", "x", "data", NULL, "on 2022-11-25.", "on 2024-01-03.", 5, 8,
	  "timestamps_manually_added_needs_further_investigation" },
	{ "year in a text", "x", "data", NULL, "(C) 2022 X", "(C) 2024 X", 7, 1,
	  "year_from_clock" },
	{ "year as a number", "x", "elf", NULL, "\xbe\xe6\7\0\0", "\xbe\xea\7\0\0", 1, 1,
	  "year_from_clock" },
	{ "a number that is no year", "x", "elf", NULL, "\xbe\xe6\x17\0\0", "\xbe\xea\x17\0\0", 1,
	  1, NULL },
	{ "digits that are no year", "x", "data", NULL, "120221", "120241", 4, 1, NULL },
	{ "dependency", "control.tar.xz!/control", "data", NULL, "Depends: libc6 (>= 2.34), x",
	  "Depends: libc6 (>= 2.36), x", 21, 1, "versions_of_build_dependencies" },
	{ "a version elsewhere", "data.tar.xz!/control", "data", NULL, "libc6 (>= 2.34), x",
	  "libc6 (>= 2.36), x", 12, 1, NULL },
	{ "code", "x", "elf", NULL, "\x48\x89\xd8", "\x48\x8b\xc3", 1, 2, NULL },
	{ "nothing to see", "x", "data", NULL, "", "", 0, 0, NULL },
};

static struct assay_excerpt excerpt_of(const char *text, size_t len, size_t before, size_t length)
{
	struct assay_excerpt out = { .before = before, .length = length };

	out.bytes.ptr = assay_calloc(len + 1, 1);
	memcpy(out.bytes.ptr, text, len);
	out.bytes.len = len;
	return out;
}

/* Rows with bytes that are zero are those with a number of four bytes at the end. */
static size_t length_of(const char *text, size_t before)
{
	size_t len = strlen(text);

	return len > 0 && len < before + 4 && (unsigned char)text[0] == 0xbe ? before + 4 : len;
}

static void test_causes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_COMPARISON struct assay_comparison comparison = { 0 };
		struct assay_finding place = { .artefact = assay_strdup(cases[i].path),
			                       .class = ASSAY_CLASS_UNEXPLAINED,
			                       .item = cases[i].item };
		struct assay_ledger ledger;
		struct assay_finding *finding;
		size_t before = cases[i].before;

		print_message("# %s\n", cases[i].what);
		assay_ledger_init(&ledger, 1);
		(void)assay_comparison_add(&comparison, cases[i].path, cases[i].format, &ledger);
		finding = assay_comparison_find(&comparison, &place, "x");
		free(place.artefact);
		finding->delivered =
			excerpt_of(cases[i].delivered, length_of(cases[i].delivered, before),
		                   before, cases[i].length);
		finding->rebuilt = excerpt_of(cases[i].rebuilt, length_of(cases[i].rebuilt, before),
		                              before, cases[i].length);
		assay_explain(&comparison);
		if (cases[i].cause == NULL)
			assert_null(comparison.findings[0].cause);
		else
			assert_string_equal(comparison.findings[0].cause, cases[i].cause);
		assert_int_equal(comparison.findings[0].class, ASSAY_CLASS_UNEXPLAINED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_causes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
