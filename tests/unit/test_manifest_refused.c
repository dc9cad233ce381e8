/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Manifests that are refused: every key missing, of the wrong type, twice; an unknown key at
 * every level; every value that a rule forbids; every cut. A message names file, line and key.
 */
#include "testing.h"

#include <string.h>

#include "base/memory.h"
#include "base/strings.h"
#include "manifest/manifest.h"
#include "manifest/schema.h"
#include "mutate.h"

static int parse(struct assay_span text, struct assay_error *err)
{
	ASSAY_AUTO_MANIFEST struct assay_manifest *manifest = NULL;

	return assay_manifest_parse("m.yaml", text, &manifest, err);
}

/* The mutated text is refused, on the line of the change, about the given path. */
static void assert_refused(const struct assay_yaml *yaml, struct mutation *mutation,
                           const char *path, const char *what)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	ASSAY_AUTO_FREE char *start = NULL;
	struct assay_error err = ASSAY_ERROR_INIT;

	mutate_write(yaml->root, mutation, &text);
	start = assay_asprintf("m.yaml:%u: %s%s%s", mutation->line, path, *path != '\0' ? ": " : "",
	                       what);
	if (parse(assay_buffer_span(&text), &err) == 0)
		fail_msg("%s: not refused", start);
	assert_int_equal(err.code, ASSAY_E_FORMAT);
	if (strncmp(err.text, start, strlen(start)) != 0)
		fail_msg("expected %s\ngot      %s", start, err.text);
}

static bool is_optional(const char *pattern)
{
	static const char *const optional[] = { "hints",
		                                "reviewed",
		                                "delivered[].member",
		                                "build.profile",
		                                "build.machine.clock",
		                                "build.machine.random",
		                                "compare.exclusions",
		                                "compare.exclusions[].artefact" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(optional); i++)
		if (strcmp(pattern, optional[i]) == 0)
			return true;
	return false;
}

/* The line where a mapping begins, as mutate_write puts it: that of its own key or item. */
static unsigned line_of(const struct assay_yaml *yaml, const struct assay_yaml_node *node)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct mutation m = { .replace = node, .text = "x" };

	mutate_write(yaml->root, &m, &text);
	return m.line;
}

static void try_missing(const struct assay_yaml_node *node, void *context)
{
	const struct assay_yaml *yaml = context;
	ASSAY_AUTO_FREE char *pattern = mutate_pattern(node);
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 }, text = { 0 };
	ASSAY_AUTO_FREE char *want = NULL;
	struct mutation m = { .leave_out = node };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (node->key == NULL || is_optional(pattern) ||
	    (strcmp(node->parent->key != NULL ? node->parent->key : "", "environment") == 0 &&
	     strcmp(node->key, "PATH") != 0))
		return;
	assay_yaml_path(node, &path);
	want = assay_asprintf("m.yaml:%u: %s: missing key", line_of(yaml, node->parent),
	                      assay_buffer_str(&path));
	mutate_write(yaml->root, &m, &text);
	assert_int_equal(parse(assay_buffer_span(&text), &err), -1);
	assert_string_equal(err.text, want);
}

static void try_twice(const struct assay_yaml_node *node, void *context)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	struct mutation m = { .repeat = node };

	if (node->key == NULL)
		return;
	assay_yaml_path(node, &path);
	assert_refused(context, &m, assay_buffer_str(&path), "duplicate key, first on line ");
}

static void try_unknown(const struct assay_yaml_node *node, void *context)
{
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	struct mutation m = { .extend = node };

	if (node->kind != ASSAY_YAML_MAPPING ||
	    (node->key != NULL && strcmp(node->key, "environment") == 0))
		return; /* the environment has free keys */
	assay_yaml_path(node, &path);
	assay_buffer_printf(&path, "%sextra", path.len > 0 ? "." : "");
	assert_refused(context, &m, assay_buffer_str(&path), "unknown key");
}

