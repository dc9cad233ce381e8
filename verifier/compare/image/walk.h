/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One address image held against another: what each byte of it is there.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_IMAGE_WALK_H
#define ASSAY_COMPARE_IMAGE_WALK_H

#include "compare/image/side.h"

/** What bytes of the delivered image are. */
enum assay_image_kind {
	ASSAY_IMAGE_EQUAL,
	ASSAY_IMAGE_FILLED,  /* fill, under the rule */
	ASSAY_IMAGE_DIFFERS, /* the rebuilt image has other bytes there */
	ASSAY_IMAGE_ADDED,   /* the rebuilt image has nothing there */
};

/** Bytes of one kind, in one part of the image and in at most one of the other. */
struct assay_image_run {
	enum assay_image_kind kind;
	const struct assay_image_part *part;
	const struct assay_image_part *other; /* NULL: the other image has none of it */
	uint64_t address, length;
};

typedef void assay_image_run_fn(void *context, const struct assay_image_run *run);

/** What to call for data and for the other parts of a file, in the order of the file. */
struct assay_image_visit {
	assay_image_run_fn *run;
	void (*part)(void *context, const struct assay_image_part *part); /* NULL: not wanted */
	void *context;
};

/** Call back for all bytes of the delivered file. */
void assay_image_walk(const struct assay_image *delivered, const struct assay_image *rebuilt,
                      const struct assay_image_visit *visit);

/**
 * Call back for bytes of the rebuilt image that the delivered one lacks, less loose ones, in the
 * order of the file. The kind is FILLED, where the rule lets them be missing, or ADDED.
 */
void assay_image_walk_missing(const struct assay_image_side *rebuilt,
                              const struct assay_image *delivered,
                              const struct assay_image_visit *visit);

#endif
