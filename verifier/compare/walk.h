/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known and used up while one file after the other is compared.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_WALK_H
#define ASSAY_COMPARE_WALK_H

#include "compare/compare.h"
#include "compare/identity.h"

/** What a walk carries along. */
struct assay_walk {
	struct assay_budget budgets[2];              /* delivered, rebuilt: used in two threads */
	const struct assay_compare_options *options; /* never NULL */
	uint64_t transplanted;              /* bytes of the record of transplanted values */
	struct assay_identities identities; /* that were met so far */
	unsigned depth;                     /* containers around the node that is being compared */
	struct assay_md5sums *md5sums;      /* of the .deb around it; NULL: none */
	const void *excluded[ASSAY_EXCLUSIONS_MAX]; /* the node that an exclusion is used for */
	struct assay_claims *claims; /* of the containers around it, the innermost first */
};

/** At the start: nothing is used up. options may be NULL. */
struct assay_walk assay_walk_of(const struct assay_compare_options *options);

#endif
