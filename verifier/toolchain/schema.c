/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "toolchain/schema.h"

#include <string.h>

#define PATH_MAX_BYTES ASSAY_TOOLCHAIN_PATH_MAX

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

const cyaml_schema_value_t assay_schema_text = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, PATH_MAX_BYTES),
};

static const cyaml_schema_field_t link_fields[] = {
	CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_DEFAULT, struct assay_tree_link, path, 1,
	                       PATH_MAX_BYTES),
	CYAML_FIELD_STRING_PTR("target", CYAML_FLAG_DEFAULT, struct assay_tree_link, target, 1,
	                       PATH_MAX_BYTES),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t assay_schema_link = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_tree_link, link_fields),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_STRING_PTR("path", CYAML_FLAG_DEFAULT, struct assay_tree_file, path, 1,
	                       PATH_MAX_BYTES),
	CYAML_FIELD_STRING_PTR("content", ASSAY_YAML_LINES, struct assay_tree_file, content, 0,
	                       ASSAY_TOOLCHAIN_CONTENT_MAX),
	CYAML_FIELD_UINT("mode", ASSAY_YAML_OCTAL, struct assay_tree_file, mode),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t assay_schema_file = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_tree_file, file_fields),
};

/* Whether the first len bytes all stand in the set. */
static bool made_of(const char *text, size_t len, const char *set)
{
	return strspn(text, set) >= len;
}

static bool is_name(const char *text, size_t len)
{
	return len >= 2 && made_of(text, len, LOWER DIGITS "+-.") && made_of(text, 1, LOWER DIGITS);
}

static bool is_version(const char *text)
{
	return made_of(text, 1, DIGITS) && made_of(text, strlen(text), LOWER UPPER DIGITS "+-.:~");
}

static bool is_architecture(const char *text, size_t len)
{
	return len >= 2 && made_of(text, len, LOWER DIGITS "-") && made_of(text, 1, LOWER);
}

const char *assay_rule_package_name(const char *text)
{
	return is_name(text, strlen(text)) ? NULL : "not the name of a Debian package";
}

const char *assay_rule_version(const char *text)
{
	return is_version(text) ? NULL : "not a Debian version";
}

const char *assay_rule_architecture(const char *text)
{
	return is_architecture(text, strlen(text)) ? NULL : "not the name of a Debian architecture";
}

const char *assay_rule_package_spec(const char *text)
{
	size_t name = strcspn(text, ":=");
	const char *rest = text + name;

	if (!is_name(text, name))
		return "does not begin with the name of a Debian package";
	if (*rest == ':') {
		size_t arch = strcspn(++rest, "=");

		if (!is_architecture(rest, arch))
			return "has no name of a Debian architecture behind the colon";
		rest += arch;
	}
	if (*rest == '=' && !is_version(rest + 1))
		return "has no Debian version behind the equals sign";
	return NULL;
}

const struct assay_yaml_rule assay_tree_rules[] = {
	{ .path = "links[].path", .wrong = assay_rule_relative_path, .unique = true },
	{ .path = "files[].path", .wrong = assay_rule_relative_path, .unique = true },
	{ .path = "directories[]", .wrong = assay_rule_relative_path, .unique = true },
};
const size_t assay_tree_rules_count = ASSAY_ARRAY_LEN(assay_tree_rules);

int assay_tree_check_modes(const struct assay_yaml *yaml, const struct assay_tree_file *files,
                           unsigned count, struct assay_error *err)
{
	for (unsigned i = 0; i < count; i++)
		if (files[i].mode != 0644 && files[i].mode != 0755)
			return assay_yaml_fail(yaml, assay_yaml_find(yaml, "files[%u].mode", i),
			                       err, "must be \"0644\" or \"0755\"");
	return 0;
}