/* A value of each kind that this node is not. */
static void try_wrong_type(const struct assay_yaml_node *node, void *context)
{
	static const struct {
		const char *text;
		enum assay_yaml_kind kind;
		bool number; /* refused for numbers only */
	} values[] = {
		{ "{}", ASSAY_YAML_MAPPING, false },
		{ "{a: b}", ASSAY_YAML_MAPPING, false },
		{ "[]", ASSAY_YAML_SEQUENCE, false },
		{ "[a]", ASSAY_YAML_SEQUENCE, false },
		{ "word", ASSAY_YAML_SCALAR, false },
		{ "word", ASSAY_YAML_SCALAR, true },
		{ "\"1\"", ASSAY_YAML_SCALAR, true },
		{ "-1", ASSAY_YAML_SCALAR, true },
		{ "1.5", ASSAY_YAML_SCALAR, true },
		{ "1e3", ASSAY_YAML_SCALAR, true },
		{ "0x10", ASSAY_YAML_SCALAR, true },
		{ "99999999999999999999", ASSAY_YAML_SCALAR, true },
		{ "~", ASSAY_YAML_SCALAR, true },
	};
	ASSAY_AUTO_BUFFER struct assay_buffer path = { 0 };
	bool number = node->kind == ASSAY_YAML_SCALAR && !node->quoted &&
	              node->text[strspn(node->text, "0123456789")] == '\0' &&
	              strlen(node->text) < 20;

	assay_yaml_path(node, &path);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(values); i++) {
		struct mutation m = { .replace = node, .text = values[i].text };

		if (node == ((const struct assay_yaml *)context)->root)
			continue;
		if (values[i].kind != node->kind || (values[i].number && number))
			assert_refused(context, &m, assay_buffer_str(&path), "");
	}
}

static void each_of_full(void (*visit)(const struct assay_yaml_node *node, void *context))
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();

	mutate_each(yaml->root, visit, yaml);
}

static void test_every_key_missing(void **state)
{
	(void)state;
	each_of_full(try_missing);
}

static void test_every_key_twice(void **state)
{
	(void)state;
	each_of_full(try_twice);
}

static void test_unknown_key_at_every_level(void **state)
{
	(void)state;
	each_of_full(try_unknown);
}

static void test_wrong_type_of_every_key(void **state)
{
	(void)state;
	each_of_full(try_wrong_type);
}

#define HEX63 "abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabc"

