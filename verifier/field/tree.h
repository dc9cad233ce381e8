/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tree of files that came from the field: read from a folder without ever following a link, and held
 * against the trees of a release.
 *
 * Layer:  field.
 * Limits: a million files, a depth of 128. What changes while it is read is inconclusive, and so is a
 *         file system that is mounted inside.
 */
#ifndef ASSAY_FIELD_TREE_H
#define ASSAY_FIELD_TREE_H

#include "field/found.h"

/**
 * List a folder and all below it.
 *
 * Out:    *out sorted, *troubles "PATH: why" for what could not be read; both to be freed in any case
 * Errors: ASSAY_E_SYSTEM  the folder itself
 *         ASSAY_E_LIMIT   too many files
 */
ASSAY_CHECKED int assay_field_walk(const char *folder, struct assay_reference_files *out,
                                   struct assay_strings *troubles, struct assay_error *err);

/**
 * Hold files against the trees of releases; the one with the fewest differences is the answer, the
 * first of those that are as good.
 *
 * Out:    *out, to be freed in any case; its rows are the differences
 * Errors: ASSAY_E_USAGE  none of the releases has a tree
 */
ASSAY_CHECKED int assay_field_files(const struct assay_reference_files *files,
                                    const struct assay_strings *troubles,
                                    const struct assay_reference *const *releases, size_t count,
                                    struct assay_found *out, struct assay_error *err);

#endif
