/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a manifest may hold: its keys and types (the schema), and what the value of each key must
 * be (the rules). Checks between keys are in check.c.
 *
 * Layer: manifest.
 */
#ifndef ASSAY_MANIFEST_SCHEMA_H
#define ASSAY_MANIFEST_SCHEMA_H

#include "base/yaml.h"
#include "manifest/exclusions.h"
#include "model/manifest.h"

/** The whole document, as struct assay_manifest. build.environment has free keys. */
extern const cyaml_schema_value_t assay_manifest_schema;

/** A file of exclusions, as struct assay_exclusion_file. */
extern const cyaml_schema_value_t assay_exclusions_schema;

extern const cyaml_schema_value_t assay_profile_schema; /* the whole file: struct assay_profile */

extern const struct assay_yaml_rule assay_manifest_rules[];
extern const size_t assay_manifest_rule_count;

/** Whether a name can be that of an environment variable which a manifest may set. */
assay_rule assay_manifest_rule_variable;

/**
 * The checks between keys.
 *
 * In:     the manifest as it stands in the file: nothing sorted yet
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_manifest_check(const struct assay_yaml *yaml,
                                       const struct assay_manifest *manifest,
                                       struct assay_error *err);

#endif