/* One row is a node, a value for it that is refused, and why. */
static const struct {
	const char *path, *text, *why;
} values[] = {
	{ "schema", "assay.manifest/2", "\"assay.manifest/2\": not a schema" },
	{ "product.name", "\"\"", "must not be empty" },
	{ "product.name", "\"a\\nb\"", "must not have line ends or tabs" },
	{ "sources", "[]", "must not be empty" },
	{ "sources[1].name", "a/b", "\"a/b\": not a plain file name" },
	{ "sources[1].name", "..", "\"..\": has a part \"..\"" },
	{ "sources[1].name", "fix.patch", NULL },
	{ "sources[1].sha256", HEX63, "\"" },
	{ "sources[1].sha256", HEX63 "D", "\"" },
	{ "sources[1].sha256", HEX63 "g", "\"" },
	{ "sources[1].sha256", HEX63 "de", "\"" },
	{ "sources[1].sha256", "FILL-IN", "missing pin, to be filled in" },
	{ "sources[1].sha256",
	  "\"0000000000000000000000000000000000000000000000000000000000000000\"",
	  "missing pin, to be filled in" },
	{ "sources[1].size", "FILL-IN", "missing pin, to be filled in" },
	{ "sources[1].size", "0", "must be from 1 to " },
	{ "sources[1].size", "9007199254740991", "must be from 1 to " },
	{ "sources[1].unpack", "zip", "must be one of copy, tar, patch, and is \"zip\"" },
	{ "sources[1].into", "/abs", "\"/abs\": an absolute path" },
	{ "sources[1].into", "a/../b", "\"a/../b\": has a part \"..\"" },
	{ "sources[1].into", "a//b", "\"a//b\": has an empty part" },
	{ "sources[1].into", "./a", "\"./a\": has a part \".\"" },
	{ "sources[1].strip", "1", "must be 0 for a file that is copied" },
	{ "sources[0].strip", "65", "must be from 0 to 64" },
	{ "sources[0].unpack", "patch", "no source before this patch" },
	{ "reviewed", "[]", "must not be empty" },
	{ "reviewed[0].at", "../x", "\"../x\": has a part \"..\"" },
	{ "reviewed[0].at", ".", NULL },
	{ "reviewed[0].tree", "x", "\"x\": not a SHA-256 digest" },
	{ "toolchain.id", "x", "\"x\": not a SHA-256 digest" },
	{ "toolchain.tree", HEX63 "D", "\"" },
	{ "build.profile", "debian", "must be a mapping" },
	{ "build.profile.sha256", "x", "\"x\": not a SHA-256 digest" },
	{ "build.path", "build", "\"build\": a relative path" },
	{ "build.path", "/", "\"/\": has an empty part" },
	{ "build.path", "/build/", "\"/build/\": has an empty part" },
	{ "build.path", "/build/../etc", "\"/build/../etc\": has a part \"..\"" },
	{ "build.path", "/proc", "\"/proc\": a folder that the toolchain or the kernel needs" },
	{ "build.path", "/etc/x", "\"/etc/x\": a folder that" },
	{ "build.path", "/usr", "\"/usr\": a folder that" },
	{ "build.path", "/usr/lib", "\"/usr/lib\": a folder that" },
	{ "build.path", "/dev/shm", "\"/dev/shm\": a folder that" },
	{ "build.path", "/tmp", "\"/tmp\": a folder that" },
	{ "build.environment", "{PATH: x, SOURCE_DATE_EPOCH: \"1\"}", NULL },
	{ "build.environment", "{PATH: x, \"a=b\": \"1\"}", NULL },
	{ "build.environment", "{PATH: x, \"1a\": \"1\"}", NULL },
	{ "build.environment", "{PATH: x, \"\": \"1\"}", NULL },
	{ "build.environment", "{PATH: x, <<: \"1\"}", NULL },
	{ "build.environment", "{PATH: [x]}", NULL },
	{ "build.steps", "[]", "must not be empty" },
	{ "build.steps[0].argv", "[]", "must not be empty" },
	{ "build.steps[0].argv[0]", "\"\"", "must not be empty: it names the program" },
	{ "build.steps[0].argv[1]", "\"\\0\"", "control or invisible characters are refused" },
	{ "build.steps[0].cwd", "..", "\"..\": has a part \"..\"" },
	{ "build.user.uid", "0", "must be from 1 to 65533" },
	{ "build.user.uid", "65534", "must be from 1 to 65533" },
	{ "build.user.gid", "0", "must be from 1 to 65533" },
	{ "build.user.name", "a:b", "\"a:b\": not a user name" },
	{ "build.user.name", "1a", "\"1a\": not a user name" },
	{ "build.user.home", "home", "\"home\": a relative path" },
	{ "build.umask", "22", "must be an octal number such as \"0022\", and is \"22\"" },
	{ "build.umask", "\"0o22\"", "must be an octal number" },
	{ "build.umask", "01000", "must be from 0 to 511" },
	{ "build.source_date_epoch", "253402300800", "must be from 0 to 253402300799" },
	{ "build.machine.hostname", "a b", "\"a b\": not a host name" },
	{ "build.machine.kernel_release", "6 1", "\"6 1\": a kernel release has no space" },
	{ "build.machine.cpus", "0", "must be from 1 to 8192" },
	{ "build.machine.memory", "1", "must be from 16777216 to " },
	{ "build.machine.clock", "now", "must be a mapping" },
	{ "build.machine.clock.mode", "real", "must be one of fixed, offset, step" },
	{ "build.machine.clock.start", "253402300800", "must be from 0 to 253402300799" },
	{ "build.machine.random.seed", "-1", "" },
	{ "build.limits.wall", "0", "must be from 1 to 2592000" },
	{ "build.limits.silence", "4294967296", "must be at most 4294967295" },
	{ "build.limits.silence", "0", "must be from 1 to 2592000" },
	{ "build.limits.memory", "1", "must be from 16777216 to " },
	{ "build.limits.processes", "1", "must be from 2 to 4194304" },
	{ "build.limits.disk", "0", "must be from 1048576 to " },
	{ "build.limits.log", "0", "must be from 4096 to " },
	{ "outputs[1].name", "main.bin", "\"main.bin\" is there already, on line " },
	{ "outputs[1].path", "main.bin", "\"main.bin\" is there already, on line " },
	{ "outputs[1].path", "/etc/passwd", "\"/etc/passwd\": an absolute path" },
	{ "outputs[1].path", "../x", "\"../x\": has a part \"..\"" },
	{ "outputs[0].name", "other", NULL },
	{ "delivered[0].file", "a/b", "\"a/b\": not a plain file name" },
	{ "delivered[0].sha256", HEX63, "\"" },
	{ "delivered[1].size", "0", "must be from 1 to " },
	{ "delivered[0].output", "none", "\"none\": no output has this name" },
	{ "delivered[0].member", "a!/../b", "\"a!/../b\": has a part \"..\"" },
	{ "delivered[0].member", "a!/", "\"a!/\": has an empty part" },
	{ "delivered[0].member", "\"!/a\"", "\"!/a\": has an empty part" },
	{ "delivered[0].member", "a!b", "\"a!b\": has a ! with neither" },
	{ "delivered[0].member", "a!!/b", "\"a!!/b\": has a ! with neither" },
	{ "delivered[0].member", "a!//b", "\"a!//b\": an absolute path" },
	{ "delivered[0].member", "/a", "\"/a\": an absolute path" },
	{ "delivered[1].file", "board.cfg", NULL },
	{ "compare.accept", "different",
	  "must be one of identical, transplanted, repacked, normalised" },
	{ "compare.accept", "inconclusive", "must be one of " },
	{ "compare.exclusions[0].file", "a/b", "\"a/b\": not a plain file name" },
	{ "compare.exclusions[0].file", "none", "\"none\": no delivered file has this name" },
	{ "compare.exclusions[1].artefact", "a!!/b", "\"a!!/b\": has a ! with neither" },
	{ "compare.exclusions[0].offset", "1099511627777", "must be from 0 to " },
	{ "compare.exclusions[0].size", "0", "must be from 1 to " },
	{ "hints[0].name", "a/b", "\"a/b\": not a plain file name" },
	{ "hints[0].name", "unknown", "\"unknown\": neither a source" },
	{ "hints[0].from", "ftp://mirror.example/x",
	  "\"ftp://mirror.example/x\": neither debian:PATH" },
	{ "hints[0].from", "debian:../x", "\"debian:../x\": has a part \"..\"" },
};

