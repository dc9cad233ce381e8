/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inventories: one text for each, nothing else is read; and how two of them compare. */
#include "base/memory.h"
#include "base/quote.h"
#include "explain/sources.h"
#include "testing.h"

#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FILE_LINE(path)                                                                            \
	"{\"mode\":\"100644\",\"path\":\"" path "\",\"sha256\":\"" SHA "\",\"size\":3}\n"

static const struct {
	const char *what;
	const char *text;
	const char *wrong; /* piece of the message; NULL when it is read */
} cases[] = {
	{ "nothing", "", NULL },
	{ "a file", FILE_LINE("a"), NULL },
	{ "a folder and a file", "{\"mode\":\"40000\",\"path\":\"a\"}\n" FILE_LINE("a/b"), NULL },
	{ "a byte that is not UTF-8", FILE_LINE("\\\\xff"), NULL },
	{ "a quotation mark", FILE_LINE("\\\""), NULL },
	{ "a watched file",
	  "{\"mode\":\"100755\",\"opaque\":\"object\",\"path\":\"a\",\"sha256\":\"" SHA
	  "\",\"size\":3,\"used\":true}\n",
	  NULL },
	{ "no end of the line", "{}", "has no end" },
	{ "not JSON", "x\n", "line 1" },
	{ "not an object", "[]\n", "path" },
	{ "no path", "{\"mode\":\"100644\"}\n", "path" },
	{ "an escape that is none", FILE_LINE("\\\\x1"), "not quoted" },
	{ "an escape of something plain", FILE_LINE("\\\\x61"), "not quoted" },
	{ "upper-case digits", FILE_LINE("\\\\xFF"), "not quoted" },
	{ "a NUL", FILE_LINE("\\\\x00"), "not quoted" },
	{ "twice", FILE_LINE("a") FILE_LINE("a"), "line 2: path: out of order" },
	{ "out of order", FILE_LINE("b") FILE_LINE("a"), "line 2: path: out of order" },
	{ "another mode", "{\"mode\":\"100600\",\"path\":\"a\"}\n", "mode" },
	{ "another kind", "{\"mode\":\"40000\",\"opaque\":\"x\",\"path\":\"a\"}\n", "opaque" },
	{ "a key more", "{\"mode\":\"40000\",\"path\":\"a\",\"x\":1}\n", "not as an inventory" },
	{ "a key twice", "{\"mode\":\"40000\",\"mode\":\"40000\",\"path\":\"a\"}\n", "line 1" },
	{ "white space", "{\"mode\": \"40000\",\"path\":\"a\"}\n", "not as an inventory" },
	{ "an empty line", FILE_LINE("a") "\n", "line 2" },
	{ "a folder with a digest", "{\"mode\":\"40000\",\"path\":\"a\",\"sha256\":\"" SHA "\"}\n",
	  "not as an inventory" },
	{ "a file without a size", "{\"mode\":\"100644\",\"path\":\"a\",\"sha256\":\"" SHA "\"}\n",
	  "not as an inventory" },
	{ "a watched file behind another",
	  FILE_LINE("a") "{\"mode\":\"100644\",\"path\":\"b\",\"sha256\":\"" SHA
	                 "\",\"size\":3,\"used\":true}\n",
	  "not as an inventory" },
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_INVENTORY struct assay_inventory inventory = { 0 };
		ASSAY_AUTO_BUFFER struct assay_buffer again = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		int got = assay_inventory_parse(assay_span_of_str(cases[i].text), &inventory, &err);

		print_message("# %s: %s\n", cases[i].what, err.text);
		assert_int_equal(got, cases[i].wrong != NULL ? -1 : 0);
		if (cases[i].wrong != NULL) {
			assert_non_null(strstr(err.text, cases[i].wrong));
			continue;
		}
		assay_inventory_write(&inventory, &again);
		assert_string_equal(assay_buffer_str(&again), cases[i].text);
	}
}

static void test_quotes(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 65536; c++) {
		char text[] = { (char)(c & 255), (char)(c >> 8) };
		ASSAY_AUTO_BUFFER struct assay_buffer quoted = { 0 }, plain = { 0 };

		assay_quote(&quoted, assay_span_of(text, sizeof(text)));
		assert_true(assay_unquote(&plain, assay_buffer_span(&quoted)));
		assert_true(assay_span_equal(assay_buffer_span(&plain),
		                             assay_span_of(text, sizeof(text))));
	}
}

/* One row: what is built and reviewed (a character for each of the files a, b, c: its content, or
 * " " for not there), and the findings, each as its kind and file. */
static const struct {
	const char *built, *reviewed, *found;
} reviews[] = {
	{ "123", "123", "" },       { "123", "124", "1c" },   { "123", "12 ", "0c" },
	{ "12 ", "123", "2c" },     { "123", " 23", "0a" },   { " 23", "123", "2a" },
	{ "1 3", "123", "2b" },     { "123", "1 3", "0b" },   { "321", "123", "1a1c" },
	{ "1  ", "  1", "0a2c" },   { "  1", "1  ", "0c2a" }, { "1  ", " 2 ", "0a2b" },
	{ "123", "   ", "0a0b0c" },
};

static void fill(struct assay_inventory *out, const char *files)
{
	for (size_t i = 0; files[i] != '\0'; i++) {
		char path[] = { (char)('a' + (int)i), '\0' };

		if (files[i] != ' ')
			assay_inventory_add(out, path, 'f')->sha256.bytes[0] = (uint8_t)files[i];
	}
}

static void test_reviews(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(reviews); i++) {
		ASSAY_AUTO_INVENTORY struct assay_inventory built = { 0 };
		ASSAY_AUTO_BUFFER struct assay_buffer found = { 0 };
		struct assay_source_check check = { 0 };
		struct assay_review *review = assay_source_check_add(&check);

		review->at = assay_strdup(".");
		review->has_files = true;
		fill(&review->files, reviews[i].reviewed);
		fill(&built, reviews[i].built);
		assay_sources_check(&built, &check);
		for (size_t k = 0; k < check.count; k++)
			assay_buffer_printf(&found, "%d%s", (int)check.findings[k].kind,
			                    check.findings[k].path);
		print_message("# %s against %s\n", reviews[i].built, reviews[i].reviewed);
		assert_string_equal(assay_buffer_str(&found), reviews[i].found);
		assert_int_equal(check.agrees, reviews[i].found[0] == '\0');
		assay_source_check_fini(&check);
	}
}

/* Nothing built, or nobody asked: no agreement. */
static void test_nothing(void **state)
{
	ASSAY_AUTO_INVENTORY struct assay_inventory built = { 0 };
	struct assay_source_check check = { 0 };
	struct assay_review *review;

	(void)state;
	assay_sources_check(&built, &check);
	assert_false(check.agrees);
	review = assay_source_check_add(&check);
	review->at = assay_strdup(".");
	review->has_files = true;
	assay_sources_check(&built, &check);
	assert_false(check.agrees);
	assay_source_check_fini(&check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_reviews),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
