/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What containers say about their entries and themselves, as attributes: compared here by key and
 * name, in one loop for all formats.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_METADATA_H
#define ASSAY_COMPARE_METADATA_H

#include "compare/container.h"
#include "compare/pair.h"

struct assay_metadata {
	struct assay_walk *walk;
	const struct assay_container *container;
	const struct assay_pairing *pairing;
};

/**
 * Compare type, link target and attributes of a pair of entries, or the attributes of the
 * containers themselves (ASSAY_NO_ENTRY). Differences become findings of the container's node.
 *
 * In: name of the entry, quoted; NULL for the containers
 */
void assay_metadata_compare(const struct assay_metadata *metadata, size_t entry, size_t counterpart,
                            const char *name);

/** A finding for every stored value that is false on its own side, and for what was not read. */
void assay_metadata_check(const struct assay_metadata *metadata);

#endif
