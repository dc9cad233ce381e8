/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strict YAML: what is read, what is refused, and that a message says where. */
#include "testing.h"

#include <string.h>

#include "base/buffer.h"
#include "base/yaml.h"

struct part {
	char *name;
	uint64_t size;
};

struct sample {
	char *title;
	uint32_t mode;
	uint16_t count;
	char *notes; /* optional, with lines */
	int level;
	struct part *parts;
	unsigned parts_count;
	struct {
		char *path;
	} place;
};

static const cyaml_strval_t levels[] = { { "low", 0 }, { "high", 1 } };

static const cyaml_schema_field_t part_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_DEFAULT, struct part, name, 1, 20),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct part, size),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t part_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct part, part_fields),
};

static const cyaml_schema_field_t place_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"path", CYAML_FLAG_DEFAULT, struct { char *path; }, path, 0, 20),
	CYAML_FIELD_IGNORE("free", CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_DEFAULT, struct sample, title, 0, 20),
	CYAML_FIELD_UINT("mode", ASSAY_YAML_OCTAL, struct sample, mode),
	CYAML_FIELD_UINT("count", CYAML_FLAG_DEFAULT, struct sample, count),
	CYAML_FIELD_STRING_PTR("notes", CYAML_FLAG_OPTIONAL | ASSAY_YAML_LINES, struct sample,
	                       notes, 0, 100),
	CYAML_FIELD_ENUM("level", CYAML_FLAG_STRICT, struct sample, level, levels, 2),
	CYAML_FIELD_SEQUENCE("parts", CYAML_FLAG_POINTER, struct sample, parts, &part_schema, 1, 3),
	CYAML_FIELD_MAPPING("place", CYAML_FLAG_DEFAULT, struct sample, place, place_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sample, fields),
};

static const char *no_x(const char *text)
{
	return strchr(text, 'x') != NULL ? "has an x" : NULL;
}

static const struct assay_yaml_rule rules[] = {
	{ .path = "place.path", .wrong = no_x },
	{ .path = "parts[].name", .unique = true },
	{ .path = "parts[].size", .min = 1, .max = 99 },
	{ .path = "mode", .max = 0777 },
};

#define PARTS "parts:\n  - {name: a, size: 1}\n"
#define GOOD "title: T\nmode: \"0755\"\ncount: 7\nlevel: high\nplace: {path: p}\n" PARTS

static void free_sample(struct sample **sample)
{
	assay_yaml_unload(&schema, *sample);
}

static int read_sample(const char *text, struct sample **out, struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;

	if (assay_yaml_parse("f", assay_span_of_str(text), &yaml, err) < 0 ||
	    assay_yaml_load(yaml, &schema, out, err) < 0)
		return -1;
	return assay_yaml_check(yaml, rules, ASSAY_ARRAY_LEN(rules), err);
}

static void test_values_arrive(void **state)
{
	ASSAY_AUTO(free_sample) struct sample *sample = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_int_equal(read_sample("# comment\n" GOOD "  - name: \"b\\\"\"\n    size: 99\n"
	                             "notes: |\n  one\n  two\n",
	                             &sample, &err),
	                 0);
	assert_string_equal(sample->title, "T");
	assert_int_equal(sample->mode, 0755);
	assert_int_equal(sample->count, 7);
	assert_int_equal(sample->level, 1);
	assert_string_equal(sample->notes, "one\ntwo\n");
	assert_int_equal(sample->parts_count, 2);
	assert_string_equal(sample->parts[1].name, "b\"");
	assert_int_equal(sample->parts[1].size, 99);
	assert_string_equal(sample->place.path, "p");
}

static void test_structs_become_json(void **state)
{
	ASSAY_AUTO(free_sample) struct sample *sample = NULL;
	ASSAY_AUTO_JSON json_t *json = NULL;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_int_equal(read_sample(GOOD "  - {name: b, size: 2}\n", &sample, &err), 0);
	json = assay_yaml_json(&schema, sample);
	assay_json_canonical(json, &text);
	assert_string_equal(assay_buffer_str(&text),
	                    "{\"count\":7,\"level\":\"high\",\"mode\":\"0755\",\"parts\":"
	                    "[{\"name\":\"a\",\"size\":1},{\"name\":\"b\",\"size\":2}],"
	                    "\"place\":{\"path\":\"p\"},\"title\":\"T\"}");
}

