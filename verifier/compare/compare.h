/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The comparison: what was delivered against what was rebuilt, byte by byte, to every depth.
 *
 * Equal runs of bytes are settled where they are met and not opened. Where two containers differ
 * their members are paired by name and order; each framing byte must be equal, unless it follows
 * from a member that differs. Only a rule moves a difference out of the class unexplained.
 *
 * Layer:  compare. Bytes in, model out; nothing is printed, nothing is written.
 * Limits: everything is in memory; see formats/budget.h.
 */
#ifndef ASSAY_COMPARE_COMPARE_H
#define ASSAY_COMPARE_COMPARE_H

#include "base/progress.h"
#include "formats/budget.h"
#include "formats/disk/flash_layout.h"
#include "model/comparison.h"
#include "model/exclusion.h"

/** One side. */
struct assay_side {
	const char *name; /* as a person would name it: a path, or "data.tar.xz!/usr/x" */
	struct assay_span span;
};

/** Compares two artefacts instead of assay_compare: in another process. As that function. */
typedef int assay_compare_pair(void *context, const struct assay_side *delivered,
                               const struct assay_side *rebuilt, struct assay_comparison *out,
                               struct assay_error *err);

struct assay_sides {
	struct assay_side delivered, rebuilt;
};

/** The same for count pairs, into as many comparisons; the digests of the sides are left out. */
typedef int assay_compare_pairs(void *context, const struct assay_sides *pairs, size_t count,
                                struct assay_comparison *out, struct assay_error *err);

struct assay_compare_options {
	const struct assay_unpack_limits *limits; /* NULL: the defaults */
	const struct assay_progress *progress;    /* NULL: nobody listens */
	assay_compare_pair *pair;                 /* of two files; NULL: assay_compare */
	assay_compare_pairs *pairs;               /* of two directories; NULL: assay_compare */
	void *context;                            /* for pair and pairs */
	const struct assay_flash_layout
		*layout; /* the two files are images of flash memory, divided so;
	                                      NULL: whatever they are is told by their bytes */
	const struct assay_exclusions *exclusions; /* NULL: none. At most ASSAY_EXCLUSIONS_MAX */
	bool no_digests; /* leave those of the two sides out: the caller computes them */
};

/**
 * Compare two artefacts that are in memory.
 *
 * In:     options may be NULL
 * Out:    *out, concluded: tiers set, every ledger's sum checked. Owned by the caller.
 * Return: 0 with any verdict, -1 when there is none
 * Errors: ASSAY_E_FORMAT  an invariant does not hold: a bug in assay
 */
ASSAY_CHECKED int assay_compare(const struct assay_side *delivered,
                                const struct assay_side *rebuilt,
                                const struct assay_compare_options *options,
                                struct assay_comparison *out, struct assay_error *err);

/**
 * Compare two files, or two directories with all in them.
 *
 * Links are compared, never followed. The bytes of a directory are those of its regular files,
 * in the order of their names.
 *
 * Errors: ASSAY_E_USAGE   a file on one side and a directory on the other; a FIFO or device
 *         ASSAY_E_SYSTEM  cannot open or read
 */
ASSAY_CHECKED int assay_compare_paths(const char *delivered, const char *rebuilt,
                                      const struct assay_compare_options *options,
                                      struct assay_comparison *out, struct assay_error *err);

#endif
