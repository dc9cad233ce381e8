/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The toolchain tree as a mount that can be moved into the container.
 *
 * Layer:  rebuild.
 * Source: open_tree(2), mount_setattr(2) "ID-mapped mounts".
 */
#ifndef ASSAY_REBUILD_TREE_H
#define ASSAY_REBUILD_TREE_H

#include "base/error.h"
#include "rebuild/identity.h"

/**
 * For builds that run as another id than the owner of the tree: make a detached mount in which
 * the owner's files belong to that id. Needs the capabilities of the host's root.
 *
 * Out:    *fd the mount, or -1 when there is no need, or when it cannot be done: then why says so
 */
void assay_tree_mapped(const char *path, const struct assay_identity *identity, int *fd,
                       char why[256]);

/** A plain detached mount of the folder, in the caller's mount namespace. Return: fd, -1 */
ASSAY_CHECKED int assay_tree_plain(const char *path, struct assay_error *err);

/** Make a mount read-only and without devices and set-uid programs. */
ASSAY_CHECKED int assay_tree_protect(int fd, struct assay_error *err);

#endif
