/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the store share.
 *
 * Layer: store; not for other folders.
 */
#ifndef ASSAY_STORE_INTERNAL_H
#define ASSAY_STORE_INTERNAL_H

#include "store/store.h"

#define ASSAY_STORE_BLOBS "blobs/sha256"
#define ASSAY_STORE_TREES "trees/sha256"
#define ASSAY_STORE_LISTINGS "listings/sha256"
#define ASSAY_STORE_STAMPS "stamps/sha256"

struct assay_store {
	char *path; /* absolute */
	int dirfd;
	int lockfd; /* locks/store, held shared; exclusive during gc */
};

#define ASSAY_STORE_NAME 96 /* bytes of a path below the store with the NUL */

/** The path of a blob below the store: blobs/sha256/ab/cdef… */
void assay_store_blob_name(const struct assay_sha256 *digest, char out[ASSAY_STORE_NAME]);

/** FOLDER/DIGEST */
void assay_store_name(const char *folder, const struct assay_sha256 *digest,
                      char out[ASSAY_STORE_NAME]);

/** Make what was renamed in a folder last: fsync(2) of the folder. */
ASSAY_CHECKED int assay_store_sync_folder(const struct assay_store *store, const char *folder,
                                          struct assay_error *err);

/** The names in a folder, sorted. */
ASSAY_CHECKED int assay_store_folder_names(const struct assay_store *store, const char *folder,
                                           struct assay_strings *out, struct assay_error *err);

/**
 * Remove what dead processes left in tmp/, less the parts: those are gone on with when they are
 * wanted again. Nobody else may be using the store.
 */
ASSAY_CHECKED int assay_store_sweep(struct assay_store *store, struct assay_error *err);

#endif
