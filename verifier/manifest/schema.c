/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest/schema.h"

#include "manifest/profile.h"

/* Sizes of text in bytes. */
#define NAME_BYTES 255   /* NAME_MAX of linux/limits.h */
#define PATH_BYTES 4095  /* PATH_MAX there, without the NUL */
#define ARG_BYTES 131071 /* MAX_ARG_STRLEN of linux/binfmts.h (32 pages), without the NUL */
#define UTS_BYTES 64     /* __NEW_UTS_LEN of linux/utsname.h */
#define DIGEST_BYTES 65  /* one more than a digest has: rules.c says what is wrong with it */
#define ITEMS_MAX 4096   /* of one list: ten times the largest image we know */

/* The few shapes that most keys have. */
#define TEXT(key, type, member, max)                                                               \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_DEFAULT, type, member, 1, max)
#define NUMBER(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, type, member)
#define LIST(key, type, member, entry)                                                             \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER, type, member, entry, 1, ITEMS_MAX)
#define MAPPING(key, type, member, fields)                                                         \
	CYAML_FIELD_MAPPING(key, CYAML_FLAG_DEFAULT, type, member, fields)
#define OPTIONAL_MAPPING(key, type, member, fields)                                                \
	CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, fields)
#define VALUE(type, fields)                                                                        \
	{                                                                                          \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, type, fields)                              \
	}

static const cyaml_strval_t unpack_names[] = {
	{ "copy", ASSAY_UNPACK_COPY },
	{ "tar", ASSAY_UNPACK_TAR },
	{ "patch", ASSAY_UNPACK_PATCH },
};

static const cyaml_strval_t tier_names[] = {
	{ "identical", ASSAY_TIER_IDENTICAL },
	{ "transplanted", ASSAY_TIER_TRANSPLANTED },
	{ "repacked", ASSAY_TIER_REPACKED },
	{ "normalised", ASSAY_TIER_NORMALISED },
};

static const cyaml_strval_t clock_modes[] = {
	{ "fixed", ASSAY_CLOCK_FIXED },
	{ "offset", ASSAY_CLOCK_OFFSET },
	{ "step", ASSAY_CLOCK_STEP },
};

