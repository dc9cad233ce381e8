/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a lock to a tree in one step: what is there is used, what is missing is fetched and made.
 *
 * Layer: supply.
 */
#ifndef ASSAY_SUPPLY_TOOLCHAIN_H
#define ASSAY_SUPPLY_TOOLCHAIN_H

#include "supply/fetch.h"
#include "supply/materialise.h"

/** Fetch the lock's packages into the store. options may be NULL. Errors: as assay_fetch. */
ASSAY_CHECKED int assay_toolchain_fetch(struct assay_store *store, const struct assay_lock *lock,
                                        const struct assay_fetch_options *options,
                                        struct assay_error *err);

/**
 * Find the lock's tree; when there is none, fetch its packages and make it.
 *
 * Out:    *out owned; free with assay_tree_fini
 * Errors: as assay_fetch and assay_materialise
 */
ASSAY_CHECKED int assay_toolchain_tree(struct assay_store *store, const struct assay_lock *lock,
                                       enum assay_tree_check check,
                                       const struct assay_fetch_options *options,
                                       struct assay_tree *out, struct assay_error *err);

#endif
