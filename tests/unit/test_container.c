/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comparing containers whose members stand anywhere, by way of a small format made for this test:
 *
 *   "TOY" N, N records of 8 bytes, then whatever the records point to.
 *   record: name, type, mode, time, offset, length, group, kind
 *   type: f file, l link to the name in group, c device with number group
 *   kind: r raw, p packed (every letter in the other case), x cannot be read, 2 two extended
 *         attributes of one name
 */
#include "testing.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "compare/container.h"
#include "formats/content.h"
#include "formats/contents.h"

#define RECORD 8
enum {
	NAME,
	TYPE,
	MODE,
	TIME,
	OFFSET,
	LENGTH,
	GROUP,
	KIND
};

static int unpack_toy(const struct assay_contents *contents, const struct assay_piece *piece,
                      struct assay_sink *sink, struct assay_error *err)
{
	for (uint64_t i = 0; i < piece->packed; i++) {
		uint8_t c = contents->span.ptr[piece->offset + i];

		c = (uint8_t)(islower(c) ? toupper(c) : tolower(c));
		if (assay_sink_add(sink, assay_span_of(&c, 1), err) < 0)
			return -1;
	}
	return 0;
}

/* Whether an entry before has exactly these bytes: then they are its part already. */
static bool is_shared(const struct assay_contents *out, uint64_t offset, uint64_t length)
{
	for (size_t i = 0; i < out->part_count; i++)
		if (out->parts[i].offset == offset && out->parts[i].length == length)
			return true;
	return false;
}

static int add_content(struct assay_contents *out, const uint8_t *record, struct assay_error *err)
{
	size_t entry = out->entry_count - 1;
	bool packed = record[KIND] == 'p';
	struct assay_piece piece = {
		.kind = packed ? ASSAY_PIECE_PACKED : ASSAY_PIECE_RAW,
		.length = record[LENGTH],
		.offset = record[OFFSET],
		.packed = record[LENGTH],
		.unpacked = packed ? record[LENGTH] : 0,
	};
	struct assay_part *part;

	if (record[KIND] == 'x')
		out->entries[entry].unreadable = assay_strdup("no key");
	if (record[LENGTH] == 0)
		return 0;
	if (assay_contents_piece(out, &piece, err) < 0)
		return -1;
	if (is_shared(out, piece.offset, piece.length))
		return 0;
	part = assay_contents_part_at(out, entry, packed ? ASSAY_ROLE_STREAM : ASSAY_ROLE_CONTENT,
	                              "data", piece.offset, piece.length);
	part->unpacked = piece.length;
	return 0;
}

static void add_attributes(struct assay_contents *out, const uint8_t *record)
{
	size_t entry = out->entry_count - 1;
	struct assay_attribute time = {
		.key = "mtime",
		.form = ASSAY_FORM_TIME,
		.number = record[TIME],
		.role = ASSAY_ROLE_OPAQUE,
		.rule = record[TIME] == '?' ? "toy/unknown@1" : "tar/timestamps@1",
	};

	assay_contents_number(out, entry, "mode", ASSAY_FORM_OCTAL, record[MODE]);
	assay_contents_attribute(out, entry, &time);
	if (record[TYPE] == 'c')
		assay_contents_number(out, entry, "device", ASSAY_FORM_DEVICE, record[GROUP]);
	for (uint64_t i = 0; i < 2 && record[KIND] == '2'; i++)
		assay_contents_attribute(out, entry,
		                         &(struct assay_attribute){
						 .key = "xattr",
						 .name = assay_span_of_str("user.x"),
						 .number = i,
					 });
	if (record[TYPE] == 'f')
		assay_contents_number(out, entry, "link group", ASSAY_FORM_ENTRY,
		                      record[GROUP] - '0');
}

static int add_entry(struct assay_budget *budget, struct assay_contents *out, const uint8_t *record,
                     struct assay_error *err)
{
	static const char types[] = "flc", kinds[] = "rpxF!2";
	static const enum assay_entry_type meant[] = { ASSAY_ENTRY_FILE, ASSAY_ENTRY_SYMLINK,
		                                       ASSAY_ENTRY_CHARACTER };
	const char *type = memchr(types, record[TYPE], 3);
	struct assay_entry *entry;

