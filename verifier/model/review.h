/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people reviewed, and how it compares with what was built.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_REVIEW_H
#define ASSAY_MODEL_REVIEW_H

#include "model/inventory.h"

/** One review, or a manifest's pin of one. Zero-initialise. Owned. */
struct assay_review {
	char *at;                      /* folder below build.path that it is about, "." for all */
	struct assay_sha256 tree;      /* as assay_inventory_digest */
	struct assay_sha256 statement; /* of the record; all zero for a manifest's pin */
	char *reviewer, *scope;        /* NULL for a manifest's pin */
	bool has_files;
	struct assay_inventory files; /* of the record, paths below at */
};

void assay_review_fini(struct assay_review *review);

enum assay_source_kind {
	ASSAY_SOURCE_NOT_REVIEWED, /* it was built, and no review has it */
	ASSAY_SOURCE_CHANGED,      /* it is not the one that was reviewed */
	ASSAY_SOURCE_MISSING,      /* it was reviewed, and the build did not get it */
	ASSAY_SOURCE_OPAQUE,       /* the build opened it, and nobody can review it by reading */
	ASSAY_SOURCE_KINDS,
};

/** Static text: "built-not-reviewed", "changed-after-review", "reviewed-not-built",
 *  "opaque-opened"; and one for people. */
const char *assay_source_kind_name(enum assay_source_kind kind);
const char *assay_source_kind_text(enum assay_source_kind kind);

struct assay_source_finding {
	enum assay_source_kind kind;
	char *path; /* below build.path, as on disk; owned */
	bool used;  /* the build opened it */
	enum assay_opaque opaque;
};

/** Zero-initialise. Owned. */
struct assay_source_check {
	struct assay_review *reviews;
	size_t review_count, review_cap;
	bool wanted; /* there are reviews: the sources must be those */
	bool agrees; /* and they are */
	struct assay_source_finding *findings;
	size_t count, cap;
	uint64_t counts[ASSAY_SOURCE_KINDS];
	uint64_t
		never_used; /* files that were reviewed and built, and that the build never opened */
};

void assay_source_check_fini(struct assay_source_check *check);

/** Append an empty review. Return: it; borrowed until the next one */
struct assay_review *assay_source_check_add(struct assay_source_check *check);

#endif
