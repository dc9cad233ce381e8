/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the tree to structs. libcyaml 1.3 takes "12abc" for 12, "010" for 8 and null for text, and
 * its messages have no line; so the tree is held against libcyaml's own schema first.
 */
#include "base/yaml.h"

#include <inttypes.h>

#include "base/memory.h"

#define NUMBER_MAX 9007199254740991ull /* RFC 7493, 2.2: what every JSON reader keeps exact */

/** A node and what the schema says about it. */
struct check {
	const struct assay_yaml *yaml;
	struct assay_error *err;
};

static int check_value(const struct check *c, const struct assay_yaml_node *node,
                       const cyaml_schema_value_t *schema);

static int wrong_type(const struct check *c, const struct assay_yaml_node *node, const char *want)
{
	ASSAY_AUTO_FREE char *shown = node->text != NULL ? assay_yaml_shown(node->text) : NULL;
	static const char *const kinds[] = {
		[ASSAY_YAML_SCALAR] = "a value",
		[ASSAY_YAML_MAPPING] = "a mapping",
		[ASSAY_YAML_SEQUENCE] = "a list",
	};

	if (shown == NULL)
		return assay_yaml_fail(c->yaml, node, c->err, "must be %s, and is %s", want,
		                       kinds[node->kind]);
	return assay_yaml_fail(c->yaml, node, c->err, "must be %s, and is %s%s%s", want,
	                       node->quoted ? "the text \"" : "\"", shown, "\"");
}

/* Digits of the base only, as they are written by people: decimal without a leading 0, octal
 * with one. */
static bool parse_number(const char *text, bool octal, uint64_t *out)
{
	size_t len = strlen(text);
	size_t digits = strspn(text, octal ? "01234567" : "0123456789");

	if (len == 0 || len != digits || len > 16)
		return false;
	if (octal ? text[0] != '0' || len < 4 || len > 5 : text[0] == '0' && len > 1)
		return false;
	*out = strtoull(text, NULL, octal ? 8 : 10);
	return *out <= NUMBER_MAX;
}

static int check_number(const struct check *c, const struct assay_yaml_node *node,
                        const cyaml_schema_value_t *schema)
{
	bool octal = (schema->flags & ASSAY_YAML_OCTAL) != 0;
	uint64_t max = UINT64_MAX >> (64 - 8 * schema->data_size);
	uint64_t value;

	if (node->kind != ASSAY_YAML_SCALAR || (node->quoted && !octal) ||
	    !parse_number(node->text, octal, &value))
		return wrong_type(c, node,
		                  octal ? "an octal number such as \"0022\""
		                        : "a decimal number below 2^53");
	if (value > max)
		return assay_yaml_fail(c->yaml, node, c->err, "must be at most %" PRIu64, max);
	return 0;
}

/* What a YAML reader may take for null when it stands without quotes. */
static bool is_null(const struct assay_yaml_node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; !node->quoted && i < ASSAY_ARRAY_LEN(nulls); i++)
		if (strcmp(node->text, nulls[i]) == 0)
			return true;
	return false;
}

static int check_scalar(const struct check *c, const struct assay_yaml_node *node)
{
	if (node->kind != ASSAY_YAML_SCALAR)
		return wrong_type(c, node, "text");
	if (is_null(node))
		return assay_yaml_fail(c->yaml, node, c->err,
		                       "has no value; empty text is written as \"\"");
	return 0;
}

static int check_text(const struct check *c, const struct assay_yaml_node *node,
                      const cyaml_schema_value_t *schema)
{
	size_t len;

	if (check_scalar(c, node) < 0)
		return -1;
	if ((schema->flags & ASSAY_YAML_LINES) == 0 && strpbrk(node->text, "\n\t") != NULL)
		return assay_yaml_fail(c->yaml, node, c->err, "must not have line ends or tabs");
	len = strlen(node->text);
	if (len == 0 && schema->string.min > 0)
		return assay_yaml_fail(c->yaml, node, c->err, "must not be empty");
	if (len < schema->string.min || len > schema->string.max)
		return assay_yaml_fail(c->yaml, node, c->err, "has %zu bytes, not %u to %u", len,
		                       schema->string.min, schema->string.max);
	return 0;
}

static int check_enum(const struct check *c, const struct assay_yaml_node *node,
                      const cyaml_schema_value_t *schema)
{
	char names[128] = "one of";

	for (uint32_t i = 0; i < schema->enumeration.count; i++) {
		const char *name = schema->enumeration.strings[i].str;
		size_t len = strlen(names);

		if (node->kind == ASSAY_YAML_SCALAR && strcmp(node->text, name) == 0)
			return 0;
		(void)snprintf(names + len, sizeof(names) - len, "%s %s", i > 0 ? "," : "", name);
	}
	return wrong_type(c, node, names);
}

