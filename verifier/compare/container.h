/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two containers of one format: their entries are paired, compared, and the ledger filled from
 * the parts.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_CONTAINER_H
#define ASSAY_COMPARE_CONTAINER_H

#include "compare/node.h"
#include "formats/reader.h"

/** Both sides of a container that was read. */
struct assay_container {
	struct assay_node *node;
	struct assay_contents *delivered, *rebuilt; /* one and the same when both are equal */
};

/**
 * The path of an entry: "data.tar.xz" in "", then "data.tar.xz!" for what it unpacks to, then
 * "data.tar.xz!/usr/x".
 *
 * Owner: caller frees
 */
char *assay_container_path(const char *parent, const struct assay_entry *entry);

/**
 * Compare two containers that were read.
 *
 * Out: node's ledger, findings and children. Errors: as assay_node_compare.
 */
ASSAY_CHECKED int assay_container_compare(struct assay_walk *walk,
                                          const struct assay_container *container,
                                          struct assay_error *err);

#endif
