/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/layout.h"

#include "base/yaml.h"

#define NAME_BYTES 255
#define PATH_BYTES 4095
#define EXCLUSIONS 4096
#define PAGE_BYTES ((uint64_t)1 << 20)
#define OOB_BYTES ((uint64_t)1 << 16)

#define TEXT(key, flags, type, member, max) CYAML_FIELD_STRING_PTR(key, flags, type, member, 1, max)
#define NUMBER(key, flags, type, member) CYAML_FIELD_UINT(key, flags, type, member)

static const cyaml_strval_t placements[] = {
	{ "beside", 0 },
	{ "apart", 1 },
};

static const cyaml_strval_t digest_names[] = {
	{ "none", 0 },
	{ "sha512", 1 },
};

static const cyaml_schema_value_t byte = { CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint8_t) };

static const cyaml_schema_field_t partition_fields[] = {
	TEXT("name", CYAML_FLAG_DEFAULT, struct assay_layout_partition, name, NAME_BYTES),
	TEXT("slot", CYAML_FLAG_OPTIONAL, struct assay_layout_partition, slot, NAME_BYTES),
	NUMBER("offset", CYAML_FLAG_OPTIONAL, struct assay_layout_partition, offset),
	NUMBER("size", CYAML_FLAG_OPTIONAL, struct assay_layout_partition, size),
	TEXT("content", CYAML_FLAG_OPTIONAL, struct assay_layout_partition, content, PATH_BYTES),
	TEXT("exclude", CYAML_FLAG_OPTIONAL, struct assay_layout_partition, exclude, NAME_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t partition = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_layout_partition, partition_fields),
};

