/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a proved release looks like in the field: where its parts are in a device's memory, which files
 * it has. A reference pack says this, and what came from the field is held against it.
 *
 * Layer:  model.
 * Limits: paths and names are in the form that base/quote gives, so that different names are
 *         different texts, whatever bytes they have.
 */
#ifndef ASSAY_MODEL_REFERENCE_H
#define ASSAY_MODEL_REFERENCE_H

#include "model/reference_files.h"
#include "model/twins.h"

#define ASSAY_REFERENCE_PARTITIONS 256
#define ASSAY_REFERENCE_TREES 16
#define ASSAY_REFERENCE_FILLS 4 /* values that unused memory may have */
#define ASSAY_REFERENCE_BLOCK 8 /* bytes of a SHA-256 that tell which block differs */
#define ASSAY_REFERENCE_BLOCKS 2048
#define ASSAY_REFERENCE_SIZE_MAX ((uint64_t)1 << 50) /* bytes of a memory; ours */

/** What one partition begins with, to its exact end. Strings owned. */
struct assay_reference_content {
	char *path; /* of the member, as inspect names it; "." for the update itself; NULL: nothing */
	uint64_t size;
	struct assay_sha256 sha256;
	uint64_t block;  /* bytes that each of the blocks has, but the last */
	uint8_t *blocks; /* the first ASSAY_REFERENCE_BLOCK bytes of each one's SHA-256; owned */
	size_t block_count;
};

struct assay_reference_partition {
	char *name;
	char *slot;    /* NULL: there is one only */
	char *exclude; /* why its bytes are not looked at; NULL: they are */
	uint64_t offset, size;
	struct assay_reference_content content;
	struct assay_sha256 filled[ASSAY_REFERENCE_FILLS]; /* content and fill, for each value */
};

struct assay_reference_layout {
	char *device; /* NULL: the pack has no layout */
	uint64_t size;
	uint64_t erase;     /* fill is of one value up to each multiple of this */
	uint64_t page, oob; /* NAND: bytes of a page, and of what a dump may have beside it; or 0 */
	bool oob_apart;     /* all of it behind all pages */
	uint8_t fill[ASSAY_REFERENCE_FILLS];
	size_t fill_count;
	struct assay_reference_partition *partitions; /* by offset, without overlap */
	size_t count, cap;
};

/** A path that is not looked at, with all below it. Strings owned. */
struct assay_reference_exclusion {
	char *path;
	char *reason;
};

struct assay_reference_tree {
	char *name;
	char *member; /* the file system or archive, as inspect names it */
	struct assay_reference_files files;
	struct assay_reference_exclusion *exclusions;
	size_t exclusion_count, exclusion_cap;
};

/** An artefact in the update. Strings owned. */
struct assay_reference_region {
	char *path;
	char *format;
	uint64_t offset, size;
	bool has_offset; /* it stands in the update as it is */
	struct assay_sha256 sha256;
};

/** Zero-initialise. Owned. */
struct assay_reference {
	char *product, *version;
	char *update; /* its name, for people */
	uint64_t update_size;
	struct assay_sha256 update_sha256;
	struct assay_reference_region *regions;
	size_t region_count, region_cap;
	struct assay_reference_layout layout;
	struct assay_reference_tree trees[ASSAY_REFERENCE_TREES];
	size_t tree_count;
	struct assay_twins
		twins; /* of the update, contents, filled partitions and files; or empty */
};

void assay_reference_fini(struct assay_reference *reference);
#define ASSAY_AUTO_REFERENCE ASSAY_AUTO(assay_reference_fini)

void assay_reference_content_fini(struct assay_reference_content *content);

/** The exclusion that covers a path: the path itself, or a folder above it. NULL: none. Borrowed. */
const struct assay_reference_exclusion *
assay_reference_excluded(const struct assay_reference_tree *tree, const char *path);

#endif