	if (type == NULL || memchr(kinds, record[KIND], 6) == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "unknown type or kind");
	if (assay_contents_entry(out, budget, meant[type - types], err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	if (assay_contents_text(out, &entry->name, assay_span_of(record + NAME, 1), err) < 0)
		return -1;
	if (record[TYPE] == 'l' &&
	    assay_contents_text(out, &entry->link, assay_span_of(record + GROUP, 1), err) < 0)
		return -1;
	add_attributes(out, record);
	return add_content(out, record, err);
}

static int read_toy(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	size_t count = out->span.ptr[3] - (size_t)'0';

	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "magic", 4);
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, "records",
	                          count * RECORD);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *record = out->span.ptr + 4 + i * RECORD;

		if (record[KIND] == 'F')
			assay_contents_false(out, i, "checksum", 4 + i * RECORD, RECORD);
		if (record[KIND] == '!')
			assay_contents_partial(out, "a part with %s", "no end");
		if (add_entry(budget, out, record, err) < 0)
			return -1;
	}
	assay_contents_gaps(out, "unused");
	return 0;
}

static const struct assay_reader toy = {
	.name = "toy",
	.repack_rule = "toy/repacked@1",
	.read = read_toy,
	.unpack = unpack_toy,
};

/* The offsets are those of the second line: \x14 with two records, \x0c with one. */
#define ONE                                                                                        \
	"TOY1af7t\x0c\x03"                                                                         \
	"0rabc"
#define TWO(a, b, data) "TOY2" a b data
#define A                                                                                          \
	"af7t\x14\x03"                                                                             \
	"0r"
#define B                                                                                          \
	"bf7t\x17\x03"                                                                             \
	"1r"

#define X ASSAY_TIER_DIFFERENT

