/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layers of an image, one over the other, as a folder.
 *
 * Everything that a layer takes away of those below it goes before anything of it comes: so the order
 * of entries in its archive does not matter for that. What stands where a layer has something else is
 * replaced, only a folder over a folder stays. Inside one layer no name is there twice.
 *
 * Layer:  supply; not for other folders.
 * Source: OCI Image Format Specification 1.0.2, layer.md: "Applying Changesets", "Whiteouts".
 * Limits: no path leads through a symbolic link, not even one of a layer below; no devices, FIFOs or
 *         sockets; whiteouts of AUFS other than the opaque one are refused. Owners, times, set-id bits
 *         and extended attributes are not taken, as with packages: materialise.h.
 */
#ifndef ASSAY_SUPPLY_LAYER_H
#define ASSAY_SUPPLY_LAYER_H

#include "base/progress.h"
#include "model/toolchain.h"
#include "store/store.h"

/**
 * Unpack the image of a lock, whose blobs are in the store, into an empty folder. The mode of
 * folders is left to assay_writer_seal_folders.
 *
 * Errors: ASSAY_E_PIN     a blob or an unpacked layer has other bytes than its digest says
 *         ASSAY_E_FORMAT  malformed, or something that is refused; or the lock names other blobs
 *                         than the image has
 *         ASSAY_E_SYSTEM  a blob is not in the store; disk full
 */
ASSAY_CHECKED int assay_layers_unpack(struct assay_store *store, const struct assay_lock *lock,
                                      int rootfd, const struct assay_progress *progress,
                                      struct assay_error *err);

#endif
