/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The regular files that two directories both have: taken one after the other, compared many at a
 * time, handed to the node of the directories in the order in which they were taken.
 *
 * Layer:  compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_FILES_H
#define ASSAY_COMPARE_FILES_H

#include "compare/node.h"
#include "store/tree.h"

struct assay_files_item;

/** Set the first three members, leave the others zero. */
struct assay_files {
	struct assay_walk *walk;
	struct assay_node *root; /* its ledger is over the files of the delivered directory */
	int fds[2];              /* the directories: delivered, rebuilt */
	struct assay_files_item *items;
	size_t count, cap;
	uint64_t mapped; /* bytes */
};

/**
 * Take a pair.
 *
 * In:     entries, of the delivered and the rebuilt directory, borrowed until the end;
 *         equal, whether both have the same bytes; offset in the ledger of root
 * Errors: ASSAY_E_SYSTEM  cannot be read, or has changed; as assay_compare
 */
ASSAY_CHECKED int assay_files_add(struct assay_files *files,
                                  const struct assay_tree_entry *const entries[2], bool equal,
                                  uint64_t offset, struct assay_error *err);

/** Compare what is left. Errors: as assay_files_add */
ASSAY_CHECKED int assay_files_finish(struct assay_files *files, struct assay_error *err);

void assay_files_fini(struct assay_files *files);

#endif
