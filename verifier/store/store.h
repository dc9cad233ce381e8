/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The content store: pinned inputs and toolchain trees, each under its digest.
 *
 *	format                      "assay-store/1"
 *	blobs/sha256/ab/cdef…       files: source archives, packages
 *	trees/sha256/DIGEST/        toolchain trees (assay-tree/1), never changed in place
 *	listings/sha256/DIGEST      the tree's listing: a file whose SHA-256 is the tree's digest
 *	stamps/sha256/DIGEST        fingerprint of the tree when it was last hashed in full
 *	tmp/  locks/  apt/          work in progress; apt's lists while a toolchain is locked
 *
 * What is under its digest is complete: it got there by one rename, synced before. Several
 * processes may use a store at once: each holds a shared lock as long as it is open, a lock of
 * its own for what it is making, and gc wants the store for itself. A process that dies at any
 * moment leaves only things in tmp/, which the next one removes or goes on with.
 *
 * Layer:  store.
 * Source: flock(2), rename(2); the XDG Base Directory Specification 0.8 for the place.
 */
#ifndef ASSAY_STORE_STORE_H
#define ASSAY_STORE_STORE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/strings.h"

struct assay_store;

/**
 * Open the store, making it when there is none.
 *
 * In:     path; NULL: $XDG_DATA_HOME/assay, else $HOME/.local/share/assay
 * Out:    *out owned; free with assay_store_close
 * Errors: ASSAY_E_SYSTEM  cannot be made or written to
 *         ASSAY_E_FORMAT  made by another version of this program
 */
ASSAY_CHECKED int assay_store_open(const char *path, struct assay_store **out,
                                   struct assay_error *err);
void assay_store_close(struct assay_store *store);

static inline void assay_cleanup_store(struct assay_store **store)
{
	assay_store_close(*store);
}
#define ASSAY_AUTO_STORE ASSAY_AUTO(assay_cleanup_store)

/** Absolute; borrowed. */
const char *assay_store_path(const struct assay_store *store);

/** Fail with a clear text unless the store's file system has bytes free (and some to spare). */
ASSAY_CHECKED int assay_store_want_space(const struct assay_store *store, uint64_t bytes,
                                         struct assay_error *err);

/* Blobs. */

/** Whether there is a blob of this digest; its bytes are not looked at. */
bool assay_store_has_blob(const struct assay_store *store, const struct assay_sha256 *digest);

/** Where a blob is or would be, absolute. Owner: caller frees. */
char *assay_store_blob_path(const struct assay_store *store, const struct assay_sha256 *digest);

/**
 * Open a blob for reading, after all its bytes were found to have the digest.
 *
 * Return: a descriptor at the start of the file, owned by the caller; -1 on error
 * Errors: ASSAY_E_SYSTEM  there is none
 *         ASSAY_E_PIN     its bytes are not those of the digest
 */
ASSAY_CHECKED int assay_store_open_blob(const struct assay_store *store,
                                        const struct assay_sha256 *digest, struct assay_error *err);

/** As assay_store_open_blob, mapped. */
ASSAY_CHECKED int assay_store_map_blob(const struct assay_store *store,
                                       const struct assay_sha256 *digest, struct assay_map *out,
                                       struct assay_error *err);

/**
 * Copy a file into the store.
 *
 * In:     fd at the start of what to read; expected digest
 * Errors: ASSAY_E_PIN  its bytes are not those of the digest; nothing was stored
 */
ASSAY_CHECKED int assay_store_put_blob(struct assay_store *store, int fd,
                                       const struct assay_sha256 *expected,
                                       struct assay_error *err);

/* Trees. */

enum assay_tree_check {
	ASSAY_TREE_FAST, /* by fingerprint; in full when that does not say "unchanged" */
	ASSAY_TREE_FULL, /* every byte: for runs that certify, and `toolchain check` */
};

/** A tree of the store. Zero-initialise. Owned; free with assay_tree_fini. */
struct assay_tree {
	char *path; /* absolute */
	struct assay_sha256 sha256;
	uint64_t entries;
	uint64_t bytes; /* of file content */
};

void assay_tree_fini(struct assay_tree *tree);
#define ASSAY_AUTO_TREE ASSAY_AUTO(assay_tree_fini)

/**
 * Find a tree and make sure that it is what its digest says.
 *
 * Return: 1 with *out filled, 0 when there is none, -1 on error
 * Errors: ASSAY_E_PIN  it was changed; the text names the first entry that differs
 */
ASSAY_CHECKED int assay_store_find_tree(struct assay_store *store,
                                        const struct assay_sha256 *digest,
                                        enum assay_tree_check check, struct assay_tree *out,
                                        struct assay_error *err);

#endif
