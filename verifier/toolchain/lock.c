/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toolchain/lock.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "toolchain/intent.h"
#include "toolchain/schema.h"

#define LOCK_MAX (UINT64_C(16) << 20) /* bytes */
#define NAME_MAX_BYTES 255
#define STRING(key, type, member)                                                                  \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_DEFAULT, type, member, 1, NAME_MAX_BYTES)

static const cyaml_schema_field_t package_fields[] = {
	STRING("name", struct assay_package, name),
	STRING("version", struct assay_package, version),
	STRING("architecture", struct assay_package, architecture),
	STRING("sha256", struct assay_package, sha256),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct assay_package, size),
	CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_DEFAULT, struct assay_package, path, 1,
	                       ASSAY_TOOLCHAIN_PATH_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t package_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_package, package_fields),
};

static const cyaml_schema_field_t blob_fields[] = {
	STRING("sha256", struct assay_lock_blob, sha256),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct assay_lock_blob, size),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t blob_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_lock_blob, blob_fields),
};

static const cyaml_schema_field_t tree_fields[] = {
	STRING("algorithm", struct assay_lock_tree, algorithm),
	STRING("sha256", struct assay_lock_tree, sha256),
	CYAML_FIELD_UINT("entries", CYAML_FLAG_DEFAULT, struct assay_lock_tree, entries),
	CYAML_FIELD_UINT("bytes", CYAML_FLAG_DEFAULT, struct assay_lock_tree, bytes),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t fields[] = {
	STRING("schema", struct assay_lock, schema),
	STRING("name", struct assay_lock, name),
	CYAML_FIELD_STRING_PTR("intent", CYAML_FLAG_OPTIONAL, struct assay_lock, intent, 1,
	                       NAME_MAX_BYTES),
	STRING("architecture", struct assay_lock, architecture),
	CYAML_FIELD_SEQUENCE("image", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct assay_lock,
	                     image, &blob_schema, 3, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_SEQUENCE("packages", CYAML_FLAG_POINTER, struct assay_lock, packages,
	                     &package_schema, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_SEQUENCE("links", CYAML_FLAG_POINTER, struct assay_lock, links,
	                     &assay_schema_link, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_SEQUENCE("files", CYAML_FLAG_POINTER, struct assay_lock, files,
	                     &assay_schema_file, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_SEQUENCE("directories", CYAML_FLAG_POINTER, struct assay_lock, directories,
	                     &assay_schema_text, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_MAPPING("tree", CYAML_FLAG_DEFAULT, struct assay_lock, tree, tree_fields),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t assay_lock_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct assay_lock, fields),
};

static const char *wrong_schema(const char *text)
{
	return strcmp(text, "assay.toolchain/1") == 0 ? NULL : "not \"assay.toolchain/1\"";
}

static const char *wrong_algorithm(const char *text)
{
	return strcmp(text, "assay-tree/1") == 0 ? NULL : "not \"assay-tree/1\"";
}

static const struct assay_yaml_rule rules[] = {
	{ .path = "schema", .wrong = wrong_schema },
	{ .path = "name", .wrong = assay_rule_file_name },
	{ .path = "intent", .wrong = assay_rule_sha256 },
	{ .path = "architecture", .wrong = assay_rule_architecture },
	{ .path = "image[].sha256", .wrong = assay_rule_sha256, .unique = true },
	{ .path = "packages[].name", .wrong = assay_rule_package_name },
	{ .path = "packages[].version", .wrong = assay_rule_version },
	{ .path = "packages[].architecture", .wrong = assay_rule_architecture },
	{ .path = "packages[].sha256", .wrong = assay_rule_sha256, .unique = true },
	{ .path = "packages[].path", .wrong = assay_rule_relative_path },
	{ .path = "tree.algorithm", .wrong = wrong_algorithm },
	{ .path = "tree.sha256", .wrong = assay_rule_sha256 },
};

static int by_name(const struct assay_package *a, const struct assay_package *b)
{
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : strcmp(a->architecture, b->architecture);
}

/* One order, so that two locks of the same packages are the same, and no package is there twice. */
static int check_order(const struct assay_yaml *yaml, const struct assay_lock *lock,
                       struct assay_error *err)
{
	for (unsigned i = 1; i < lock->packages_count; i++)
		if (by_name(&lock->packages[i - 1], &lock->packages[i]) >= 0)
			return assay_yaml_fail(yaml, assay_yaml_find(yaml, "packages[%u]", i), err,
			                       "packages must be sorted by name and architecture, "
			                       "each there once");
	return 0;
}

/* Of packages or of an image. */
static int check_kind(const struct assay_yaml *yaml, const struct assay_lock *lock,
                      struct assay_error *err)
{
	if (lock->image_count == 0 && lock->intent == NULL)
		return assay_yaml_fail_key(yaml, yaml->root, "intent", err, "missing key");
	if (lock->image_count > 0 && (lock->intent != NULL || lock->packages_count > 0))
		return assay_yaml_fail(yaml, assay_yaml_find(yaml, "image"), err,
		                       "the lock of an image has no intent and no packages");
	return 0;
}

int assay_lock_load(const char *path, struct assay_lock **out, struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	ASSAY_AUTO_LOCK struct assay_lock *lock = NULL;

	if (assay_yaml_read(path, LOCK_MAX, &yaml, err) < 0 ||
	    assay_yaml_load(yaml, &assay_lock_schema, &lock, err) < 0 ||
	    assay_yaml_check(yaml, rules, ASSAY_ARRAY_LEN(rules), err) < 0 ||
	    assay_yaml_check(yaml, assay_tree_rules, assay_tree_rules_count, err) < 0 ||
	    assay_tree_check_modes(yaml, lock->files, lock->files_count, err) < 0 ||
	    check_order(yaml, lock, err) < 0 || check_kind(yaml, lock, err) < 0)
		return -1;
	*out = assay_steal(&lock);
	return 0;
}

/* NAME.intent.yaml for NAME.lock.yaml. Owner: caller; NULL for other names */
static char *intent_path(const char *path)
{
	static const char ending[] = ".lock.yaml";
	size_t len = strlen(path), tail = strlen(ending);

	if (len <= tail || strcmp(path + len - tail, ending) != 0)
		return NULL;
	return assay_asprintf("%.*s.intent.yaml", (int)(len - tail), path);
}

int assay_lock_check_intent(const struct assay_lock *lock, const char *path,
                            struct assay_error *err)
{
	ASSAY_AUTO_FREE char *intent_file = intent_path(path);
	ASSAY_AUTO_INTENT struct assay_intent *intent = NULL;
	char hex[ASSAY_SHA256_HEX];
	struct assay_sha256 id;

	if (lock->intent == NULL || intent_file == NULL || access(intent_file, F_OK) < 0)
		return 0;
	if (assay_intent_load(intent_file, &intent, err) < 0)
		return -1;
	assay_intent_id(intent, &id);
	assay_sha256_hex(&id, hex);
	if (strcmp(hex, lock->intent) == 0)
		return 0;
	return assay_fail(err, ASSAY_E_PIN,
	                  "%s is stale: it was made from an intent with the id %s, "
	                  "and %s now has %s; `assay toolchain lock %s' makes it again",
	                  path, lock->intent, intent_file, hex, intent_file);
}

void assay_lock_free(struct assay_lock *lock)
{
	assay_yaml_unload(&assay_lock_schema, lock);
}

json_t *assay_lock_json(const struct assay_lock *lock)
{
	return assay_yaml_json(&assay_lock_schema, lock);
}

void assay_lock_id(const struct assay_lock *lock, struct assay_sha256 *out)
{
	ASSAY_AUTO_JSON json_t *json = assay_lock_json(lock);

	assay_json_digest(json, out);
}

const char *assay_lock_pin(const struct assay_lock *lock, unsigned index, const char **what)
{
	if (index < lock->packages_count) {
		*what = lock->packages[index].name;
		return lock->packages[index].sha256;
	}
	index -= lock->packages_count;
	*what = "a blob of the image";
	return index < lock->image_count ? lock->image[index].sha256 : NULL;
}