static const struct assay_yaml_node *child(const struct assay_yaml_node *mapping, const char *key)
{
	for (const struct assay_yaml_node *n = mapping->first; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

static const cyaml_schema_field_t *field_of(const cyaml_schema_field_t *fields, const char *key)
{
	for (const cyaml_schema_field_t *f = fields; f->key != NULL; f++)
		if (strcmp(f->key, key) == 0)
			return f;
	return NULL;
}

static int check_mapping(const struct check *c, const struct assay_yaml_node *node,
                         const cyaml_schema_value_t *schema)
{
	const cyaml_schema_field_t *fields = schema->mapping.fields;

	if (node->kind != ASSAY_YAML_MAPPING)
		return wrong_type(c, node, "a mapping");
	for (const struct assay_yaml_node *n = node->first; n != NULL; n = n->next) {
		const cyaml_schema_field_t *field = field_of(fields, n->key);

		if (field == NULL)
			return assay_yaml_fail(c->yaml, n, c->err, "unknown key");
		if (check_value(c, n, &field->value) < 0)
			return -1;
	}
	for (const cyaml_schema_field_t *f = fields; f->key != NULL; f++)
		if ((f->value.flags & CYAML_FLAG_OPTIONAL) == 0 && child(node, f->key) == NULL)
			return assay_yaml_fail_key(c->yaml, node, f->key, c->err, "missing key");
	return 0;
}

static int check_sequence(const struct check *c, const struct assay_yaml_node *node,
                          const cyaml_schema_value_t *schema)
{
	if (node->kind != ASSAY_YAML_SEQUENCE)
		return wrong_type(c, node, "a list");
	if (node->count == 0 && schema->sequence.min > 0)
		return assay_yaml_fail(c->yaml, node, c->err, "must not be empty");
	if (node->count < schema->sequence.min || node->count > schema->sequence.max)
		return assay_yaml_fail(c->yaml, node, c->err, "has %u items, not %u to %u",
		                       node->count, schema->sequence.min, schema->sequence.max);
	for (const struct assay_yaml_node *n = node->first; n != NULL; n = n->next)
		if (check_value(c, n, schema->sequence.entry) < 0)
			return -1;
	return 0;
}

static int check_free(const struct check *c, const struct assay_yaml_node *node,
                      const cyaml_schema_value_t *schema)
{
	static const cyaml_schema_value_t text = { .type = CYAML_STRING,
		                                   .string = { 0, UINT32_MAX } };

	(void)schema;
	if (node->kind != ASSAY_YAML_MAPPING)
		return wrong_type(c, node, "a mapping");
	for (const struct assay_yaml_node *n = node->first; n != NULL; n = n->next)
		if (check_text(c, n, &text) < 0)
			return -1;
	return 0;
}

/* Recursion goes as deep as the schema does. */
static int check_value(const struct check *c, const struct assay_yaml_node *node,
                       const cyaml_schema_value_t *schema)
{
	static int (*const checks[CYAML__TYPE_COUNT])(const struct check *c,
	                                              const struct assay_yaml_node *node,
	                                              const cyaml_schema_value_t *schema) = {
		[CYAML_UINT] = check_number,       [CYAML_STRING] = check_text,
		[CYAML_ENUM] = check_enum,         [CYAML_MAPPING] = check_mapping,
		[CYAML_SEQUENCE] = check_sequence, [CYAML_IGNORE] = check_free,
	};

	if (checks[schema->type] == NULL)
		return assay_yaml_fail(c->yaml, node, c->err,
		                       "the schema has a type we do not read");
	return checks[schema->type](c, node, schema);
}

/* Memory for libcyaml: ends the program where libcyaml would have to. */
static void *memory(void *context, void *ptr, size_t size)
{
	(void)context;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	return assay_realloc(ptr, size, 1);
}

/* Keep the first thing that libcyaml complains about. */
ASSAY_PRINTF(3, 0)
static void keep_first(cyaml_log_t level, void *context, const char *fmt, va_list args)
{
	struct assay_error *err = context;

	(void)level;
	if (err->text[0] != '\0')
		return;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	err->text[strcspn(err->text, "\n")] = '\0';
}

static const cyaml_config_t quiet = { .mem_fn = memory, .log_level = CYAML_LOG_ERROR };

int assay_yaml_load(const struct assay_yaml *yaml, const cyaml_schema_value_t *schema, void *out,
                    struct assay_error *err)
{
	const struct check c = { yaml, err };
	struct assay_error said = ASSAY_ERROR_INIT;
	cyaml_config_t config = quiet;
	cyaml_data_t *data = NULL;
	cyaml_err_t result;

	if (check_value(&c, yaml->root, schema) < 0)
		return -1;
	config.log_fn = keep_first;
	config.log_ctx = &said;
	config.flags = CYAML_CFG_NO_ALIAS;
	result = cyaml_load_data(yaml->text.ptr, yaml->text.len, &config, schema, &data, NULL);
	if (result != CYAML_OK) {
		ASSAY_AUTO_FREE char *shown = assay_yaml_shown(said.text);

		return assay_yaml_fail(yaml, NULL, err, "%s: %s", cyaml_strerror(result), shown);
	}
	*(cyaml_data_t **)out = data;
	return 0;
}

void assay_yaml_unload(const cyaml_schema_value_t *schema, void *data)
{
	if (data != NULL)
		(void)cyaml_free(&quiet, schema, data, 0);
}
