/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What intents and locks have in common: links, files and folders of the tree, and the rules of
 * Debian's words.
 *
 * Layer:  toolchain; not for other folders.
 * Source: Debian Policy 4.6, 5.6.1 (names), 5.6.8 (architectures), 5.6.12 (versions).
 */
#ifndef ASSAY_TOOLCHAIN_SCHEMA_H
#define ASSAY_TOOLCHAIN_SCHEMA_H

#include "base/yaml.h"
#include "model/toolchain.h"

#define ASSAY_TOOLCHAIN_PATH_MAX 1024          /* bytes of a path in a lock */
#define ASSAY_TOOLCHAIN_LIST_MAX 4096          /* packages, links, files, directories: each */
#define ASSAY_TOOLCHAIN_CONTENT_MAX (1u << 20) /* bytes of a file written out in a lock */

extern const cyaml_schema_value_t assay_intent_schema; /* the whole file: struct assay_intent */
extern const cyaml_schema_value_t assay_lock_schema;   /* the whole file: struct assay_lock */

extern const cyaml_schema_value_t assay_schema_text; /* a list's item: a string */
extern const cyaml_schema_value_t assay_schema_link; /* struct assay_tree_link */
extern const cyaml_schema_value_t assay_schema_file; /* struct assay_tree_file */

assay_rule assay_rule_package_name;
assay_rule assay_rule_package_spec; /* NAME, NAME:ARCH, NAME=VERSION, NAME:ARCH=VERSION */
assay_rule assay_rule_version;
assay_rule assay_rule_architecture;

/** Rules of links, files and directories. */
extern const struct assay_yaml_rule assay_tree_rules[];
extern const size_t assay_tree_rules_count;

/**
 * Check what a table cannot: modes that the tree can have.
 *
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_tree_check_modes(const struct assay_yaml *yaml,
                                         const struct assay_tree_file *files, unsigned count,
                                         struct assay_error *err);

#endif