/* One row is one text and the message that refuses it. */
static const struct {
	const char *text;
	const char *message;
} refused[] = {
	{ "", "f:1: the file is empty" },
	{ "# only a comment\n", "f:1: the file is empty" },
	{ "- a\n", "f:1: must be a mapping, and is a list" },
	{ "---\n", "f:2: must be a mapping, and is \"\"" },
	{ GOOD "title: U\n", "f:8: title: duplicate key, first on line 1" },
	{ GOOD "  - {name: a, size: 2}\n",
	  "f:8: parts[1].name: \"a\" is there already, on line 7" },
	{ GOOD "  - {name: b, size: 1, name: c}\n",
	  "f:8: parts[1].name: duplicate key, first on line 8" },
	{ GOOD "colour: red\n", "f:8: colour: unknown key" },
	{ GOOD "\"co\\tlour\": red\n", "f:8: co\\x09lour: unknown key" },
	{ GOOD "  - {name: b, size: 1, a.b: c}\n", "f:8: parts[1].a.b: unknown key" },
	{ "mode: 0755\ncount: 7\nlevel: low\nplace: {path: p}\n" PARTS, "f:1: title: missing key" },
	{ GOOD "  - name: b\n", "f:8: parts[1].size: missing key" },
	{ GOOD "notes:\n", "f:8: notes: has no value; empty text is written as \"\"" },
	{ GOOD "notes: ~\n", "f:8: notes: has no value; empty text is written as \"\"" },
	{ GOOD "notes: [a]\n", "f:8: notes: must be text, and is a list" },
	{ GOOD "  - x\n", "f:8: parts[1]: must be a mapping, and is \"x\"" },
	{ GOOD "  - {name: \"\", size: 1}\n", "f:8: parts[1].name: must not be empty" },
	{ GOOD "  - {name: \"a\\nb\", size: 1}\n",
	  "f:8: parts[1].name: must not have line ends or tabs" },
	{ GOOD "  - {name: 123456789012345678901, size: 1}\n",
	  "f:8: parts[1].name: has 21 bytes, not 1 to 20" },
	{ GOOD "  - {name: b, size: 1}\n  - {name: c, size: 1}\n  - {name: d, size: 1}\n",
	  "f:6: parts: has 4 items, not 1 to 3" },
	{ GOOD "  - {name: b, size: 0}\n", "f:8: parts[1].size: must be from 1 to 99" },
	{ GOOD "  - {name: b, size: 100}\n", "f:8: parts[1].size: must be from 1 to 99" },
	{ GOOD "  - {name: b, size: \"1\"}\n",
	  "f:8: parts[1].size: must be a decimal number below 2^53, and is the text \"1\"" },
	{ GOOD "  - {name: b, size: 1k}\n",
	  "f:8: parts[1].size: must be a decimal number below 2^53, and is \"1k\"" },
	{ GOOD "  - {name: b, size: 9007199254740992}\n",
	  "f:8: parts[1].size: must be a decimal number below 2^53, and is \"9007199254740992\"" },
	{ GOOD "notes: *a\n", "f:8: notes: aliases are refused" },
	{ GOOD "notes: &a b\n", "f:8: notes: anchors are refused" },
	{ GOOD "notes: &a [b]\n", "f:8: notes: anchors are refused" },
	{ GOOD "notes: &a {b: c}\n", "f:8: notes: anchors are refused" },
	{ GOOD "notes: !!str b\n", "f:8: notes: tags are refused" },
	{ GOOD "notes: ! b\n", "f:8: notes: tags are refused" },
	{ GOOD "notes: !x {}\n", "f:8: notes: tags are refused" },
	{ GOOD "notes: !x []\n", "f:8: notes: tags are refused" },
	{ GOOD "? [a]\n: b\n", "f:8: a key must be text" },
	{ GOOD "---\na: b\n", "f:8: a second document begins here" },
	{ "%YAML 1.1\n---\n" GOOD, "f:1: directives are refused" },
	{ "%TAG ! !x\n---\n" GOOD, "f:1: directives are refused" },
	{ GOOD "notes: a\001\n", "f:8: byte 0x01 is not plain UTF-8 text" },
	{ GOOD "# \xff\n", "f:8: byte 0xff is not plain UTF-8 text" },
	{ GOOD "# \xe2\x80\xae\n", "f:8: byte 0xe2 is not plain UTF-8 text" },
	{ "\xef\xbb\xbf" GOOD, "f:1: byte 0xef is not plain UTF-8 text" },
	{ GOOD "notes: \"\\0\"\n", "f:8: notes: control or invisible characters are refused" },
	{ GOOD "notes: \"\\u202e\"\n", "f:8: notes: control or invisible characters are refused" },
	{ GOOD "notes: \"\\e[1m\"\n", "f:8: notes: control or invisible characters are refused" },
	{ "title: [[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]\n",
	  "f:1: title[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested too deeply (limit 16)" },
	{ GOOD "notes: \"a\n", "f:9: notes: found unexpected end of stream" },
	{ GOOD "place: {path: q}\n", "f:8: place: duplicate key, first on line 5" },
	{ "title: T\nmode: 755\n", "f:2: mode: must be an octal number such as \"0022\", and is "
	                           "\"755\"" },
	{ "mode: \"0800\"\n",
	  "f:1: mode: must be an octal number such as \"0022\", and is the text "
	  "\"0800\"" },
	{ "count: 65536\n", "f:1: count: must be at most 65535" },
	{ "count: 07\n", "f:1: count: must be a decimal number below 2^53, and is \"07\"" },
	{ "count: -1\n", "f:1: count: must be a decimal number below 2^53, and is \"-1\"" },
	{ "count: 0x1\n", "f:1: count: must be a decimal number below 2^53, and is \"0x1\"" },
	{ "level: 1\n", "f:1: level: must be one of low, high, and is \"1\"" },
	{ "place: {path: \"\", free: {a: [b]}}\n",
	  "f:1: place.free.a: must be text, and is a list" },
	{ "place: {path: \"\", free: [b]}\n", "f:1: place.free: must be a mapping, and is a list" },
	{ "parts: []\n", "f:1: parts: must not be empty" },
	{ "title: T\nmode: 01000\ncount: 7\nlevel: low\nplace: {path: p}\n" PARTS,
	  "f:2: mode: must be from 0 to 511" },
	{ "title: T\nmode: 0000\ncount: 7\nlevel: low\nplace: {path: x}\n" PARTS,
	  "f:5: place.path: \"x\": has an x" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(refused); i++) {
		ASSAY_AUTO(free_sample) struct sample *sample = NULL;
		struct assay_error err = ASSAY_ERROR_INIT;

		assert_int_equal(read_sample(refused[i].text, &sample, &err), -1);
		assert_int_equal(err.code, ASSAY_E_FORMAT);
		assert_string_equal(err.text, refused[i].message);
	}
}

