/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Take the inventory of a folder: the one that a build will see, or the one that a person reviewed.
 *
 * Layer:  rebuild. In a build it runs in a helper without rights.
 * Limits: files, folders and links; anything else is an error.
 */
#ifndef ASSAY_REBUILD_INVENTORY_H
#define ASSAY_REBUILD_INVENTORY_H

#include "base/error.h"
#include "model/inventory.h"

/**
 * Read every file of a folder.
 *
 * In:     without  a name in the folder that is left out, with all in it; NULL: nothing is
 * Out:    *out, not watched
 * Errors: as assay_tree_scan, and what reading can give
 */
ASSAY_CHECKED int assay_inventory_take(int dirfd, const char *without, struct assay_inventory *out,
                                       struct assay_error *err);

#endif