static void test_forbidden_values(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(values); i++) {
		struct mutation m = { .replace = assay_yaml_find(yaml, "%s", values[i].path),
			              .text = values[i].text };
		ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;

		assert_non_null(m.replace);
		if (values[i].why != NULL) {
			assert_refused(yaml, &m, values[i].path, values[i].why);
			continue;
		}
		/* Another key is to blame: its place is checked in test_blame. */
		mutate_write(yaml->root, &m, &text);
		assert_int_equal(parse(assay_buffer_span(&text), &err), -1);
	}
}

/* No rule without a value above that breaks it. */
static void test_every_rule_is_tried(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();

	(void)state;
	for (size_t i = 0; i < assay_manifest_rule_count; i++) {
		bool tried = false;

		for (size_t k = 0; k < ASSAY_ARRAY_LEN(values); k++) {
			ASSAY_AUTO_FREE char *pattern =
				mutate_pattern(assay_yaml_find(yaml, "%s", values[k].path));

			tried = tried || strcmp(pattern, assay_manifest_rules[i].path) == 0;
		}
		if (!tried)
			fail_msg("%s is not tried", assay_manifest_rules[i].path);
	}
}

/* Which of two keys that do not fit together is named. Lines are those of full.yaml. */
static void test_blame(void **state)
{
	static const struct {
		const char *from, *to, *message;
	} cases[] = {
		{ "name: board.cfg", "name: fix.patch",
		  "m.yaml:19: sources[2].name: \"fix.patch\" is there already, on line 13" },
		{ "LC_ALL: C", "SOURCE_DATE_EPOCH: C",
		  "m.yaml:34: build.environment.SOURCE_DATE_EPOCH: set from build.source_date_epoch, "
		  "and from nowhere else" },
		{ "PATH: /usr", "PASS: /usr", "m.yaml:32: build.environment.PATH: missing key" },
		{ "{name: main.bin,", "{name: other,",
		  "m.yaml:73: delivered[0].output: \"main.bin\": no output has this name" },
		{ "file: boot.bin", "file: board.cfg",
		  "m.yaml:74: delivered[1]: has the name of sources[1] and another sha256 or size" },
		{ "output: main.bin\n",
		  "output: main.bin\n  - file: example_1.2_arm64.deb\n    sha256: "
		  "6666666666666666666666666666666666666666666666666666666666666666\n    size: 2001\n"
		  "    member: data.tar.xz!/usr/lib/example/main.bin\n    output: boot.bin\n",
		  "m.yaml:74: delivered[1]: the same file and member as delivered[0]" },
		{ "output: boot.bin\n",
		  "output: boot.bin\n  - file: boot.bin\n    sha256: "
		  "7777777777777777777777777777777777777777777777777777777777777777\n    size: 2002\n"
		  "    output: main.bin\n",
		  "m.yaml:78: delivered[2]: the same file and member as delivered[1]" },
		{ "artefact: art, offset: 0", "offset: 64",
		  "m.yaml:78: compare.exclusions[1]: the same place as compare.exclusions[0]" },
		{ "name: boot.bin\n    from", "name: gone.bin\n    from",
		  "m.yaml:87: hints[1].name: \"gone.bin\": neither a source, nor a delivered file, nor a "
		  ".deb of the toolchain" },
		{ "id: 4444444444444444444444444444444444444444444444444444444444444444\n  tree: 55",
		  "id: FILL-IN\n  tree: FILL-IN #",
		  "m.yaml:27: toolchain.id: missing pin, to be filled in; also missing: toolchain.tree "
		  "(line 28)" },
	};
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	const char *text = (const char *)yaml->text.ptr;

	(void)state;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(cases); i++) {
		ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
		struct assay_error err = ASSAY_ERROR_INIT;
		const char *at = strstr(text, cases[i].from);

		assert_non_null(at);
		assay_buffer_add(&out, text, (size_t)(at - text));
		assay_buffer_add_str(&out, cases[i].to);
		assay_buffer_add_str(&out, at + strlen(cases[i].from));
		assert_int_equal(parse(assay_buffer_span(&out), &err), -1);
		assert_string_equal(err.text, cases[i].message);
	}
}