/* Texts that are small to write and large to hold. */
static void test_limits(void **state)
{
	static const struct {
		const char *head, *repeat, *message;
	} cases[] = {
		{ "title: [", "a,",
		  "f:1: title[131070]: too many values in the file (limit 131072)" },
		{ "place:\n", "  k%u: v\n",
		  "f:1026: place: too many keys in one mapping (limit 1024)" },
		{ "", "[",
		  "f:1: [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested too deeply "
		  "(limit 16)" },
		{ "",
		  "{a: ", "f:1: a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: nested too deeply (limit 16)" },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
		ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
		struct assay_error err = ASSAY_ERROR_INIT;

		assay_buffer_add_str(&text, cases[i].head);
		for (unsigned k = 0; k < 200000; k++) {
			const char *mark = strchr(cases[i].repeat, '%');

			if (mark == NULL)
				assay_buffer_add_str(&text, cases[i].repeat);
			else
				assay_buffer_printf(&text, "  k%u: v\n", k);
		}
		assert_int_equal(assay_yaml_parse("f", assay_buffer_span(&text), &yaml, &err), -1);
		assert_string_equal(err.text, cases[i].message);
	}
}

static void test_find(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	const struct assay_yaml_node *node;

	(void)state;
	assert_int_equal(assay_yaml_parse("f", assay_span_of_str(GOOD "  - {name: b, size: 2}\n"),
	                                  &yaml, &err),
	                 0);
	node = assay_yaml_find(yaml, "parts[%d].%s", 1, "size");
	assert_non_null(node);
	assert_string_equal(node->text, "2");
	assert_int_equal(node->line, 8);
	assert_null(assay_yaml_find(yaml, "parts[2]"));
	assert_null(assay_yaml_find(yaml, "parts[0].colour"));
	assert_null(assay_yaml_find(yaml, "title.x"));
}

static void test_rules(void **state)
{
	static const struct {
		assay_rule *rule;
		const char *good, *bad;
	} cases[] = {
		{ assay_rule_sha256,
		  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		  "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff" },
		{ assay_rule_sha256,
		  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeef" },
		{ assay_rule_file_name, "a b.tar", "a/b" },
		{ assay_rule_file_name, "...", ".." },
		{ assay_rule_file_name, ".a", "." },
		{ assay_rule_file_name, "a", "" },
		{ assay_rule_relative_path, "a/b", "/a" },
		{ assay_rule_relative_path, "a/..b", "a/../b" },
		{ assay_rule_relative_path, "a/.b/c", "a/./c" },
		{ assay_rule_relative_path, "a", "a//b" },
		{ assay_rule_relative_path, "a", "a/" },
		{ assay_rule_relative_path, "a", "." },
		{ assay_rule_relative_path, "a", "" },
		{ assay_rule_folder, ".", ".." },
		{ assay_rule_folder, "a", "a/." },
		{ assay_rule_absolute_path, "/a/b", "a/b" },
		{ assay_rule_absolute_path, "/a", "/" },
		{ assay_rule_absolute_path, "/a", "//a" },
		{ assay_rule_absolute_path, "/a", "/a/" },
		{ assay_rule_absolute_path, "/a", "" },
	};

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		assert_null(cases[i].rule(cases[i].good));
		assert_non_null(cases[i].rule(cases[i].bad));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_arrive), cmocka_unit_test(test_structs_become_json),
		cmocka_unit_test(test_refused),       cmocka_unit_test(test_limits),
		cmocka_unit_test(test_find),          cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
