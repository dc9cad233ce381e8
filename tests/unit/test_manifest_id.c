/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The identity of a manifest, key by key: what changes it and what does not. The tables are held
 * against the schema, so that a key that is added there must be added here.
 */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "base/strings.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"
#include "mutate.h"

#define DIGEST "\"abababababababababababababababababababababababababababababababab\""

/* One row is a key with a value, another value that it can have, and whether that is another
 * manifest. Where the sample has several nodes for a key, each is tried, unless other keys refer
 * to some of them. */
static const struct {
	const char *key;
	const char *other;
	bool changes_id;
	const char *only; /* path of the one node that can have this value; NULL: all */
} keys[] = {
	{ "schema", NULL, false, NULL }, /* has one possible value */
	{ "product.name", "other", true, NULL },
	{ "product.version", "1.3", true, NULL },
	{ "sources[].name", "other", true, "sources[1].name" },
	{ "sources[].sha256", DIGEST, true, NULL },
	{ "sources[].size", "77", true, NULL },
	{ "sources[].unpack", "tar", true, "sources[2].unpack" },
	{ "sources[].into", "other", true, NULL },
	{ "sources[].strip", "5", true, "sources[0].strip" },
	{ "toolchain.lock", "elsewhere.yaml", false, NULL },
	{ "toolchain.id", DIGEST, true, NULL },
	{ "toolchain.tree", DIGEST, true, NULL },
	{ "build.path", "/other", true, NULL },
	{ "build.profile.file", "elsewhere.yaml", false, NULL },
	{ "build.profile.sha256", DIGEST, true, NULL },
	{ "build.environment.*", "other", true, NULL },
	{ "build.steps[].argv[]", "other", true, NULL },
	{ "build.steps[].cwd", "other", true, NULL },
	{ "build.user.uid", "7", true, NULL },
	{ "build.user.gid", "7", true, NULL },
	{ "build.user.name", "other", true, NULL },
	{ "build.user.home", "/other", true, NULL },
	{ "build.umask", "0077", true, NULL },
	{ "build.source_date_epoch", "0", true, NULL },
	{ "build.machine.hostname", "other", true, NULL },
	{ "build.machine.kernel_release", "6.6", true, NULL },
	{ "build.machine.kernel_version", "other", true, NULL },
	{ "build.machine.cpus", "7", true, NULL },
	{ "build.machine.memory", "77777777", true, NULL },
	{ "build.machine.clock.mode", "fixed", true, NULL },
	{ "build.machine.clock.start", "7", true, NULL },
	{ "build.machine.random.seed", "7", true, NULL },
	{ "build.limits.wall", "7", true, NULL },
	{ "build.limits.silence", "7", true, NULL },
	{ "build.limits.memory", "77777777", true, NULL },
	{ "build.limits.processes", "7", true, NULL },
	{ "build.limits.disk", "77777777", true, NULL },
	{ "build.limits.log", "77777777", true, NULL },
	{ "reviewed[].at", "other", true, NULL },
	{ "reviewed[].tree", DIGEST, true, NULL },
	{ "outputs[].name", "other", true, "outputs[2].name" },
	{ "outputs[].path", "other", true, NULL },
	{ "delivered[].file", "other", true, "delivered[0].file" },
	{ "delivered[].sha256", DIGEST, true, NULL },
	{ "delivered[].size", "77", true, NULL },
	{ "delivered[].member", "other", true, NULL },
	{ "delivered[].output", "boot.bin", true, "delivered[0].output" },
	{ "compare.accept", "normalised", true, NULL },
	{ "compare.exclusions[].file", "example_1.2_arm64.deb", true, NULL },
	{ "compare.exclusions[].artefact", "other", true, NULL },
	{ "compare.exclusions[].offset", "7", true, NULL },
	{ "compare.exclusions[].size", "7", true, NULL },
	{ "compare.exclusions[].reason", "other", true, NULL },
	{ "compare.exclusions[].approver", "other", true, NULL },
	{ "hints[].name", "fix.patch", false, NULL },
	{ "hints[].from", "other", false, NULL },
};

/* One row is a list, and whether the order of its items is part of the identity. */
static const struct {
	const char *key;
	bool order_counts;
} lists[] = {
	{ "sources", true },     { "reviewed", true },
	{ "build.steps", true }, { "build.steps[].argv", true },
	{ "outputs", false },    { "delivered", false },
	{ "hints", false },      { "compare.exclusions", false },
};

/* Keys without a value of their own that may be left out, and whether that changes the id. */
static const struct {
	const char *key;
	bool changes_id;
} optional[] = {
	{ "build.profile", true },
	{ "build.machine.clock", true },
	{ "build.machine.random", true },
	{ "delivered[].member", true },
	{ "hints", false },
	{ "reviewed", true },
	{ "compare.exclusions", true },
	{ "compare.exclusions[].artefact", true },
};