static const cyaml_schema_field_t memory_fields[] = {
	TEXT("device", CYAML_FLAG_DEFAULT, struct assay_layout_memory, device, NAME_BYTES),
	NUMBER("size", CYAML_FLAG_DEFAULT, struct assay_layout_memory, size),
	NUMBER("erase", CYAML_FLAG_OPTIONAL, struct assay_layout_memory, erase),
	NUMBER("page", CYAML_FLAG_OPTIONAL, struct assay_layout_memory, page),
	NUMBER("oob", CYAML_FLAG_OPTIONAL, struct assay_layout_memory, oob),
	CYAML_FIELD_ENUM("oob_placement", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL,
	                 struct assay_layout_memory, oob_placement, placements,
	                 ASSAY_ARRAY_LEN(placements)),
	CYAML_FIELD_SEQUENCE("fill", CYAML_FLAG_POINTER, struct assay_layout_memory, fill, &byte, 0,
	                     ASSAY_REFERENCE_FILLS),
	CYAML_FIELD_SEQUENCE("partitions", CYAML_FLAG_POINTER, struct assay_layout_memory,
	                     partitions, &partition, 1, ASSAY_REFERENCE_PARTITIONS),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t exclusion_fields[] = {
	TEXT("path", CYAML_FLAG_DEFAULT, struct assay_layout_exclusion, path, PATH_BYTES),
	TEXT("reason", CYAML_FLAG_DEFAULT, struct assay_layout_exclusion, reason, NAME_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t exclusion = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_layout_exclusion, exclusion_fields),
};

static const cyaml_schema_field_t tree_fields[] = {
	TEXT("name", CYAML_FLAG_DEFAULT, struct assay_layout_tree, name, NAME_BYTES),
	TEXT("member", CYAML_FLAG_DEFAULT, struct assay_layout_tree, member, PATH_BYTES),
	CYAML_FIELD_SEQUENCE("exclusions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	                     struct assay_layout_tree, exclusions, &exclusion, 0, EXCLUSIONS),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t tree = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct assay_layout_tree, tree_fields),
};

static const cyaml_schema_field_t fields[] = {
	TEXT("schema", CYAML_FLAG_DEFAULT, struct assay_layout, schema, NAME_BYTES),
	CYAML_FIELD_MAPPING_PTR("memory", CYAML_FLAG_OPTIONAL, struct assay_layout, memory,
	                        memory_fields),
	CYAML_FIELD_SEQUENCE("trees", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct assay_layout,
	                     trees, &tree, 0, ASSAY_REFERENCE_TREES),
	CYAML_FIELD_ENUM("more_digests", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
	                 struct assay_layout, more_digests, digest_names,
	                 ASSAY_ARRAY_LEN(digest_names)),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct assay_layout, fields),
};

static const char *wrong_schema(const char *text)
{
	return strcmp(text, "assay.layout/1") == 0
	               ? NULL
	               : "not a schema that this version reads: assay.layout/1";
}

static const struct assay_yaml_rule rules[] = {
	{ .path = "schema", .wrong = wrong_schema },
	{ .path = "memory.size", .min = 1, .max = ASSAY_REFERENCE_SIZE_MAX },
	{ .path = "memory.erase", .min = 1, .max = ASSAY_REFERENCE_SIZE_MAX },
	{ .path = "memory.page", .min = 1, .max = PAGE_BYTES },
	{ .path = "memory.oob", .min = 1, .max = OOB_BYTES },
	{ .path = "memory.fill[]", .unique = true },
	{ .path = "memory.partitions[].name", .unique = true },
	{ .path = "memory.partitions[].size", .min = 1, .max = ASSAY_REFERENCE_SIZE_MAX },
	{ .path = "memory.partitions[].offset", .max = ASSAY_REFERENCE_SIZE_MAX },
	{ .path = "trees[].name", .unique = true },
	{ .path = "trees[].exclusions[].path", .wrong = assay_rule_relative_path },
};

static int check_partitions(const struct assay_yaml *yaml, struct assay_layout_memory *memory,
                            struct assay_error *err)
{
	for (unsigned i = 0; i < memory->partitions_count; i++) {
		struct assay_layout_partition *one = &memory->partitions[i];
		const struct assay_yaml_node *node =
			assay_yaml_find(yaml, "memory.partitions[%u]", i);

		one->has_offset = assay_yaml_find(yaml, "memory.partitions[%u].offset", i) != NULL;
		one->has_size = assay_yaml_find(yaml, "memory.partitions[%u].size", i) != NULL;
		if (one->content != NULL && one->exclude != NULL)
			return assay_yaml_fail(yaml, node, err, "has a content and is excluded");
	}
	return 0;
}

static int check(const struct assay_yaml *yaml, struct assay_layout *layout,
                 struct assay_error *err)
{
	struct assay_layout_memory *memory = layout->memory;

	if (memory == NULL && layout->trees_count == 0)
		return assay_yaml_fail(yaml, NULL, err, "has neither a memory nor a tree");
	if (memory == NULL)
		return 0;
	if ((memory->page == 0) != (memory->oob == 0))
		return assay_yaml_fail(yaml, assay_yaml_find(yaml, "memory"), err,
		                       "page and oob: one without the other");
	if (memory->page > 0 && memory->size % memory->page != 0)
		return assay_yaml_fail(yaml, assay_yaml_find(yaml, "memory.page"), err,
		                       "does not divide the size");
	return check_partitions(yaml, memory, err);
}

int assay_layout_load(const char *path, struct assay_layout **out, struct assay_error *err)
{
	ASSAY_AUTO_YAML struct assay_yaml *yaml = NULL;
	ASSAY_AUTO_LAYOUT struct assay_layout *layout = NULL;

	if (assay_yaml_read(path, ASSAY_LAYOUT_MAX, &yaml, err) < 0 ||
	    assay_yaml_load(yaml, &schema, &layout, err) < 0 ||
	    assay_yaml_check(yaml, rules, ASSAY_ARRAY_LEN(rules), err) < 0 ||
	    check(yaml, layout, err) < 0)
		return -1;
	*out = assay_steal(&layout);
	return 0;
}

void assay_layout_free(struct assay_layout *layout)
{
	if (layout != NULL)
		assay_yaml_unload(&schema, layout);
}
