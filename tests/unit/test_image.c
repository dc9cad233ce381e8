/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The readers of address images: what they take and where they stop. One row is one file. */
#include "testing.h"

#include <string.h>

#include "base/compiler.h"
#include "formats/flat/dfu.h"
#include "formats/flat/image.h"

#define END ":00000001FF\n"
#define ONE ":0100000041BE\n" /* 41 at 0 */

static const struct {
	const char *what;
	const char *text;
	const char *format; /* NULL: no reader takes it */
	const char *fault;  /* part of the text of the error; NULL: it is read */
	uint64_t at;        /* of the fault: bytes */
	const char *data;   /* of the first part of data */
	uint64_t address;   /* of it */
	size_t parts, runs; /* in all; of data */
	enum assay_image_start start;
	uint64_t entry;
} cases[] = {
	{ "ihex: one byte", ONE END, "ihex", .data = "A", .parts = 3, .runs = 1 },
	{ "ihex: no end of line", ONE ":00000001FF", "ihex", .data = "A", .parts = 3, .runs = 1 },
	{ "ihex: small letters", ":0100000041be\n:00000001ff\n", "ihex", .data = "A", .parts = 3,
	  .runs = 1 },
	{ "ihex: 64 KiB further", ":020000040001F9\n" ONE END, "ihex", .data = "A",
	  .address = 0x10000, .parts = 3, .runs = 1 },
	{ "ihex: a segment", ":020000021000EC\n" ONE END, "ihex", .data = "A", .address = 0x10000,
	  .parts = 3, .runs = 1 },
	{ "ihex: back to 0", ":020000040001F9\n" ONE ":020000040000FA\n:0100010042BC\n" END, "ihex",
	  .data = "B", .address = 1, .parts = 5, .runs = 2 },
	{ "ihex: a segment, then linear",
	  ":020000021000EC\n:020000020000FC\n:020000040001F9\n" ONE END, "ihex", .data = "A",
	  .address = 0x10000, .parts = 3, .runs = 1 },
	{ "ihex: a segment kept beside linear", ":020000021000EC\n:020000040001F9\n" ONE END,
	  "ihex", "loaders do not agree", 32 },
	{ "ihex: a segment that is not at 64 KiB", ":020000020100FB\n" ONE END, "ihex",
	  "loaders do not agree", 16 },
	{ "ihex: behind the last of 64 KiB", ":01FFFF0041C0\n" ONE END, "ihex",
	  "loaders do not agree", 14 },
	{ "ihex: behind the last of 64 KiB, told", ":01FFFF0041C0\n:020000040001F9\n" ONE END,
	  "ihex", .data = "A", .address = 0xffff, .parts = 5, .runs = 2 },
	{ "ihex: linear kept beside a segment of 0", ":020000040001F9\n:020000020000FC\n" ONE END,
	  "ihex", "loaders do not agree", 32 },
	{ "ihex: start", ONE ":0400000512345678E3\n" END, "ihex", .data = "A", .parts = 5,
	  .runs = 1, .start = ASSAY_IMAGE_START_LINEAR, .entry = 0x12345678 },
	{ "ihex: start as CS:IP", ONE ":0400000310000234B3\n" END, "ihex", .data = "A", .parts = 5,
	  .runs = 1, .start = ASSAY_IMAGE_START_SEGMENTED, .entry = 0x10234 },
	{ "ihex: the last of 64 KiB", ":01FFFF0041C0\n" END, "ihex", .data = "A", .address = 0xffff,
	  .parts = 3, .runs = 1 },
	{ "ihex: one further", ":02FFFF0041427D\n" END, "ihex", "past its 64 KiB", 0 },
	{ "ihex: a false sum", ONE ":0100010041BE\n" END, "ihex", "false checksum", 14 },
	{ "ihex: one digit too many", ":0100000041BE0\n" END, "ihex", "two hexadecimal digits",
	  13 },
	{ "ihex: a byte too many", ":010000004100BE\n" END, "ihex", "not what it says", 0 },
	{ "ihex: no end", ONE, "ihex", "no end-of-file", 14 },
	{ "ihex: nothing in it", END, "ihex", "no data", 0 },
	{ "ihex: more behind the end", ONE END "\n", "ihex", "behind the end", 26 },
	{ "ihex: twice", ONE ONE END, "ihex", "there twice", 23 },
	{ "ihex: unknown", ":00000006FA\n" END, "ihex", "unknown type", 0 },
	{ "ihex: a base of one byte", ":0100000401FA\n" END, "ihex", "more than its type", 0 },
	{ "ihex: text that begins alike", ":0100 a list\n" },
	{ "srec: one byte", "S104000041BA\nS9030000FC\n", "srec", .data = "A", .parts = 5,
	  .runs = 1, .start = ASSAY_IMAGE_START_ZERO },
	{ "srec: 24 bits", "S2050012344173\nS804001234B5\n", "srec", .data = "A", .address = 0x1234,
	  .parts = 5, .runs = 1, .start = ASSAY_IMAGE_START_LINEAR, .entry = 0x1234 },
	{ "srec: 32 bits, header, count",
	  "S00400007883\nS306FFFFFFFF41BC\nS5030001FB\nS70500000000FA\n", "srec", .data = "A",
	  .address = 0xffffffff, .parts = 7, .runs = 1, .start = ASSAY_IMAGE_START_ZERO },
	{ "srec: past 16 bits", "S105FFFF414279\nS9030000FC\n", "srec", "end of its addresses", 0 },
	{ "srec: a false count", "S104000041BA\nS5030002FA\nS9030000FC\n", "srec",
	  "not the number of data", 13 },
	{ "srec: a false sum", "S104000041BB\nS9030000FC\n", "srec", "false checksum", 0 },
	{ "srec: no end", "S104000041BA\n", "srec", "no record with the start", 13 },
	{ "srec: more", "S104000041BA\nS9030000FC\nS9030000FC\n", "srec", "behind the last", 24 },
	{ "srec: reserved", "S4030000FC\nS9030000FC\n", "srec", "reserved", 0 },
	{ "srec: a word", "S1GNATURE\n" },
	{ "nothing", "" },
	{ "text", "hello, this is text\n" },
};

