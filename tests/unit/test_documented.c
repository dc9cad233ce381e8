/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the pages on file formats say is true: every key is described, no other one is, the
 * examples can be read, and the recipe for a tree's digest gives that digest.
 */
#include "testing.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/strings.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"
#include "store/tree.h"
#include "toolchain/intent.h"
#include "toolchain/lock.h"
#include "toolchain/schema.h"

/* A page's text. Owner: caller frees. */
static char *read_page(const char *name)
{
	const char *top = getenv("top_srcdir");
	ASSAY_AUTO_FREE char *path = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_bytes text = { 0 };

	path = assay_asprintf("%s/verifier/man/%s", top != NULL ? top : ".", name);
	if (assay_file_read(AT_FDCWD, path, 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.text);
	return (char *)text.ptr;
}

/* The text of a literal block of a page, the first one being 0. Owner: caller frees. */
static char *literal_block(const char *page, unsigned index)
{
	struct assay_buffer out = { 0 };
	const char *end, *at = page;

	for (unsigned i = 0; i <= index; i++) {
		at = strstr(at, "\n.Bd -literal");
		assert_non_null(at);
		at = strchr(at + 1, '\n') + 1;
	}
	end = strstr(at, "\n.Ed");
	assert_non_null(end);
	for (const char *p = at; p <= end; p++) {
		assay_buffer_add(&out, p, 1);
		p += strncmp(p, "\\e", 2) == 0; /* mdoc's way to write a backslash */
	}
	return out.ptr;
}

/* All keys of a schema but those that only hold other keys. Lists of text are one key. */
static void list_keys(const cyaml_schema_value_t *schema, const char *path,
                      struct assay_strings *out)
{
	ASSAY_AUTO_FREE char *item = assay_asprintf("%s[]", path);

	if (schema->type == CYAML_SEQUENCE) {
		assay_strings_add(out, path);
		if (schema->sequence.entry->type == CYAML_MAPPING)
			list_keys(schema->sequence.entry, item, out);
	} else if (schema->type != CYAML_MAPPING) {
		assay_strings_add(out, path);
	}
	for (const cyaml_schema_field_t *f = schema->type == CYAML_MAPPING ? schema->mapping.fields
	                                                                   : NULL;
	     f != NULL && f->key != NULL; f++) {
		ASSAY_AUTO_FREE char *sub =
			assay_asprintf("%s%s%s", path, *path != '\0' ? "." : "", f->key);

		list_keys(&f->value, sub, out);
	}
}

/* The keys of the schemas are those that a page has in its lists, and no others. */
static void assert_described(const char *page, struct assay_strings *keys)
{
	ASSAY_AUTO_STRINGS struct assay_strings described = { 0 };
	static const char item[] = "\n.It Va ";

	for (const char *at = page; (at = strstr(at, item)) != NULL;) {
		at += strlen(item);
		assay_strings_printf(&described, "%.*s", (int)strcspn(at, "\n"), at);
	}
	assay_strings_sort(keys);
	assay_strings_sort(&described);
	for (size_t i = 0; i < keys->count; i++)
		if (!assay_strings_has(&described, keys->items[i]))
			fail_msg("%s is not described", keys->items[i]);
	for (size_t i = 0; i < described.count; i++)
		if (!assay_strings_has(keys, described.items[i]))
			fail_msg("%s is described and does not exist", described.items[i]);
}

static void test_every_key_is_described(void **state)
{
	ASSAY_AUTO_FREE char *manifest = read_page("assay-manifest.5");
	ASSAY_AUTO_FREE char *toolchain = read_page("assay-toolchain.5");
	ASSAY_AUTO_STRINGS struct assay_strings manifest_keys = { 0 }, toolchain_keys = { 0 };

	(void)state;
	list_keys(&assay_manifest_schema, "", &manifest_keys);
	assert_described(manifest, &manifest_keys);
	list_keys(&assay_intent_schema, "", &toolchain_keys);
	list_keys(&assay_lock_schema, "", &toolchain_keys);
	assert_described(toolchain, &toolchain_keys);
}

static void test_example_of_a_manifest(void **state)
{
	ASSAY_AUTO_FREE char *page = read_page("assay-manifest.5");
	ASSAY_AUTO_FREE char *text = literal_block(page, 0);
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)state;
	if (assay_manifest_parse("example", assay_span_of_str(text), &manifest, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_examples_of_toolchains(void **state)
{
	ASSAY_AUTO_FREE char *page = read_page("assay-toolchain.5");
	ASSAY_AUTO_INTENT struct assay_intent *intent = NULL;
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;
	char path[] = "/tmp/assay-test-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (unsigned i = 0; i < 2; i++) {
		ASSAY_AUTO_FREE char *text = literal_block(page, i);

		assert_int_equal(
			assay_file_write(AT_FDCWD, path, assay_span_of_str(text), 0600, &err), 0);
		if ((i == 0 ? assay_intent_load(path, &intent, &err)
		            : assay_lock_load(path, &lock, &err)) < 0)
			fail_msg("%s", err.text);
	}
	assert_int_equal(lock->packages_count, 1);
	(void)close(fd);
	(void)unlink(path);
}

static void write_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", dir, name);
	struct assay_error err = ASSAY_ERROR_INIT;

	assert_int_equal(assay_file_write(AT_FDCWD, path, assay_span_of_str(text), 0644, &err), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Names that sort differently by bytes than by components or by language, and every type. */
static void make_tree(const char *dir)
{
	static const char *const folders[] = { "a", "a/b", "B", "a.d", "empty" };
	ASSAY_AUTO_FREE char *link = assay_asprintf("%s/a/link to nothing", dir);

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(folders); i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", dir, folders[i]);

		assert_int_equal(mkdir(path, 0755), 0);
	}
	assert_int_equal(symlink("no where", link), 0);
	write_file(dir, "a/b/file", "content\n", 0644);
	write_file(dir, "a/b/empty", "", 0755);
	write_file(dir, "a.d/z", "content\n", 0444);
	write_file(dir, "a-b", "x", 0644);
	write_file(dir, "B/\303\244 \n\\x", "y", 0644);
}

static void test_recipe_for_a_tree(void **state)
{
	ASSAY_AUTO_FREE char *page = read_page("assay-toolchain.5");
	ASSAY_AUTO_FREE char *recipe = literal_block(page, 2);
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
	ASSAY_AUTO_CLOSE int fd = -1;
	char dir[] = "/tmp/assay-test-XXXXXX";
	const char *const argv[] = { "bash", "-c", recipe, NULL };
	const struct assay_process process = { .argv = argv, .cwd = dir, .output_max = 1000 };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_sha256 digest;
	char hex[ASSAY_SHA256_HEX];

	(void)state;
	assert_non_null(mkdtemp(dir));
	make_tree(dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(assay_tree_digest(fd, &digest, NULL, NULL, &err), 0);
	assay_sha256_hex(&digest, hex);
	if (assay_process_run(&process, &out, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(strncmp(assay_buffer_str(&out), hex, strlen(hex)), 0);
	assert_int_equal(assay_remove_tree(AT_FDCWD, dir, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_described),
		cmocka_unit_test(test_example_of_a_manifest),
		cmocka_unit_test(test_examples_of_toolchains),
		cmocka_unit_test(test_recipe_for_a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