/* All paths of a schema: those of values, and those of lists. */
static void list_schema(const cyaml_schema_value_t *schema, const char *path,
                        struct assay_strings *values, struct assay_strings *sequences)
{
	ASSAY_AUTO_FREE char *item = assay_asprintf("%s[]", path);

	if (schema->type == CYAML_SEQUENCE) {
		assay_strings_add(sequences, path);
		list_schema(schema->sequence.entry, item, values, sequences);
	} else if (schema->type == CYAML_IGNORE) {
		assay_strings_printf(values, "%s.*", path);
	} else if (schema->type != CYAML_MAPPING) {
		assay_strings_add(values, path);
	} else {
		for (const cyaml_schema_field_t *f = schema->mapping.fields; f->key != NULL; f++) {
			ASSAY_AUTO_FREE char *sub =
				assay_asprintf("%s%s%s", path, *path != '\0' ? "." : "", f->key);

			list_schema(&f->value, sub, values, sequences);
		}
	}
}

static void assert_same_strings(struct assay_strings *a, struct assay_strings *b)
{
	assay_strings_sort(a);
	assay_strings_sort(b);
	for (size_t i = 0; i < a->count && i < b->count; i++)
		assert_string_equal(a->items[i], b->items[i]);
	assert_int_equal(a->count, b->count);
}

static void test_tables_match_the_schema(void **state)
{
	ASSAY_AUTO_STRINGS struct assay_strings values = { 0 }, sequences = { 0 };
	ASSAY_AUTO_STRINGS struct assay_strings table_values = { 0 }, table_lists = { 0 };

	(void)state;
	list_schema(&assay_manifest_schema, "", &values, &sequences);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(keys); i++)
		assay_strings_add(&table_values, keys[i].key);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(lists); i++)
		assay_strings_add(&table_lists, lists[i].key);
	assert_same_strings(&values, &table_values);
	assert_same_strings(&sequences, &table_lists);
}

/* What a key's node has in common with its row in a table. Owner: caller frees. */
static char *row_of(const struct assay_yaml_node *node)
{
	char *pattern = mutate_pattern(node);

	if (node->parent != NULL && node->parent->key != NULL &&
	    strcmp(node->parent->key, "environment") == 0)
		(void)strcpy(strrchr(pattern, '.') + 1, "*");
	return pattern;
}

static void id_of(const struct assay_yaml *yaml, struct mutation *mutation,
                  struct assay_sha256 *out)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	mutate_write(yaml->root, mutation, &text);
	if (assay_manifest_parse("m", assay_buffer_span(&text), &manifest, &err) < 0)
		fail_msg("%s", err.text);
	assay_manifest_id(manifest, out);
}

static void assert_changes(const struct assay_yaml *yaml, struct mutation *mutation, bool changes,
                           const char *what)
{
	struct mutation none = { 0 };
	struct assay_sha256 before, after;

	id_of(yaml, &none, &before);
	id_of(yaml, mutation, &after);
	if (assay_sha256_equal(&before, &after) == changes)
		fail_msg("%s %s", what, changes ? "does not change the id" : "changes the id");
}

struct walk {
	const struct assay_yaml *yaml;
	struct assay_strings seen; /* rows that were tried */
};

static void try_other_value(const struct assay_yaml_node *node, void *context)
{
	struct walk *walk = context;
	ASSAY_AUTO_FREE char *row = row_of(node);
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };

	if (node->kind != ASSAY_YAML_SCALAR)
		return;
	assay_yaml_path(node, &path);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(keys); i++) {
		struct mutation m = { .replace = node, .text = keys[i].other };

		if (strcmp(keys[i].key, row) != 0)
			continue;
		assay_strings_add(&walk->seen, row);
		if (keys[i].other == NULL ||
		    (keys[i].only != NULL && strcmp(keys[i].only, assay_buffer_str(&path)) != 0))
			continue;
		assert_changes(walk->yaml, &m, keys[i].changes_id, assay_buffer_str(&path));
	}
}

static void test_every_value(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	ASSAY_AUTO_STRINGS struct assay_strings all = { 0 };
	struct walk walk = { yaml, { 0 } };

	(void)state;
	mutate_each(yaml->root, try_other_value, &walk);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(keys); i++)
		assay_strings_add(&all, keys[i].key);
	assert_same_strings(&all, &walk.seen); /* the sample has every key */
	assay_strings_fini(&walk.seen);
}

static void try_other_order(const struct assay_yaml_node *node, void *context)
{
	struct walk *walk = context;
	ASSAY_AUTO_FREE char *row = row_of(node);
	struct mutation m = { .swap = node };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(lists); i++)
		if (node->kind == ASSAY_YAML_SEQUENCE && strcmp(lists[i].key, row) == 0) {
			assay_strings_add(&walk->seen, row);
			assert_changes(walk->yaml, &m, lists[i].order_counts, row);
		}
}