/* One row is one pair. */
static const struct {
	const char *what, *delivered, *rebuilt;
	enum assay_tier tier;
	const char *finding; /* a piece of one of the findings; NULL: none is wanted */
	const char *member;  /* the same among those of the members */
} cases[] = {
	{ "content at another place", TWO(A, B, "abcdef"),
	  TWO("af7t\x17\x03"
	      "0r",
	      "bf7t\x14\x03"
	      "1r",
	      "defabc"),
	  ASSAY_TIER_REPACKED, "records", NULL },
	{ "content at another place, and a byte of it", TWO(A, B, "abcdef"),
	  TWO("af7t\x17\x03"
	      "0r",
	      "bf7t\x14\x03"
	      "1r",
	      "deXabc"),
	  X, NULL, "1 byte differs" },
	{ "content packed", ONE,
	  "TOY1af7t\x0c\x03"
	  "0pABC",
	  ASSAY_TIER_REPACKED, "records", NULL },
	{ "content packed, and a byte of it", ONE,
	  "TOY1af7t\x0c\x03"
	  "0pABX",
	  X, NULL, "1 byte differs" },
	{ "packed content of another size",
	  "TOY1af7t\x0c\x03"
	  "0pABC",
	  "TOY1af7t\x0c\x04"
	  "0pABCD",
	  X, NULL, "1 byte only in the rebuilt" },
	{ "content shared by two",
	  TWO(A,
	      "bf7t\x14\x03"
	      "1r",
	      "abc"),
	  TWO(A, B, "abcabc"), ASSAY_TIER_REPACKED, "records", NULL },
	{ "content shared by two, wrongly",
	  TWO(A,
	      "bf7t\x14\x03"
	      "1r",
	      "abc"),
	  TWO(A, B, "abcdef"), X, NULL, "differ" },
	{ "a gap of zeros", ONE,
	  "TOY1af7t\x10\x03"
	  "0r\xff\xff\xff\xff"
	  "abc",
	  ASSAY_TIER_REPACKED, "unused", NULL },
	{ "a gap with something in it", ONE,
	  "TOY1af7t\x10\x03"
	  "0revilabc",
	  X, "unused", NULL },
	{ "mode", ONE,
	  "TOY1af6t\x0c\x03"
	  "0rabc",
	  X, "a: mode: 0067 delivered, 0066 rebuilt", NULL },
	{ "time", ONE,
	  "TOY1af7u\x0c\x03"
	  "0rabc",
	  ASSAY_TIER_REPACKED, "a: mtime: 116 delivered, 117 rebuilt", NULL },
	{ "time under another rule", ONE,
	  "TOY1af7?\x0c\x03"
	  "0rabc",
	  X, "a: mtime", NULL },
	{ "time and mode", ONE,
	  "TOY1af6u\x0c\x03"
	  "0rabc",
	  X, "a: mode", NULL },
	{ "time and mode, the time is told too", ONE,
	  "TOY1af6u\x0c\x03"
	  "0rabc",
	  X, "a: mtime", NULL },
	{ "link target", "TOY1al7t\0\0xr", "TOY1al7t\0\0yr", X,
	  "a: link target: x delivered, y rebuilt", NULL },
	{ "device number", "TOY1ac7t\0\0\1r", "TOY1ac7t\0\0\2r", X, "a: device: 0,1", NULL },
	{ "type", "TOY1ac7t\0\0xr", "TOY1al7t\0\0xr", X,
	  "a: type: character device delivered, symbolic link rebuilt", NULL },
	{ "an attribute that one side lacks", "TOY1ac7t\0\0xr", "TOY1al7t\0\0xr", X,
	  "a: device: 0,120 delivered, none rebuilt", NULL },
	{ "hard links",
	  TWO(A,
	      "bf7t\x17\x03"
	      "0r",
	      "abcdef"),
	  TWO(A, B, "abcdef"), X, "b: link group: 0 delivered, 1 rebuilt", NULL },
	{ "another order", TWO(A, B, "abcdef"),
	  TWO("bf7t\x17\x03"
	      "0r",
	      "af7t\x14\x03"
	      "1r",
	      "abcdef"),
	  X, "another order", NULL },
	{ "a member too many", TWO(A, B, "abcdef"), ONE, X, "b: only in the delivered file (3",
	  NULL },
	{ "a member renamed", ONE,
	  "TOY1cf7t\x0c\x03"
	  "0rabc",
	  X, "a: only in the delivered file (3 bytes), with the content of the other file's c",
	  NULL },
	{ "a false value", ONE,
	  "TOY1af7t\x0c\x03"
	  "0Fabc",
	  X, "a: checksum is false in the rebuilt file", NULL },
	{ "a false value of both",
	  "TOY1af7u\x0c\x03"
	  "0Fabc",
	  "TOY1af7t\x0c\x03"
	  "0Fabc",
	  X, "a: checksum is false in the delivered file", NULL },
	{ "not read to the end", ONE,
	  "TOY1af7t\x0c\x03"
	  "0!abc",
	  ASSAY_TIER_INCONCLUSIVE, "cannot be read to its end: a part with no end", NULL },
	{ "unreadable, with equal bytes",
	  "TOY1af7t\x0c\x03"
	  "0xabc",
	  "TOY1af7u\x0c\x03"
	  "0xabc",
	  ASSAY_TIER_REPACKED, "a: mtime", NULL },
	{ "unreadable, with other bytes",
	  "TOY1af7t\x0c\x03"
	  "0xabc",
	  "TOY1af7t\x0c\x03"
	  "0xabd",
	  ASSAY_TIER_INCONCLUSIVE, NULL, "cannot be read: no key" },
};

/* The length of a case's file: its records have NULs in them. */
static struct assay_span bytes_of(const char *file)
{
	const uint8_t *bytes = (const uint8_t *)file;
	size_t records = 4 + RECORD * (bytes[3] - (size_t)'0');

	return assay_span_of(file, records + strlen(file + records));
}

