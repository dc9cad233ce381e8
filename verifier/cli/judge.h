/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Comparing and inspecting in a locked-in process: delivered bytes are read there and nowhere else.
 *
 * Layer:  cli.
 * Limits: see unpack/worker.h. This process computes digests and compares bytes for equality; all
 *         that looks into a file happens in the other one.
 */
#ifndef ASSAY_CLI_JUDGE_H
#define ASSAY_CLI_JUDGE_H

#include "compare/compare.h"
#include "model/inspection.h"

#define ASSAY_JUDGE_SECONDS 3600 /* the default time */

struct assay_judge {
	const struct assay_unpack_limits *limits; /* NULL: the defaults */
	const struct assay_progress *progress;    /* NULL: nobody listens */
	const char *member; /* take this member of delivered, or of the file; NULL: all of it */
	const struct assay_flash_layout
		*layout;  /* of flash memory that it is an image of, or NULL */
	uint64_t seconds; /* 0: the default */
	const struct assay_exclusions *exclusions; /* NULL: none */
};

/**
 * Compare two artefacts. An assay_compare_pair: context is a struct assay_judge. When the process
 * comes to a bad end, the result is inconclusive and says where it was.
 *
 * Errors: as assay_compare, and with a member as assay_unpack_member
 */
ASSAY_CHECKED int assay_judge_pair(void *context, const struct assay_side *delivered,
                                   const struct assay_side *rebuilt, struct assay_comparison *out,
                                   struct assay_error *err);

/**
 * Compare many pairs. An assay_compare_pairs. Pairs of equal bytes share a process, which is asked
 * for remarks; any other pair has one of its own, so that none has a say about another. When a
 * shared one comes to a bad end, its pairs are compared one by one.
 *
 * Errors: as assay_judge_pair
 */
ASSAY_CHECKED int assay_judge_pairs(void *context, const struct assay_sides *sides, size_t count,
                                    struct assay_comparison *out, struct assay_error *err);

/**
 * Look into a file. When the process comes to a bad end, the file is one artefact that was not
 * read.
 *
 * Errors: as assay_inspect, and with a member as assay_unpack_member
 */
ASSAY_CHECKED int assay_judge_inspect(const struct assay_judge *judge, struct assay_span file,
                                      struct assay_inspection *out, struct assay_error *err);

#endif
