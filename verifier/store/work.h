/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Putting new things into the store: who makes what, and the step from tmp/ to its place.
 *
 * Layer: store. For supply/, which fetches and unpacks.
 */
#ifndef ASSAY_STORE_WORK_H
#define ASSAY_STORE_WORK_H

#include "store/store.h"

/* Locks: one name, one maker. */

/** Initialise fd to -1. Owned; free with assay_store_unlock. */
struct assay_store_lock {
	int dirfd; /* borrowed from the store */
	int fd;
	char name[96]; /* below the store */
};
#define ASSAY_STORE_LOCK_INIT                                                                      \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/**
 * Take the lock of a name (a plain file name), so that nobody else makes the same thing.
 *
 * Return: 1 taken, 0 when another process has it and wait is false, -1 on error
 */
ASSAY_CHECKED int assay_store_take_lock(struct assay_store *store, const char *name, bool wait,
                                        struct assay_store_lock *out, struct assay_error *err);
void assay_store_unlock(struct assay_store_lock *lock);
#define ASSAY_AUTO_STORE_LOCK ASSAY_AUTO(assay_store_unlock)

/* Parts: blobs that are not complete yet. The lock of the blob must be held. */

/** Name of the lock of a blob. */
void assay_store_blob_lock_name(const struct assay_sha256 *digest, char out[96]);

/**
 * Open the part of a blob for reading and writing; what an earlier process left is still in it.
 *
 * Return: a descriptor, owned by the caller; -1 on error
 */
ASSAY_CHECKED int assay_store_open_part(struct assay_store *store,
                                        const struct assay_sha256 *digest, struct assay_error *err);

/** Make a part the blob. The caller has checked size and digest of what is in fd. */
ASSAY_CHECKED int assay_store_commit_part(struct assay_store *store, int fd,
                                          const struct assay_sha256 *digest,
                                          struct assay_error *err);

/** Throw a part away. */
void assay_store_drop_part(struct assay_store *store, const struct assay_sha256 *digest);

/* Trees in the making. */

/**
 * Make an empty folder in tmp/, removing what an earlier process left under the same name. The
 * lock of that name must be held.
 *
 * Out:    *path absolute, owned by the caller
 * Return: a descriptor of the folder, owned by the caller; -1 on error
 */
ASSAY_CHECKED int assay_store_make_folder(struct assay_store *store, const char *name, char **path,
                                          struct assay_error *err);

/** Remove a folder made by assay_store_make_folder. */
void assay_store_drop_folder(struct assay_store *store, const char *name);

/**
 * Digest a folder of tmp/ and move it to its place among the trees. When there is one already,
 * the new one is dropped.
 *
 * In:     name, dirfd of the folder; expected digest or NULL for whatever it is
 * Out:    *out as of assay_store_find_tree
 * Errors: ASSAY_E_PIN  the digest is not the expected one; nothing was stored
 */
ASSAY_CHECKED int assay_store_commit_tree(struct assay_store *store, const char *name, int dirfd,
                                          const struct assay_sha256 *expected,
                                          struct assay_tree *out, struct assay_error *err);

#endif
