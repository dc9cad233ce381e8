/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toolchain/intent.h"

#include "toolchain/schema.h"

#define INTENT_MAX (UINT64_C(1) << 20) /* bytes */
#define NAME_MAX_BYTES 255

static const cyaml_schema_field_t depends_fields[] = {
	CYAML_FIELD_STRING_PTR("dsc", CYAML_FLAG_DEFAULT, struct assay_build_depends, dsc, 1,
	                       NAME_MAX_BYTES),
	CYAML_FIELD_STRING_PTR("sha256", CYAML_FLAG_DEFAULT, struct assay_build_depends, sha256, 1,
	                       NAME_MAX_BYTES),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct assay_build_depends, size),
	CYAML_FIELD_STRING_PTR("from", CYAML_FLAG_DEFAULT, struct assay_build_depends, from, 1,
	                       ASSAY_TOOLCHAIN_PATH_MAX),
	CYAML_FIELD_STRING_PTR("host_architecture", CYAML_FLAG_OPTIONAL, struct assay_build_depends,
	                       host_architecture, 1, NAME_MAX_BYTES),
	CYAML_FIELD_STRING_PTR("profiles", CYAML_FLAG_OPTIONAL, struct assay_build_depends,
	                       profiles, 1, NAME_MAX_BYTES),
	CYAML_FIELD_STRING_PTR("binaries", CYAML_FLAG_OPTIONAL, struct assay_build_depends,
	                       binaries, 1, NAME_MAX_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t depends_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_build_depends, depends_fields),
};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("schema", CYAML_FLAG_DEFAULT, struct assay_intent, schema, 1,
	                       NAME_MAX_BYTES),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_DEFAULT, struct assay_intent, name, 1,
	                       NAME_MAX_BYTES),
	CYAML_FIELD_STRING_PTR("architecture", CYAML_FLAG_DEFAULT, struct assay_intent,
	                       architecture, 1, NAME_MAX_BYTES),
	CYAML_FIELD_SEQUENCE("foreign", CYAML_FLAG_POINTER, struct assay_intent, foreign,
	                     &assay_schema_text, 0, 16),
	CYAML_FIELD_SEQUENCE("packages", CYAML_FLAG_POINTER, struct assay_intent, packages,
	                     &assay_schema_text, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_SEQUENCE("build_depends", CYAML_FLAG_POINTER, struct assay_intent,
	                     build_depends, &depends_schema, 0, 64),
	CYAML_FIELD_SEQUENCE("links", CYAML_FLAG_POINTER, struct assay_intent, links,
	                     &assay_schema_link, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_SEQUENCE("files", CYAML_FLAG_POINTER, struct assay_intent, files,
	                     &assay_schema_file, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_SEQUENCE("directories", CYAML_FLAG_POINTER, struct assay_intent, directories,
	                     &assay_schema_text, 0, ASSAY_TOOLCHAIN_LIST_MAX),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t assay_intent_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct assay_intent, fields),
};

static const char *wrong_schema(const char *text)
{
	return strcmp(text, "assay.intent/1") == 0 ? NULL : "not \"assay.intent/1\"";
}

/* Build profiles go on a command line of apt-get. */
static const char *wrong_profiles(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.,")] == '\0'
	               ? NULL
	               : "not a list of build profiles such as \"cross,nocheck\"";
}

static const char *wrong_binaries(const char *text)
{
	return strcmp(text, "any") == 0 || strcmp(text, "all") == 0 ? NULL
	                                                            : "neither \"any\" nor \"all\"";
}

static const struct assay_yaml_rule rules[] = {
	{ .path = "schema", .wrong = wrong_schema },
	{ .path = "name", .wrong = assay_rule_file_name },
	{ .path = "architecture", .wrong = assay_rule_architecture },
	{ .path = "foreign[]", .wrong = assay_rule_architecture, .unique = true },
	{ .path = "packages[]", .wrong = assay_rule_package_spec, .unique = true },
	{ .path = "build_depends[].dsc", .wrong = assay_rule_file_name, .unique = true },
	{ .path = "build_depends[].sha256", .wrong = assay_rule_sha256 },
	{ .path = "build_depends[].host_architecture", .wrong = assay_rule_architecture },
	{ .path = "build_depends[].profiles", .wrong = wrong_profiles },
	{ .path = "build_depends[].binaries", .wrong = wrong_binaries },
};

int assay_intent_load(const char *path, struct assay_intent **out, struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	ASSAY_AUTO_INTENT struct assay_intent *intent = NULL;

	if (assay_yaml_read(path, INTENT_MAX, &yaml, err) < 0 ||
	    assay_yaml_load(yaml, &assay_intent_schema, &intent, err) < 0 ||
	    assay_yaml_check(yaml, rules, ASSAY_ARRAY_LEN(rules), err) < 0 ||
	    assay_yaml_check(yaml, assay_tree_rules, assay_tree_rules_count, err) < 0 ||
	    assay_tree_check_modes(yaml, intent->files, intent->files_count, err) < 0)
		return -1;
	*out = assay_steal(&intent);
	return 0;
}

void assay_intent_free(struct assay_intent *intent)
{
	assay_yaml_unload(&assay_intent_schema, intent);
}

json_t *assay_intent_json(const struct assay_intent *intent)
{
	return assay_yaml_json(&assay_intent_schema, intent);
}

void assay_intent_id(const struct assay_intent *intent, struct assay_sha256 *out)
{
	ASSAY_AUTO_JSON json_t *json = assay_intent_json(intent);

	assay_json_digest(json, out);
}
