/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What apt says and what is made of it; listings of trees; work shared between threads. */
#include "testing.h"

#include <string.h>

#include "base/parallel.h"
#include "store/listing.h"
#include "toolchain/apt.h"
#include "toolchain/schema.h"
#include "toolchain/uris.h"

#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH " 12 SHA256:" SHA "\n"
#define SEMI "http://m.assay.invalid/debian"

/* One row is one line of apt-get --print-uris, and the package in it; no name: refused. */
static const struct {
	const char *line;
	const char *name, *version, *architecture, *path;
} lines[] = {
	{ "'" SEMI "/pool/main/x/x1_2_all.deb' x1_2_all.deb" HASH, "x1", "2", "all",
	  "pool/main/x/x1_2_all.deb" },
	{ "'" SEMI "/pool/x1_1%3a2%2b3%7e_amd64.deb' x1_1%3a2+3~_amd64.deb" HASH, "x1", "1:2+3~",
	  "amd64", "pool/x1_1:2+3~_amd64.deb" },
	{ "'" SEMI "-security/pool/x1_2_all.deb' x1_2_all.deb" HASH, "x1", "2", "all",
	  "pool/x1_2_all.deb" },
	{ "'file:/repo/./x1_2_all.deb' x1_2_all.deb" HASH, "x1", "2", "all", "x1_2_all.deb" },
	{ "'file:/repo/a/./x1_2_all.deb' x1_2_all.deb" HASH, NULL, NULL, NULL, NULL },
	{ "'file:/repo/pool/x1_2_all.deb' x1_2_all.deb" HASH, "x1", "2", "all",
	  "pool/x1_2_all.deb" },
	{ "'http://other.assay.invalid/pool/x1_2_all.deb' x1_2_all.deb" HASH, NULL, NULL, NULL,
	  NULL },
	{ "'" SEMI "/pool/../../x1_2_all.deb' x1_2_all.deb" HASH, NULL, NULL, NULL, NULL },
	{ "'" SEMI "/pool/%2e%2e/x1_2_all.deb' x1_2_all.deb" HASH, NULL, NULL, NULL, NULL },
	{ "'" SEMI "/p/x1_2_all.deb' x1_2_all.deb 12 MD5Sum:" SHA "\n", NULL, NULL, NULL, NULL },
	{ "'" SEMI "/p/x1_2_all.deb' x1_2_all.deb 12 SHA256:aa\n", NULL, NULL, NULL, NULL },
	{ "'" SEMI "/p/x1_2_all.deb' x1_2_all.deb -1 SHA256:" SHA "\n", NULL, NULL, NULL, NULL },
	{ "'" SEMI "/p/x1_2_all.deb' x1_2_all.deb\n", NULL, NULL, NULL, NULL },
	{ "'" SEMI "/p/x1_2_all.deb' x1_2.deb" HASH, NULL, NULL, NULL, NULL },
	{ "'" SEMI "/p/x1_2_all.deb' x1_2_all.udeb" HASH, NULL, NULL, NULL, NULL },
	{ "'\n", NULL, NULL, NULL, NULL },
};

static void test_lines_of_apt(void **state)
{
	ASSAY_AUTO_STRINGS struct assay_strings mirrors = { 0 };

	(void)state;
	assay_strings_add(&mirrors, SEMI);
	assay_strings_add(&mirrors, SEMI "-security");
	assay_strings_add(&mirrors, "file:/repo");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(lines); i++) {
		ASSAY_AUTO_PACKAGE_LIST struct assay_package_list list = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		int result;

		print_message("# %s", lines[i].line);
		result = assay_package_list_parse(lines[i].line, &mirrors, &list, &err);
		assert_int_equal(result, lines[i].name != NULL ? 0 : -1);
		if (result < 0) {
			assert_int_equal(err.code, ASSAY_E_FORMAT);
			continue;
		}
		assert_int_equal(list.count, 1);
		assert_string_equal(list.items[0].name, lines[i].name);
		assert_string_equal(list.items[0].version, lines[i].version);
		assert_string_equal(list.items[0].architecture, lines[i].architecture);
		assert_string_equal(list.items[0].path, lines[i].path);
		assert_string_equal(list.items[0].sha256, SHA);
		assert_int_equal(list.items[0].size, 12);
	}
}

static const struct {
	const char *url;
	const char *proxy;
} proxied[] = {
	{ "http://a.invalid/x", "http://general.test/" },
	{ "http://own.invalid:80/x", "http://own.test/" },
	{ "http://direct.invalid", "DIRECT" },
	{ "https://a.invalid/x", "http://general.test/" },
	{ "https://secure.invalid/x", "http://secure.test/" },
	{ "https://own.invalid/x", "http://own.test/" },
	{ "ftp://a.invalid/x", "http://general.test/" },
};