static void test_every_order(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	ASSAY_AUTO_STRINGS struct assay_strings all = { 0 };
	struct mutation reverse = { .reverse_keys = true };
	struct walk walk = { yaml, { 0 } };

	(void)state;
	mutate_each(yaml->root, try_other_order, &walk);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(lists); i++)
		assay_strings_add(&all, lists[i].key);
	assert_same_strings(&all, &walk.seen);
	assert_changes(yaml, &reverse, false, "the order of keys");
	assay_strings_fini(&walk.seen);
}

static void try_without(const struct assay_yaml_node *node, void *context)
{
	const struct walk *walk = context;
	ASSAY_AUTO_FREE char *row = row_of(node);
	struct mutation m = { .leave_out = node };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(optional); i++)
		if (strcmp(optional[i].key, row) == 0)
			assert_changes(walk->yaml, &m, optional[i].changes_id, row);
	if (strncmp(row, "hints[]", 7) == 0 && node->key == NULL)
		assert_changes(walk->yaml, &m, false, row);
	if (strcmp(row, "build.environment.*") == 0 && strcmp(node->key, "PATH") != 0)
		assert_changes(walk->yaml, &m, true, node->key);
	if (strcmp(row, "build.steps[]") == 0 || strcmp(row, "build.steps[].argv[]") == 0)
		assert_changes(walk->yaml, &m, true, row);
}

static void test_what_can_be_left_out(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	struct walk walk = { yaml, { 0 } };

	(void)state;
	mutate_each(yaml->root, try_without, &walk);
}

/* Names that other keys refer to, and forms that mean the same. */
static void test_replaced_text(void **state)
{
	static const struct {
		const char *from, *to;
		bool changes_id;
	} cases[] = {
		{ "# Every key", "# Another comment", false },
		{ "uid: 1000, gid: 1001", "gid: 1001, uid: 1000", false },
		{ "umask: \"0022\"", "umask: '0022'", false },
		{ "umask: \"0022\"", "umask: 00022", false },
		{ "name: example-firmware", "name: \"example-firmware\"", false },
		{ "umask: \"0022\"", "umask: \"0023\"", true },
		{ "LDFLAGS: \"\"", "LDFLAGS: \"\"\n    EXTRA: \"\"", true },
		{ "LDFLAGS: \"\"", "LDFLAGS: \" \"", true },
		{ "LDFLAGS", "LDFLAGZ", true },
		{ "main.bin", "main.bix", true },
		{ "/example/main.bin", "/example/main.bin!", true },
	};
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	const char *text = (const char *)yaml->text.ptr;

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_MANIFEST struct assay_manifest *before = NULL, *after = NULL;
		ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		struct assay_sha256 a, b;
		const char *rest = text;

		for (const char *at; (at = strstr(rest, cases[i].from)) != NULL;
		     rest = at + strlen(cases[i].from)) {
			assay_buffer_add(&out, rest, (size_t)(at - rest));
			assay_buffer_add_str(&out, cases[i].to);
		}
		assert_ptr_not_equal(rest, text);
		assay_buffer_add_str(&out, rest);
		assert_int_equal(assay_manifest_parse("a", assay_span_of_str(text), &before, &err),
		                 0);
		assert_int_equal(assay_manifest_parse("b", assay_buffer_span(&out), &after, &err),
		                 0);
		assay_manifest_id(before, &a);
		assay_manifest_id(after, &b);
		if (assay_sha256_equal(&a, &b) == cases[i].changes_id)
			fail_msg("%s -> %s", cases[i].from, cases[i].to);
	}
}

/* What has no order in the file has one in the struct: a build may see that of the environment. */
static void test_lists_without_an_order_get_one(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	ASSAY_AUTO_MANIFEST struct assay_manifest *m = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	assert_int_equal(assay_manifest_parse("m", assay_span_of_bytes(&yaml->text), &m, &err), 0);
	assert_int_equal(m->build.environment_count, 3);
	assert_string_equal(m->build.environment[0].name, "LC_ALL");
	assert_string_equal(m->build.environment[0].value, "C.UTF-8");
	assert_string_equal(m->build.environment[1].name, "LDFLAGS");
	assert_string_equal(m->build.environment[2].name, "PATH");
	assert_string_equal(m->outputs[0].name, "boot.bin");
	assert_string_equal(m->delivered[0].file, "boot.bin");
	assert_null(m->delivered[0].member);
	assert_string_equal(m->sources[0].name, "example_1.2.orig.tar.xz");
	assert_string_equal(m->build.steps[1].argv[1], "-c");
	assert_int_equal(m->build.umask, 022);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_match_the_schema),
		cmocka_unit_test(test_every_value),
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_what_can_be_left_out),
		cmocka_unit_test(test_replaced_text),
		cmocka_unit_test(test_lists_without_an_order_get_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
