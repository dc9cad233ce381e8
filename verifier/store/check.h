/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store as a whole: what is in it, what is damaged, what can go.
 *
 * Layer: store.
 */
#ifndef ASSAY_STORE_CHECK_H
#define ASSAY_STORE_CHECK_H

#include "store/store.h"

/** Digests, sorted. Zero-initialise. Owned. */
struct assay_digests {
	struct assay_sha256 *items;
	size_t count, cap;
};

void assay_digests_fini(struct assay_digests *list);
#define ASSAY_AUTO_DIGESTS ASSAY_AUTO(assay_digests_fini)
void assay_digests_add(struct assay_digests *list, const struct assay_sha256 *digest);
void assay_digests_sort(struct assay_digests *list);

/** Whether a sorted list has a digest. */
bool assay_digests_has(const struct assay_digests *list, const struct assay_sha256 *digest);

/** List what the store has, sorted. */
ASSAY_CHECKED int assay_store_list_blobs(const struct assay_store *store, struct assay_digests *out,
                                         struct assay_error *err);
ASSAY_CHECKED int assay_store_list_trees(const struct assay_store *store, struct assay_digests *out,
                                         struct assay_error *err);

/** Who wants to know of damage: told of each entry of a tree. */
struct assay_store_witness {
	/** In: path below the tree, unquoted; "" for the tree itself */
	void (*tell)(void *context, const char *path, const char *what);
	void *context;
};

/**
 * Look at a tree of the store.
 *
 * In:     witness  told of each damaged entry
 * Out:    *out when not NULL and the tree is good
 * Return: 1 good, 0 damaged, -1 on error (there is no such tree, for one)
 */
ASSAY_CHECKED int assay_store_check_tree(struct assay_store *store,
                                         const struct assay_sha256 *digest,
                                         enum assay_tree_check check, struct assay_tree *out,
                                         const struct assay_store_witness *witness,
                                         struct assay_error *err);

/** Bytes of a blob, or of the files of a tree; 0 when it is not there. */
uint64_t assay_store_blob_size(const struct assay_store *store, const struct assay_sha256 *digest);
uint64_t assay_store_tree_size(const struct assay_store *store, const struct assay_sha256 *digest);

/**
 * Read the listing that is kept with a tree.
 *
 * Errors: ASSAY_E_SYSTEM  there is none
 *         ASSAY_E_PIN     it was changed
 */
ASSAY_CHECKED int assay_store_read_listing(const struct assay_store *store,
                                           const struct assay_sha256 *digest,
                                           struct assay_bytes *out, struct assay_error *err);

/** Remove a blob or tree; nothing there is no error. */
ASSAY_CHECKED int assay_store_remove_blob(struct assay_store *store,
                                          const struct assay_sha256 *digest,
                                          struct assay_error *err);
ASSAY_CHECKED int assay_store_remove_tree(struct assay_store *store,
                                          const struct assay_sha256 *digest,
                                          struct assay_error *err);

/**
 * Keep others out until the store is closed.
 *
 * Errors: ASSAY_E_SYSTEM  another process is using the store
 */
ASSAY_CHECKED int assay_store_lock_alone(struct assay_store *store, struct assay_error *err);

/** Remove unfinished work, apt's lists, and what belongs to no tree. The store must be held alone. */
ASSAY_CHECKED int assay_store_tidy(struct assay_store *store, struct assay_error *err);

#endif