static bool has_finding(const struct assay_comparison *found, const char *text)
{
	for (size_t i = 0; i < found->finding_count; i++)
		if (strstr(found->findings[i].text, text) != NULL)
			return true;
	return false;
}

static bool member_has_finding(const struct assay_node *node, const char *text)
{
	for (size_t i = 0; i < node->child_count; i++)
		if (has_finding(node->children[i]->found, text))
			return true;
	return false;
}

static void check_pair(const char *delivered, const char *rebuilt, enum assay_tier tier,
                       const char *finding, const char *member)
{
	struct assay_walk walk = assay_walk_of(NULL);
	ASSAY_AUTO_CONTENTS struct assay_contents a = { 0 }, b = { 0 };
	ASSAY_AUTO_NODE struct assay_node *node =
		assay_node_new("", bytes_of(delivered), bytes_of(rebuilt));
	struct assay_container container = { node, &a, &b };
	struct assay_error err = ASSAY_ERROR_INIT;

	assert_int_equal(assay_contents_read(&toy, node->delivered, &walk.budgets[0], &a, &err), 0);
	assert_int_equal(assay_contents_read(&toy, node->rebuilt, &walk.budgets[1], &b, &err), 0);
	assert_int_equal(assay_container_compare(&walk, &container, &err), 0);
	assay_node_settle(node);
	for (size_t i = 0; i < node->found->finding_count; i++)
		print_message("#   %s\n", node->found->findings[i].text);
	assert_int_equal(node->tier, tier);
	assert_int_equal(assay_ledger_check(&node->ledger, &err), 0);
	assert_true(finding == NULL || has_finding(node->found, finding));
	assert_true(member == NULL || member_has_finding(node, member));
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].what);
		check_pair(cases[i].delivered, cases[i].rebuilt, cases[i].tier, cases[i].finding,
		           cases[i].member);
		print_message("# %s, the other way\n", cases[i].what);
		check_pair(cases[i].rebuilt, cases[i].delivered, cases[i].tier, NULL, NULL);
	}
}

/* Four bytes that are fixed and four that are transplanted. */
static int read_stamp(struct assay_budget *budget, struct assay_contents *out,
                      struct assay_error *err)
{
	struct assay_part *value;

	(void)budget;
	(void)err;
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "magic", 4);
	value = assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_OPAQUE, "time", 4);
	value->rule = "tar/timestamps@1";
	return 0;
}

static void spoil(const struct assay_contents *contents, uint8_t *image)
{
	(void)contents;
	image[0] ^= 1;
}

/* What a rule says is not enough: the delivered bytes have to come out. */
static void test_transplants_are_proved(void **state)
{
	static const struct {
		struct assay_reader reader;
		enum assay_tier tier;
	} rows[] = {
		{ { .name = "stamp", .read = read_stamp }, ASSAY_TIER_TRANSPLANTED },
		{ { .name = "spoiled", .read = read_stamp, .recompute = spoil },
		  ASSAY_TIER_DIFFERENT },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		struct assay_walk walk = assay_walk_of(NULL);
		ASSAY_AUTO_CONTENTS struct assay_contents a = { 0 };
		ASSAY_AUTO_CONTENTS struct assay_contents b = { 0 };
		ASSAY_AUTO_NODE struct assay_node *node = assay_node_new(
			"", assay_span_of_str("STMP1234"), assay_span_of_str("STMP5678"));
		struct assay_container container = { node, &a, &b };
		struct assay_error err = ASSAY_ERROR_INIT;

		print_message("# %s\n", rows[i].reader.name);
		assert_int_equal(assay_contents_read(&rows[i].reader, node->delivered,
		                                     &walk.budgets[0], &a, &err),
		                 0);
		assert_int_equal(assay_contents_read(&rows[i].reader, node->rebuilt,
		                                     &walk.budgets[1], &b, &err),
		                 0);
		assert_int_equal(assay_container_compare(&walk, &container, &err), 0);
		assay_node_settle(node);
		assert_int_equal(node->tier, rows[i].tier);
		assert_int_equal(
			has_finding(node->found, "transplanting does not give the delivered bytes"),
			rows[i].tier == ASSAY_TIER_DIFFERENT);
	}
}

