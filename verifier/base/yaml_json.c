/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From structs to JSON by their schema, so that a new key cannot be left out of an identity. */
#include "base/cursor.h"
#include "base/yaml.h"

/* What a field points to, when its schema says that it is a pointer. */
static const void *followed(const cyaml_schema_value_t *schema, const void *data)
{
	const void *target;

	if ((schema->flags & CYAML_FLAG_POINTER) == 0)
		return data;
	memcpy(&target, data, sizeof(target));
	return target;
}

static uint64_t number_at(const void *data, size_t width)
{
	return assay_load(data, width, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static json_t *json_of_number(const cyaml_schema_value_t *schema, const void *data)
{
	uint64_t value = number_at(data, schema->data_size);
	char text[24];

	if ((schema->flags & ASSAY_YAML_OCTAL) == 0)
		return json_integer((json_int_t)value);
	(void)snprintf(text, sizeof(text), "%04lo", (unsigned long)value);
	return assay_json_str(assay_span_of_str(text));
}

static json_t *json_of_enum(const cyaml_schema_value_t *schema, const void *data)
{
	uint64_t value = number_at(data, schema->data_size);

	for (uint32_t i = 0; i < schema->enumeration.count; i++)
		if ((uint64_t)schema->enumeration.strings[i].val == value)
			return assay_json_str(
				assay_span_of_str(schema->enumeration.strings[i].str));
	return json_integer((json_int_t)value); /* not from a file: the schema has no name for it */
}

static json_t *json_of(const cyaml_schema_value_t *schema, const void *data, uint64_t count);

static json_t *json_of_mapping(const cyaml_schema_value_t *schema, const void *data)
{
	json_t *object = json_object();

	for (const cyaml_schema_field_t *f = schema->mapping.fields; f->key != NULL; f++) {
		const char *base = data;
		uint64_t count = 0;
		json_t *value;

		if (f->value.type == CYAML_SEQUENCE)
			count = number_at(base + f->count_offset, f->count_size);
		value = json_of(&f->value, base + f->data_offset, count);
		if (value != NULL)
			assay_json_set(object, f->key, value);
	}
	return object;
}

static json_t *json_of_sequence(const cyaml_schema_value_t *schema, const void *data,
                                uint64_t count)
{
	const cyaml_schema_value_t *entry = schema->sequence.entry;
	bool pointers = (entry->flags & CYAML_FLAG_POINTER) != 0;
	size_t step = pointers ? sizeof(void *) : entry->data_size;
	json_t *array = json_array();

	for (uint64_t i = 0; i < count; i++)
		assay_json_append(array, json_of(entry, (const char *)data + i * step, 0));
	return array;
}

/* Recursion goes as deep as the schema does. Return: NULL for what is not there. */
static json_t *json_of(const cyaml_schema_value_t *schema, const void *data, uint64_t count)
{
	data = followed(schema, data);
	if (data == NULL && (schema->flags & CYAML_FLAG_OPTIONAL) != 0)
		return NULL;
	if (schema->type == CYAML_SEQUENCE)
		return json_of_sequence(schema, data, count);
	if (data == NULL || schema->type == CYAML_IGNORE)
		return NULL;
	if (schema->type == CYAML_MAPPING)
		return json_of_mapping(schema, data);
	if (schema->type == CYAML_STRING)
		return assay_json_str(assay_span_of_str(data));
	return schema->type == CYAML_ENUM ? json_of_enum(schema, data)
	                                  : json_of_number(schema, data);
}

json_t *assay_yaml_json(const cyaml_schema_value_t *schema, const void *data)
{
	return json_of(schema, &data, 0);
}
