/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OCI image layouts: a folder, or a tar archive of one, with images as blobs under their digests.
 * Images are taken out of them and trees of the store are written as such.
 *
 * Layer:  supply.
 * Source: OCI Image Format Specification 1.0.2, image-layout.md; layer.md for what is in a layer.
 * Limits: as oci.h has them. Of an archive: not compressed, no name twice.
 */
#ifndef ASSAY_SUPPLY_LAYOUT_H
#define ASSAY_SUPPLY_LAYOUT_H

#include "model/toolchain.h"
#include "store/store.h"

/**
 * Copy an image into the store: its manifest, its configuration and its layers, each checked
 * against its digest and size.
 *
 * In:     path  a folder or an archive; manifest  the digest of the image's manifest, NULL for the
 *               only image that there is
 * Out:    lock->image and lock->architecture, not set before
 * Errors: ASSAY_E_FORMAT  malformed; no such image; more than one
 *         ASSAY_E_PIN     bytes that are not those of their digest
 */
ASSAY_CHECKED int assay_layout_import(struct assay_store *store, const char *path,
                                      const struct assay_sha256 *manifest, struct assay_lock *lock,
                                      struct assay_error *err);

/**
 * Write a tree of the store as an archive of a layout with one image of one layer, not compressed.
 * The same tree and architecture give the same bytes.
 *
 * In:     architecture, Debian's name
 * Out:    *manifest, the digest of the image's manifest
 * Errors: ASSAY_E_USAGE  an architecture that images have no name for
 *         ASSAY_E_LIMIT  a file of 8 GiB or more
 */
ASSAY_CHECKED int assay_layout_export(const struct assay_tree *tree, const char *architecture,
                                      int fd, struct assay_sha256 *manifest,
                                      struct assay_error *err);

#endif
