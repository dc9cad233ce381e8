/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two directories: what is in them is paired by path. Names, types, permission bits with set-id
 * and sticky bits, link targets, device numbers and extended attributes must be equal. So must
 * owners, unless everything on each side belongs to one user and group: then they tell who
 * unpacked it, not what was delivered. Times and the numbers of hard links do not count, nor
 * does anything about the two directories themselves.
 *
 * Layer:  compare; private to this folder.
 * Limits: those of store/tree.h. Links are never followed; nothing that is not a file is opened.
 */
#ifndef ASSAY_COMPARE_DIRECTORY_H
#define ASSAY_COMPARE_DIRECTORY_H

#include "compare/node.h"

/**
 * Compare two open directories.
 *
 * In:  root, a node without bytes
 * Out: root's ledger over the bytes of all regular files of the delivered side, in the order of
 *      their paths; sizes and digests (assay-tree/1) into the subjects
 */
ASSAY_CHECKED int assay_directory_compare(struct assay_walk *walk, struct assay_node *root,
                                          const int fds[2], struct assay_subject *const subjects[2],
                                          struct assay_error *err);

#endif