/* A manifest that was cut short is refused, unless only the optional end is missing. */
static void test_every_cut(void **state)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	const char *text = (const char *)yaml->text.ptr;
	size_t needed = (size_t)(strstr(text, "}]}\n") - text) + 3;

	(void)state;
	for (size_t len = 0; len < yaml->text.len; len++) {
		struct assay_error err = ASSAY_ERROR_INIT;
		int result = parse(assay_span_of(text, len), &err);

		if (len < needed)
			assert_int_equal(result, -1);
		if (result < 0 && strncmp(err.text, "m.yaml:", 7) != 0)
			fail_msg("%s", err.text);
	}
}

/* Bytes replaced by ones that mean something to YAML or to a terminal: what is refused is refused
 * with a place. */
static void test_flipped_bytes(void **state)
{
	static const char replacements[] = "\0\n\x1b\xff:{[]}\"'&*!|>#-0";
	ASSAY_AUTO_YAML struct assay_yaml *yaml = mutate_full_manifest();
	ASSAY_AUTO_BYTES struct assay_bytes copy = { 0 };

	(void)state;
	copy.ptr = assay_calloc(yaml->text.len, 1);
	copy.len = yaml->text.len;
	memcpy(copy.ptr, yaml->text.ptr, copy.len);
	for (size_t i = 0; i < copy.len; i += 3) {
		uint8_t kept = copy.ptr[i];
		struct assay_error err = ASSAY_ERROR_INIT;

		copy.ptr[i] = (uint8_t)replacements[i / 3 % (sizeof(replacements) - 1)];
		if (parse(assay_span_of_bytes(&copy), &err) < 0)
			assert_int_equal(strncmp(err.text, "m.yaml:", 7), 0);
		copy.ptr[i] = kept;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_missing),
		cmocka_unit_test(test_every_key_twice),
		cmocka_unit_test(test_unknown_key_at_every_level),
		cmocka_unit_test(test_wrong_type_of_every_key),
		cmocka_unit_test(test_forbidden_values),
		cmocka_unit_test(test_every_rule_is_tried),
		cmocka_unit_test(test_blame),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_flipped_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
