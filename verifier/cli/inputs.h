/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that a build needs, checked against its pins: the manifest, its toolchain's tree,
 * its sources and, for a verification, the delivered files.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_INPUTS_H
#define ASSAY_CLI_INPUTS_H

#include "base/digest.h"
#include "base/file.h"
#include "base/progress.h"
#include "model/manifest.h"
#include "model/toolchain.h"
#include "store/store.h"

/** Zero-initialise. Owned. */
struct assay_inputs {
	struct assay_manifest *manifest;
	struct assay_lock *lock;
	struct assay_store *store;
	struct assay_sha256 manifest_id;
	struct assay_sha256 lock_id;
	struct assay_tree tree; /* the toolchain, when provided */
	char *lock_path;        /* where the lock was read from */
	char *folder;           /* where relative paths of the manifest begin */
	int *source_fds;        /* one for each manifest->sources, open for reading at its start */
};

void assay_inputs_fini(struct assay_inputs *inputs);
#define ASSAY_AUTO_INPUTS ASSAY_AUTO(assay_inputs_fini)

/**
 * Load the manifest and its lock and check that they belong together.
 *
 * In:     lock  path of the lock; NULL for the one that the manifest names
 * Errors: ASSAY_E_FORMAT  malformed manifest or lock
 *         ASSAY_E_PIN     the lock is not the one that the manifest pins
 */
ASSAY_CHECKED int assay_inputs_load_with(const char *manifest_path, const char *lock,
                                         const char *store_path, struct assay_inputs *inputs,
                                         struct assay_error *err);
ASSAY_CHECKED int assay_inputs_load(const char *manifest_path, const char *store_path,
                                    struct assay_inputs *inputs, struct assay_error *err);

/**
 * Fetch what is missing, unpack the toolchain if it is not there, open the sources.
 *
 * In:     delivered  whether the delivered files are wanted too
 *         check      how thoroughly a tree that is already in the store is looked at
 * Errors: ASSAY_E_PIN  an input has other bytes than its pin says
 */
ASSAY_CHECKED int assay_inputs_provide(struct assay_inputs *inputs, bool delivered,
                                       enum assay_tree_check check,
                                       const struct assay_progress *progress,
                                       struct assay_error *err);

/** The toolchain alone, for a container in which nothing is built. */
ASSAY_CHECKED int assay_inputs_provide_tree(struct assay_inputs *inputs,
                                            enum assay_tree_check check,
                                            const struct assay_progress *progress,
                                            struct assay_error *err);

/** Map a delivered file, by its index in the manifest, after its digest was checked. */
ASSAY_CHECKED int assay_inputs_map_delivered(const struct assay_inputs *inputs, unsigned index,
                                             struct assay_map *out, struct assay_error *err);

/**
 * Take delivered files from where a person has them rather than fetch them.
 *
 * In:     path  a file, or a folder that holds files named as in the manifest
 * Errors: ASSAY_E_PIN  it is not the file that the manifest pins
 */
ASSAY_CHECKED int assay_inputs_take_delivered(struct assay_inputs *inputs, const char *path,
                                              struct assay_error *err);

#endif
