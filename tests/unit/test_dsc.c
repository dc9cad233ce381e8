/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debian control files: fields, wrapping, and source packages. */
#include "testing.h"

#include <string.h>

#include "base/deb822.h"
#include "manifest/dsc.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEAD "Format: 3.0 (quilt)\nSource: hello\nVersion: 2.10-3\n"
#define SUMS "Checksums-Sha256:\n " A64 " 12 hello_2.10.orig.tar.gz\n " B64 " 3 hello_2.10-3.diff\n"
#define PGP_HEAD "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
#define PGP_TAIL "\n-----BEGIN PGP SIGNATURE-----\n\nVersion: 666\n-----END PGP SIGNATURE-----\n"

/* One row is one paragraph, a field, and its value. */
static const struct {
	const char *text, *name, *value;
} fields[] = {
	{ "A: b\nC: d", "C", "d" }, { "A: b\nC: d\n", "a", "b" },
	{ "A:b", "A", "b" },        { "A: \t b \t\r\nC: d", "A", "b" },
	{ "A:\nC: d", "A", "" },    { "A:\n b\n  c\nC: d", "A", "\nb\nc" },
	{ "A: B: c", "A", "B: c" }, { "A: b\n C: d\nD: e", "C", NULL },
	{ "AB: c", "A", NULL },     { "", "A", NULL },
};

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(fields); i++) {
		ASSAY_AUTO_FREE char *value =
			assay_deb822_field(assay_span_of_str(fields[i].text), fields[i].name);

		if (fields[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, fields[i].value);
	}
}

static void assert_hello(const char *text, bool is_signed)
{
	ASSAY_AUTO_DSC struct assay_dsc dsc = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	assert_int_equal(assay_dsc_parse(assay_span_of_str(text), &dsc, &err), 0);
	assert_string_equal(dsc.source, "hello");
	assert_string_equal(dsc.version, "2.10-3");
	assert_int_equal(dsc.is_signed, is_signed);
	assert_int_equal(dsc.file_count, 2);
	assert_string_equal(dsc.files[1].name, "hello_2.10-3.diff");
	assert_string_equal(dsc.files[1].sha256, B64);
	assert_int_equal(dsc.files[1].size, 3);
}

static void test_good(void **state)
{
	(void)state;
	assert_hello(HEAD SUMS, false);
	assert_hello(HEAD SUMS "\n\n", false);
	assert_hello(PGP_HEAD HEAD SUMS PGP_TAIL, true); /* the fields of the armour do not count */
}

/* One row is a text that is no source package, and a word of the reason. */
static const struct {
	const char *text, *why;
} refused[] = {
	{ "", "no paragraph" },
	{ "\n\n", "no paragraph" },
	{ HEAD, "no field Checksums-Sha256" },
	{ SUMS, "Source" },
	{ "Source: hello\n" SUMS, "Version" },
	{ "Source: ../hello\nVersion: 1\n" SUMS, "Source" },
	{ "Source: -x\nVersion: 1\n" SUMS, "Source" },
	{ "Source: hello\nVersion: 1/2\n" SUMS, "Version" },
	{ HEAD "Version: 3\n" SUMS, "again" },
	{ HEAD SUMS SUMS, "again" },
	{ HEAD "\n" SUMS, "more than one paragraph" },
	{ " " HEAD SUMS, "not \"Field: value\"" },
	{ HEAD "no colon\n" SUMS, "not \"Field: value\"" },
	{ HEAD ": no name\n" SUMS, "not \"Field: value\"" },
	{ HEAD SUMS " " A64 " 12 a/b\n", "not \"SHA256 SIZE NAME\"" },
	{ HEAD SUMS " " A64 " 12 ..\n", "not \"SHA256 SIZE NAME\"" },
	{ HEAD SUMS " " A64 " x12 a\n", "not \"SHA256 SIZE NAME\"" },
	{ HEAD SUMS " " A64 " 9999999999999999 a\n", "not \"SHA256 SIZE NAME\"" },
	{ HEAD SUMS " " A64 "a 12 a\n", "not \"SHA256 SIZE NAME\"" },
	{ HEAD SUMS " " A64 " 12\n", "not \"SHA256 SIZE NAME\"" },
	{ HEAD SUMS " " A64 " 12 a b\n", "not \"SHA256 SIZE NAME\"" },
	{ HEAD SUMS " " A64 " 12 hello_2.10-3.diff\n", "twice" },
	{ HEAD "Checksums-Sha256:\n", "names no file" },
	{ PGP_HEAD HEAD SUMS, "without its signature" },
	{ "-----BEGIN PGP SIGNED MESSAGE-----" PGP_TAIL, "without a text" },
	{ HEAD SUMS "X: \033[m\n", "not plain UTF-8" },
	{ HEAD SUMS "X: \xff\n", "not plain UTF-8" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(refused); i++) {
		ASSAY_AUTO_DSC struct assay_dsc dsc = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;

		assert_int_equal(assay_dsc_parse(assay_span_of_str(refused[i].text), &dsc, &err),
		                 -1);
		if (strstr(err.text, refused[i].why) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
