/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contents of a pair of members: put together only when the bytes that make them differ, both
 * at once, and gone when they have been compared.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_MEMBER_H
#define ASSAY_COMPARE_MEMBER_H

#include "compare/container.h"

/**
 * Compare the contents of two entries.
 *
 * In:  entries, indices: delivered, rebuilt; child, a node without bytes
 * Out: child with its ledger and verdict. Content that cannot be read makes it inconclusive.
 */
ASSAY_CHECKED int assay_member_compare(struct assay_walk *walk,
                                       const struct assay_container *container,
                                       const size_t entries[2], struct assay_node *child,
                                       struct assay_error *err);

#endif
