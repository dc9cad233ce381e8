/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "testing.h"

#include <string.h>

#include "base/cursor.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/process.h"
#include "base/quote.h"

static void test_quote(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain/path.c", "plain/path.c" },
		{ "a\nb\x1b[31m", "a\\x0ab\\x1b[31m" },
		{ "back\\slash", "back\\\\slash" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xc0\xaf", "\\xc0\\xaf" },                /* overlong slash */
		{ "\xe2\x80\xaegpj", "\\xe2\\x80\\xaegpj" }, /* right-to-left override */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },       /* surrogate */
		{ "\xc2\x9b[1m", "\\xc2\\x9b[1m" },          /* C1 control sequence introducer */
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_FREE char *out = assay_quoted(cases[i].in);

		assert_string_equal(out, cases[i].out);
	}
}

/* FIPS 180-2, appendix B: "abc" and the empty message. */
static void test_sha256(void **state)
{
	struct assay_sha256 digest, parsed;
	char hex[ASSAY_SHA256_HEX];

	(void)state;
	assay_sha256(assay_span_of_str("abc"), &digest);
	assay_sha256_hex(&digest, hex);
	assert_string_equal(hex,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(assay_sha256_parse(hex, &parsed));
	assert_true(assay_sha256_equal(&digest, &parsed));
	hex[5] = 'F';
	assert_false(assay_sha256_parse(hex, &parsed));
	assay_sha256(assay_span_of(NULL, 0), &digest);
	assay_sha256_hex(&digest, hex);
	assert_string_equal(hex,
	                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_cursor_stays_inside(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_cursor cur = assay_cursor_at(assay_span_of(bytes, sizeof(bytes)), true);
	struct assay_span span;
	uint32_t number;
	uint16_t half;

	(void)state;
	assert_int_equal(assay_cursor_u32(&cur, &number, &err), 0);
	assert_int_equal(number, 0x01020304);
	assert_int_equal(assay_cursor_u16(&cur, &half, &err), -1);
	assert_int_equal(err.code, ASSAY_E_FORMAT);
	assert_int_equal(cur.pos, 4);
	assert_int_equal(assay_cursor_take(&cur, UINT64_MAX, &span, &err), -1);
	assert_int_equal(assay_cursor_seek(&cur, 6, &err), -1);
	assert_int_equal(assay_cursor_seek(&cur, 5, &err), 0);
	cur = assay_cursor_at(assay_span_of(bytes, sizeof(bytes)), false);
	assert_int_equal(assay_cursor_u16(&cur, &half, &err), 0);
	assert_int_equal(half, 0x0201);
	assert_false(assay_span_holds(cur.span, 2, UINT64_MAX));
	assert_true(assay_span_holds(cur.span, 5, 0));
}

static void test_json_is_strict_and_canonical(void **state)
{
	ASSAY_AUTO_JSON json_t *json = NULL, *refused = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_int_equal(
		assay_json_parse(assay_span_of_str("{\"b\": 1,\n \"a\": [true]}"), &json, &err), 0);
	assay_json_canonical(json, &out);
	assert_string_equal(assay_buffer_str(&out), "{\"a\":[true],\"b\":1}");
	assert_int_equal(assay_json_parse(assay_span_of_str("{\"a\":1,\"a\":2}"), &refused, &err),
	                 -1);
	assert_int_equal(assay_json_parse(assay_span_of_str("{} x"), &refused, &err), -1);
}

static void test_process(void **state)
{
	const char *const ok[] = { "sh", "-c", "echo $LC_ALL; cat; exit 0", NULL };
	const char *const bad[] = { "sh", "-c", "echo first >&2; echo 'the reason' >&2; exit 3",
		                    NULL };
	const char *const slow[] = { "sleep", "60", NULL };
	const char *const loud[] = { "yes", NULL };
	struct assay_process process = { .argv = ok, .output_max = 1 << 16 };
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_int_equal(assay_process_run(&process, &out, &err), 0);
	assert_string_equal(assay_buffer_str(&out), "C\n");
	process.argv = bad;
	assert_int_equal(assay_process_run(&process, &out, &err), -1);
	assert_int_equal(err.code, ASSAY_E_TOOL);
	assert_non_null(strstr(err.text, "exit status 3: the reason"));
	process.argv = slow;
	process.timeout_ms = 50;
	assert_int_equal(assay_process_run(&process, &out, &err), -1);
	assert_int_equal(err.code, ASSAY_E_LIMIT);
	process.argv = loud;
	process.timeout_ms = 0;
	assert_int_equal(assay_process_run(&process, &out, &err), -1);
	assert_int_equal(err.code, ASSAY_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_cursor_stays_inside),
		cmocka_unit_test(test_json_is_strict_and_canonical),
		cmocka_unit_test(test_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
