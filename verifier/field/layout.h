/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person says about a device: its memory's partitions, what of an update goes where, which trees
 * it has, what is not looked at and why. Described in assay-reference(5).
 *
 * Layer:  field.
 * Limits: 1 MiB.
 */
#ifndef ASSAY_FIELD_LAYOUT_H
#define ASSAY_FIELD_LAYOUT_H

#include "base/error.h"
#include "model/reference.h"

#define ASSAY_LAYOUT_MAX ((uint64_t)1 << 20) /* bytes of the file */

/** Strings owned; NULL where nothing is said. */
struct assay_layout {
	char *schema;
	struct assay_layout_memory {
		char *device;
		uint64_t size, erase, page, oob;
		unsigned oob_placement; /* 1: apart */
		uint8_t *fill;
		unsigned fill_count;
		struct assay_layout_partition {
			char *name, *slot, *content, *exclude;
			uint64_t offset, size;     /* bytes */
			bool has_offset, has_size; /* set by the loader */
		} * partitions;
		unsigned partitions_count;
	} * memory;
	struct assay_layout_tree {
		char *name, *member;
		struct assay_layout_exclusion {
			char *path, *reason;
		} * exclusions;
		unsigned exclusions_count;
	} * trees;
	unsigned trees_count;
	unsigned more_digests; /* 1: the pack shall have the SHA-512 of things, too */
};

/** Read a layout. Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT as "FILE:LINE: key: what" */
ASSAY_CHECKED int assay_layout_load(const char *path, struct assay_layout **out,
                                    struct assay_error *err);
void assay_layout_free(struct assay_layout *layout);

static inline void assay_cleanup_layout(struct assay_layout **layout)
{
	assay_layout_free(*layout);
}
#define ASSAY_AUTO_LAYOUT ASSAY_AUTO(assay_cleanup_layout)

#endif