static void check_image(size_t row, const struct assay_image *image)
{
	const struct assay_image_part *first = assay_image_at(image, 0);

	assert_int_equal(image->part_count, cases[row].parts);
	assert_int_equal(image->data_count, cases[row].runs);
	assert_int_equal(image->start, cases[row].start);
	assert_int_equal(image->entry, cases[row].entry);
	assert_int_equal(first->address, cases[row].address);
	assert_int_equal(first->count, strlen(cases[row].data));
	assert_memory_equal(first->bytes, cases[row].data, first->count);
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		struct assay_span file = assay_span_of_str(cases[i].text);
		const struct assay_image_reader *reader = assay_image_reader_for(file);
		ASSAY_AUTO_IMAGE struct assay_image image = { 0 };
		struct assay_budget budget = assay_budget_of(NULL);
		struct assay_error err = ASSAY_ERROR_INIT;
		int result;

		print_message("# %s\n", cases[i].what); /* names the row, should it fail */
		if (cases[i].format == NULL) {
			assert_null(reader);
			continue;
		}
		assert_non_null(reader);
		assert_string_equal(reader->name, cases[i].format);
		result = assay_image_read(reader, file, &budget, &image, &err);
		if (cases[i].fault == NULL) {
			assert_int_equal(result, 0);
			check_image(i, &image);
		} else {
			assert_int_equal(result, -1);
			assert_int_equal(err.code, ASSAY_E_FORMAT);
			assert_non_null(strstr(err.text, cases[i].fault));
			assert_int_equal(err.offset, cases[i].at);
		}
	}
}

/* Records count as members. */
static void test_limit(void **state)
{
	struct assay_unpack_limits limits = ASSAY_UNPACK_LIMITS_DEFAULT;
	struct assay_span file = assay_span_of_str(ONE END);
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	for (limits.members = 1; limits.members <= 2; limits.members++) {
		ASSAY_AUTO_IMAGE struct assay_image image = { 0 };
		struct assay_budget budget = assay_budget_of(&limits);

		assert_int_equal(assay_image_read(&assay_image_ihex, file, &budget, &image, &err),
		                 limits.members == 1 ? -1 : 0);
	}
	assert_int_equal(err.code, ASSAY_E_LIMIT);
}

/* Parts made by hand: what the sorting refuses, and how addresses are found. */
static void test_finish(void **state)
{
	static const struct {
		uint64_t first, second; /* addresses of 4 bytes each */
		int result;
	} rows[] = {
		{ 0, 4, 0 },
		{ 4, 0, 0 },
		{ 0, 3, -1 },
		{ 8, 8, -1 },
		{ 0, UINT64_MAX - 4, 0 },
		{ 0, UINT64_MAX - 3, -1 },
	};
	static const uint8_t bytes[8];

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		struct assay_span file = assay_span_of(bytes, sizeof(bytes));
		ASSAY_AUTO_IMAGE struct assay_image image = { .file = file, .body = file };
		struct assay_error err = ASSAY_ERROR_INIT;

		assay_image_add_data(&image, rows[i].first, assay_span_sub(file, 0, 4), 1);
		assay_image_add_data(&image, rows[i].second, assay_span_sub(file, 4, 4), 1);
		assert_int_equal(assay_image_finish(&image, &err), rows[i].result);
		if (rows[i].result < 0)
			continue;
		assert_int_equal(assay_image_index(&image, 3), 0);
		assert_int_equal(assay_image_index(&image, 4), 1);
		assert_int_equal(assay_image_index(&image, UINT64_MAX), 2);
	}
}

/* A reader that forgets bytes, or takes more than there are, is found out. */
static void test_cover(void **state)
{
	static const uint8_t bytes[8];
	struct assay_span file = assay_span_of(bytes, sizeof(bytes));

	(void)state;
	for (uint64_t length = 3; length <= 5; length++) {
		ASSAY_AUTO_IMAGE struct assay_image image = { .file = file, .body = file };
		struct assay_error err = ASSAY_ERROR_INIT;

		assay_image_add_data(&image, 0, assay_span_sub(file, 0, 4), 1);
		(void)assay_image_add(&image, ASSAY_IMAGE_FRAMING, "rest", length);
		assert_int_equal(assay_image_finish(&image, &err), length == 4 ? 0 : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_cover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
