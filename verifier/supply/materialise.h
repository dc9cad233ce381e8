/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A toolchain lock becomes a folder with programs in it: packages are unpacked, no script of
 * theirs is run.
 *
 * Layer:  supply.
 * Source: deb(5), deb-control(5), deb-triggers(5); dpkg 1.21 for its database in /var/lib/dpkg.
 * Limits: a package whose scripts make what a build needs wants links and files in the lock.
 */
#ifndef ASSAY_SUPPLY_MATERIALISE_H
#define ASSAY_SUPPLY_MATERIALISE_H

#include "base/progress.h"
#include "model/toolchain.h"
#include "store/store.h"

/**
 * Find the lock's tree in the store, or make it from the packages in the store.
 *
 * The tree is the same whoever makes it: modes are 0644 or 0755 (less write permission of the
 * owner where the package has none; no set-id bits, nothing closed to other users), hard links
 * are separate files, every time is ASSAY_TREE_MTIME, the owner is whoever ran this.
 *
 * In:     lock; without tree.sha256 (NULL) whatever tree comes out is taken
 *         check of a tree that is there already; progress may be NULL
 * Out:    *out owned; free with assay_tree_fini
 * Errors: ASSAY_E_PIN     a package or the tree is not what the lock says
 *         ASSAY_E_FORMAT  a package is malformed or has entries that are refused
 *         ASSAY_E_SYSTEM  a package is not in the store; disk full
 */
ASSAY_CHECKED int assay_materialise(struct assay_store *store, const struct assay_lock *lock,
                                    enum assay_tree_check check,
                                    const struct assay_progress *progress, struct assay_tree *out,
                                    struct assay_error *err);

#endif