static const cyaml_schema_field_t product_fields[] = {
	TEXT("name", struct assay_product, name, NAME_BYTES),
	TEXT("version", struct assay_product, version, NAME_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t source_fields[] = {
	TEXT("name", struct assay_source, name, NAME_BYTES),
	TEXT("sha256", struct assay_source, sha256, DIGEST_BYTES),
	NUMBER("size", struct assay_source, size),
	CYAML_FIELD_ENUM("unpack", CYAML_FLAG_STRICT, struct assay_source, unpack, unpack_names,
	                 ASSAY_ARRAY_LEN(unpack_names)),
	TEXT("into", struct assay_source, into, PATH_BYTES),
	NUMBER("strip", struct assay_source, strip),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t source = VALUE(struct assay_source, source_fields);

static const cyaml_schema_field_t toolchain_fields[] = {
	TEXT("lock", struct assay_toolchain_pin, lock, PATH_BYTES),
	TEXT("id", struct assay_toolchain_pin, id, DIGEST_BYTES),
	TEXT("tree", struct assay_toolchain_pin, tree, DIGEST_BYTES),
	CYAML_FIELD_END,
};

/* An argument may be empty, and a script for `sh -c' has lines. */
static const cyaml_schema_value_t argument = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER | ASSAY_YAML_LINES, char, 0, ARG_BYTES),
};

static const cyaml_schema_field_t step_fields[] = {
	LIST("argv", struct assay_step, argv, &argument),
	TEXT("cwd", struct assay_step, cwd, PATH_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t step = VALUE(struct assay_step, step_fields);

static const cyaml_schema_field_t user_fields[] = {
	NUMBER("uid", struct assay_user, uid),
	NUMBER("gid", struct assay_user, gid),
	TEXT("name", struct assay_user, name, NAME_BYTES),
	TEXT("home", struct assay_user, home, PATH_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t clock_fields[] = {
	CYAML_FIELD_ENUM("mode", CYAML_FLAG_STRICT, struct assay_clock_pin, mode, clock_modes,
	                 ASSAY_ARRAY_LEN(clock_modes)),
	NUMBER("start", struct assay_clock_pin, start),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t random_fields[] = {
	NUMBER("seed", struct assay_random_pin, seed),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t machine_fields[] = {
	TEXT("hostname", struct assay_machine, hostname, UTS_BYTES),
	TEXT("kernel_release", struct assay_machine, kernel_release, UTS_BYTES),
	TEXT("kernel_version", struct assay_machine, kernel_version, UTS_BYTES),
	NUMBER("cpus", struct assay_machine, cpus),
	NUMBER("memory", struct assay_machine, memory),
	OPTIONAL_MAPPING("clock", struct assay_machine, clock, clock_fields),
	OPTIONAL_MAPPING("random", struct assay_machine, random, random_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t limits_fields[] = {
	NUMBER("wall", struct assay_limits, wall),
	NUMBER("silence", struct assay_limits, silence),
	NUMBER("memory", struct assay_limits, memory),
	NUMBER("processes", struct assay_limits, processes),
	NUMBER("disk", struct assay_limits, disk),
	NUMBER("log", struct assay_limits, log),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t profile_pin_fields[] = {
	TEXT("file", struct assay_profile_pin, file, PATH_BYTES),
	TEXT("sha256", struct assay_profile_pin, sha256, DIGEST_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t build_fields[] = {
	OPTIONAL_MAPPING("profile", struct assay_build, profile, profile_pin_fields),
	TEXT("path", struct assay_build, path, PATH_BYTES),
	CYAML_FIELD_IGNORE("environment", CYAML_FLAG_DEFAULT), /* free keys: see load.c */
	LIST("steps", struct assay_build, steps, &step),
	MAPPING("user", struct assay_build, user, user_fields),
	CYAML_FIELD_UINT("umask", ASSAY_YAML_OCTAL, struct assay_build, umask),
	NUMBER("source_date_epoch", struct assay_build, source_date_epoch),
	MAPPING("machine", struct assay_build, machine, machine_fields),
	MAPPING("limits", struct assay_build, limits, limits_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t output_fields[] = {
	TEXT("name", struct assay_output, name, NAME_BYTES),
	TEXT("path", struct assay_output, path, PATH_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t output = VALUE(struct assay_output, output_fields);

static const cyaml_schema_field_t delivered_fields[] = {
	TEXT("file", struct assay_delivered, file, NAME_BYTES),
	TEXT("sha256", struct assay_delivered, sha256, DIGEST_BYTES),
	NUMBER("size", struct assay_delivered, size),
	CYAML_FIELD_STRING_PTR("member", CYAML_FLAG_OPTIONAL, struct assay_delivered, member, 1,
	                       PATH_BYTES),
	TEXT("output", struct assay_delivered, output, NAME_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t delivered = VALUE(struct assay_delivered, delivered_fields);

#define EXCLUSION_FIELDS                                                                           \
	CYAML_FIELD_STRING_PTR("artefact", CYAML_FLAG_OPTIONAL, struct assay_exclusion, artefact,  \
	                       1, PATH_BYTES),                                                     \
		NUMBER("offset", struct assay_exclusion, offset),                                  \
		NUMBER("size", struct assay_exclusion, size),                                      \
		TEXT("reason", struct assay_exclusion, reason, NAME_BYTES),                        \
		TEXT("approver", struct assay_exclusion, approver, NAME_BYTES), CYAML_FIELD_END

static const cyaml_schema_field_t exclusion_fields[] = {
	TEXT("file", struct assay_exclusion, file, NAME_BYTES),
	EXCLUSION_FIELDS,
};
static const cyaml_schema_value_t exclusion = VALUE(struct assay_exclusion, exclusion_fields);

static const cyaml_schema_field_t compare_fields[] = {
	CYAML_FIELD_ENUM("accept", CYAML_FLAG_STRICT, struct assay_acceptance, accept, tier_names,
	                 ASSAY_ARRAY_LEN(tier_names)),
	CYAML_FIELD_SEQUENCE("exclusions", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	                     struct assay_acceptance, exclusions, &exclusion, 1,
	                     ASSAY_EXCLUSIONS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t reviewed_fields[] = {
	TEXT("at", struct assay_reviewed, at, PATH_BYTES),
	TEXT("tree", struct assay_reviewed, tree, DIGEST_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t reviewed = VALUE(struct assay_reviewed, reviewed_fields);

/* The same alone, for two files that no manifest is about. */
static const cyaml_schema_field_t own_exclusion_fields[] = { EXCLUSION_FIELDS };
static const cyaml_schema_value_t own_exclusion =
	VALUE(struct assay_exclusion, own_exclusion_fields);

static const cyaml_schema_field_t exclusions_fields[] = {
	TEXT("schema", struct assay_exclusion_file, schema, NAME_BYTES),
	LIST("exclusions", struct assay_exclusion_file, exclusions, &own_exclusion),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t assay_exclusions_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct assay_exclusion_file, exclusions_fields),
};

static const cyaml_schema_field_t hint_fields[] = {
	TEXT("name", struct assay_hint, name, NAME_BYTES),
	TEXT("from", struct assay_hint, from, PATH_BYTES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t hint = VALUE(struct assay_hint, hint_fields);

static const cyaml_schema_field_t manifest_fields[] = {
	TEXT("schema", struct assay_manifest, schema, NAME_BYTES),
	MAPPING("product", struct assay_manifest, product, product_fields),
	LIST("sources", struct assay_manifest, sources, &source),
	CYAML_FIELD_SEQUENCE("reviewed", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	                     struct assay_manifest, reviewed, &reviewed, 1, ITEMS_MAX),
	MAPPING("toolchain", struct assay_manifest, toolchain, toolchain_fields),
	MAPPING("build", struct assay_manifest, build, build_fields),
	LIST("outputs", struct assay_manifest, outputs, &output),
	LIST("delivered", struct assay_manifest, delivered, &delivered),
	MAPPING("compare", struct assay_manifest, compare, compare_fields),
	CYAML_FIELD_SEQUENCE("hints", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	                     struct assay_manifest, hints, &hint, 0, ITEMS_MAX),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t assay_manifest_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct assay_manifest, manifest_fields),
};

static const cyaml_schema_field_t row_fields[] = {
	TEXT("key", struct assay_profile_row, key, NAME_BYTES),
	TEXT("how", struct assay_profile_row, how, PATH_BYTES),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t row = VALUE(struct assay_profile_row, row_fields);

static const cyaml_schema_field_t profile_fields[] = {
	TEXT("schema", struct assay_profile, schema, NAME_BYTES),
	TEXT("name", struct assay_profile, name, NAME_BYTES),
	MAPPING("user", struct assay_profile, user, user_fields),
	CYAML_FIELD_UINT("umask", ASSAY_YAML_OCTAL, struct assay_profile, umask),
	MAPPING("machine", struct assay_profile, machine, machine_fields),
	LIST("pins", struct assay_profile, pins, &row),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t assay_profile_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct assay_profile, profile_fields),
};