static void test_two_of_one_name(void **state)
{
	struct assay_walk walk = assay_walk_of(NULL);
	ASSAY_AUTO_CONTENTS struct assay_contents contents = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_int_equal(assay_contents_read(&toy,
	                                     bytes_of("TOY1af7u\x0c\x03"
	                                              "02abc"),
	                                     &walk.budgets[0], &contents, &err),
	                 -1);
	assert_non_null(strstr(err.text, "two of kind xattr have one name"));
}

/* Every byte of a container changed once, to three values: none may match but times. */
static void test_every_byte(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x20, 0x80 };
	uint8_t original[] = TWO(A,
	                         "bf7t\x17\x03"
	                         "1p",
	                         "abcdef");
	uint8_t changed[sizeof(original)];
	size_t tried = 0, read = 0;

	(void)state;
	for (size_t at = 4; at < sizeof(original) - 1; at++) {
		for (size_t k = 0; k < ASSAY_ARRAY_LEN(changes); k++, tried++) {
			struct assay_walk walk = assay_walk_of(NULL);
			ASSAY_AUTO_CONTENTS struct assay_contents a = { 0 }, b = { 0 };
			ASSAY_AUTO_NODE struct assay_node *node = NULL;
			struct assay_container container = { NULL, &a, &b };
			struct assay_error err = ASSAY_ERROR_INIT;

			memcpy(changed, original, sizeof(original));
			changed[at] ^= changes[k];
			node = assay_node_new("", assay_span_of(changed, sizeof(changed) - 1),
			                      assay_span_of(original, sizeof(original) - 1));
			container.node = node;
			if (assay_contents_read(&toy, node->delivered, &walk.budgets[0], &a, &err) <
			    0)
				continue; /* a reader that fails: inconclusive */
			read++;
			assert_int_equal(assay_contents_read(&toy, node->rebuilt, &walk.budgets[1],
			                                     &b, &err),
			                 0);
			assert_int_equal(assay_container_compare(&walk, &container, &err), 0);
			assay_node_settle(node);
			if (at == 4 + TIME || at == 4 + RECORD + TIME)
				assert_int_equal(node->tier, ASSAY_TIER_REPACKED);
			else
				assert_true(node->tier >= ASSAY_TIER_DIFFERENT);
		}
	}
	assert_true(read > tried / 2);
}

/* What a reader may not do, whatever it read. */
static void test_cover(void **state)
{
	static const struct {
		const char *what;
		uint64_t parts[3][2]; /* offset, length */
		const char *error;
	} rows[] = {
		{ "all of it", { { 0, 4 }, { 4, 6 } }, NULL },
		{ "all of it, in another order", { { 4, 6 }, { 0, 4 } }, NULL },
		{ "an empty part inside", { { 0, 10 }, { 5, 0 } }, NULL },
		{ "a gap", { { 0, 4 }, { 5, 5 } }, "does not account for" },
		{ "a gap at the end", { { 0, 4 }, { 4, 5 } }, "does not account for" },
		{ "two purposes", { { 0, 5 }, { 4, 6 } }, "two purposes" },
		{ "the same part twice", { { 0, 10 }, { 0, 10 } }, "two purposes" },
		{ "past the end", { { 0, 4 }, { 4, 7 } }, "past the end" },
		{ "far past the end", { { 0, 10 }, { UINT64_MAX, 2 } }, "past the end" },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		ASSAY_AUTO_CONTENTS struct assay_contents contents = {
			.reader = &toy,
			.span = assay_span_of_str("0123456789"),
		};
		struct assay_error err = ASSAY_ERROR_INIT;
		int result;

		print_message("# %s\n", rows[i].what);
		for (size_t k = 0; k < 2; k++)
			(void)assay_contents_part_at(&contents, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
			                             "x", rows[i].parts[k][0], rows[i].parts[k][1]);
		result = assay_contents_finish(&contents, &err);
		assert_int_equal(result, rows[i].error == NULL ? 0 : -1);
		if (rows[i].error != NULL)
			assert_non_null(strstr(err.text, rows[i].error));
	}
}