static void test_proxies(void **state)
{
	struct assay_apt_proxies proxies = { 0 };
	static const char *const settings[] = { "http::Proxy=http://general.test/",
		                                "http::Proxy::own.invalid=http://own.test/",
		                                "http::Proxy::direct.invalid=DIRECT",
		                                "https::Proxy::secure.invalid=http://secure.test/",
		                                "https::Proxy=",
		                                "http::Timeout=5" };

	(void)state;
	assert_null(assay_apt_proxy_for(&proxies, "http://a.invalid/"));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(settings); i++)
		assay_strings_add(&proxies.settings, settings[i]);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(proxied); i++) {
		print_message("# %s\n", proxied[i].url);
		assert_string_equal(assay_apt_proxy_for(&proxies, proxied[i].url),
		                    proxied[i].proxy);
	}
	assay_strings_fini(&proxies.settings);
}

static void test_words_of_debian(void **state)
{
	static const char *const good[] = { "g++", "libc6:arm64", "make=4.3-4.1", "0ad",
		                            "lib-x.y:i386=1:2~a+b-3" };
	static const char *const bad[] = { "",     "x",     "-option", "X11",   "a b",    "ab:",
		                           "ab=",  "ab=a",  "ab:=1",   "a;b",   "ab=1 2", "ab:Arm",
		                           "ab:x", "../ab", "ab/cd",   "ab=1=2" };

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(good); i++)
		assert_null(assay_rule_package_spec(good[i]));
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(bad); i++) {
		print_message("# \"%s\"\n", bad[i]);
		assert_non_null(assay_rule_package_spec(bad[i]));
	}
}

#define LISTING "assay-tree/1\0"
#define SPAN(text)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}
#define A "f 0644 " SHA " a\0"
#define B "d 0755 - b\0"
#define C "l 0777 " SHA " b/c\0"

static void note(void *context, struct assay_span path, const char *what)
{
	assay_buffer_printf(context, "%.*s %s;", (int)path.len, path.ptr, what);
}

/* One row is two listings and what differs. NULL: one is malformed. */
static const struct {
	struct assay_span before, now;
	const char *differences;
} listings[] = {
	{ SPAN(LISTING), SPAN(LISTING), "" },
	{ SPAN(LISTING A B C), SPAN(LISTING A B C), "" },
	{ SPAN(LISTING A B C), SPAN(LISTING A C), "b is missing;" },
	{ SPAN(LISTING B), SPAN(LISTING A B C), "a was added;b/c was added;" },
	{ SPAN(LISTING A), SPAN(LISTING "f 0755 " SHA " a\0"), "a has another mode;" },
	{ SPAN(LISTING A), SPAN(LISTING "f 0644 bb a\0"), "a has other content;" },
	{ SPAN(LISTING C), SPAN(LISTING "l 0777 bb b/c\0"), "b/c has another target;" },
	{ SPAN(LISTING A), SPAN(LISTING "d 0644 - a\0"), "a has another type;" },
	{ SPAN(LISTING A), SPAN(LISTING "f 0644 " SHA " a b\0"), "a is missing;a b was added;" },
	{ SPAN(LISTING A), SPAN(LISTING "f 0644 " SHA " a"), NULL },
	{ SPAN(LISTING A), SPAN(LISTING "f 0644\0"), NULL },
	{ SPAN(LISTING A), SPAN("assay-tree/2\0"), NULL },
	{ SPAN(""), SPAN(LISTING), NULL },
};

static void test_listings(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(listings); i++) {
		ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		int64_t count;

		print_message("# row %zu\n", i);
		count = assay_listing_compare(listings[i].before, listings[i].now, note, &text,
		                              &err);
		if (listings[i].differences == NULL) {
			assert_int_equal(count, -1);
			assert_int_equal(err.code, ASSAY_E_FORMAT);
			continue;
		}
		assert_string_equal(assay_buffer_str(&text), listings[i].differences);
		assert_int_equal(count == 0, *listings[i].differences == '\0');
	}
}

#define ITEMS 2000

struct shared {
	unsigned char done[ITEMS];
	size_t first_bad;
};

static int work(void *context, size_t index, struct assay_error *err)
{
	struct shared *shared = context;

	shared->done[index]++;
	if (index >= shared->first_bad && index % 3 == shared->first_bad % 3)
		return assay_fail(err, ASSAY_E_LIMIT, "item %zu", index);
	return 0;
}

static void test_every_item_once(void **state)
{
	struct shared shared = { .first_bad = ITEMS };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_int_equal(assay_parallel(0, work, &shared, &err), 0);
	assert_int_equal(assay_parallel(ITEMS, work, &shared, &err), 0);
	for (size_t i = 0; i < ITEMS; i++)
		assert_int_equal(shared.done[i], 1);
}

/* Many fail; the error is that of the first, however the threads ran. */
static void test_first_failure(void **state)
{
	(void)state;
	for (size_t bad = 0; bad < 300; bad++) {
		struct shared shared = { .first_bad = bad };
		struct assay_error err = ASSAY_ERROR_INIT;
		char expected[32];

		(void)snprintf(expected, sizeof(expected), "item %zu", bad);
		assert_int_equal(assay_parallel(ITEMS, work, &shared, &err), -1);
		assert_string_equal(err.text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_apt),    cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_words_of_debian), cmocka_unit_test(test_listings),
		cmocka_unit_test(test_every_item_once), cmocka_unit_test(test_first_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