/* Pieces: what is put together, and what is refused. */
static void test_pieces(void **state)
{
	static const struct {
		const char *what;
		struct assay_piece pieces[3];
		size_t count;
		const char *content; /* NULL: refused */
	} rows[] = {
		{ "one", { { ASSAY_PIECE_RAW, 0, 3, 2, 3, 0, 0 } }, 1, "CDE" },
		{ "two, and a hole",
		  { { ASSAY_PIECE_RAW, 0, 1, 4, 1, 0, 0 },
		    { ASSAY_PIECE_ZEROS, 0, 0, 0, 0, 0, 0 },
		    { ASSAY_PIECE_RAW, 0, 2, 0, 2, 0, 0 } },
		  3,
		  "EAB" },
		{ "packed", { { ASSAY_PIECE_PACKED, 0, 3, 0, 3, 3, 0 } }, 1, "abc" },
		{ "the end of a block", { { ASSAY_PIECE_PACKED, 0, 2, 0, 3, 3, 1 } }, 1, "bc" },
		{ "two of a block",
		  { { ASSAY_PIECE_PACKED, 0, 2, 0, 3, 3, 1 },
		    { ASSAY_PIECE_PACKED, 0, 1, 0, 3, 3, 0 } },
		  2,
		  "bca" },
		{ "past the end", { { ASSAY_PIECE_RAW, 0, 3, 4, 3, 0, 0 } }, 1, NULL },
		{ "past the end of a block",
		  { { ASSAY_PIECE_PACKED, 0, 3, 0, 3, 3, 1 } },
		  1,
		  NULL },
		{ "a skip that wraps",
		  { { ASSAY_PIECE_PACKED, 0, 3, 0, 3, 3, UINT64_MAX } },
		  1,
		  NULL },
		{ "a block of another size",
		  { { ASSAY_PIECE_PACKED, 0, 3, 0, 3, 4, 0 } },
		  1,
		  NULL },
		{ "a raw piece of two lengths",
		  { { ASSAY_PIECE_RAW, 0, 3, 0, 2, 0, 0 } },
		  1,
		  NULL },
		{ "a hole past all limits",
		  { { ASSAY_PIECE_ZEROS, 0, UINT64_MAX, 0, 0, 0, 0 } },
		  1,
		  NULL },
		{ "holes that wrap",
		  { { ASSAY_PIECE_ZEROS, 0, UINT64_MAX, 0, 0, 0, 0 },
		    { ASSAY_PIECE_ZEROS, 0, 2, 0, 0, 0, 0 } },
		  2,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		struct assay_walk walk = assay_walk_of(NULL);
		ASSAY_AUTO_CONTENTS struct assay_contents contents = {
			.reader = &toy,
			.span = assay_span_of_str("ABCDEF"),
		};
		ASSAY_AUTO_CONTENT struct assay_content content = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		int result;

		print_message("# %s\n", rows[i].what);
		walk.budgets[0].limits.bytes = 1 << 20;
		result = assay_contents_entry(&contents, &walk.budgets[0], ASSAY_ENTRY_FILE, &err);
		for (size_t k = 0; result == 0 && k < rows[i].count; k++)
			result = assay_contents_piece(&contents, &rows[i].pieces[k], &err);
		if (result == 0)
			result = assay_content_open(&contents, 0, &walk.budgets[0], &content, &err);
		assert_int_equal(result, rows[i].content == NULL ? -1 : 0);
		if (rows[i].content != NULL)
			assert_true(assay_span_is(content.span, rows[i].content));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),      cmocka_unit_test(test_two_of_one_name),
		cmocka_unit_test(test_every_byte), cmocka_unit_test(test_cover),
		cmocka_unit_test(test_pieces),     cmocka_unit_test(test_transplants_are_proved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
