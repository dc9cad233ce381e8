/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole case: verdicts about a file, and what else people found out about it and about the sources
 * that it was built from; and what a policy still misses.
 *
 * A result of a test is about a file when it names it by its SHA-256. A review is about a file when a
 * verdict that counts says that what was built is the tree that was reviewed.
 *
 * Layer: attest.
 */
#ifndef ASSAY_ATTEST_CASE_H
#define ASSAY_ATTEST_CASE_H

#include "attest/check.h"

#define ASSAY_CASE_REVIEW "source-review" /* the kind of a record of a review */

/** One piece of evidence beside the verdicts. Owned. */
struct assay_case_item {
	char *name;                  /* of its file */
	char *kind;                  /* of an attachment, or ASSAY_CASE_REVIEW */
	char *result;                /* "PASSED", "WARNED", "FAILED"; a review has passed */
	char *by;                    /* who did it or reviewed it; NULL when not said */
	struct assay_sha256 subject; /* of a review: the tree; else of the report */
	struct assay_strings owners; /* performers and checkers who signed it, sorted */
	char *why;                   /* why it does not count; NULL: it does */
	bool about;                  /* it is about this file */
};

/** What became of a demand of the policy. */
enum assay_case_standing {
	ASSAY_CASE_MISSING, /* too few */
	ASSAY_CASE_MET,
	ASSAY_CASE_FAILED /* one who is known says that it did not pass */
};

/** Zero-initialise. Owned. */
struct assay_case {
	struct assay_check check;
	struct assay_case_item *items;
	size_t count, cap;
	struct assay_strings trees;          /* "N DIGEST": verdict N names the tree as reviewed */
	enum assay_case_standing *standings; /* one for each demand of the policy */
	uint64_t *owners;                    /* how many stand behind each */
	enum assay_exit status;
};

void assay_case_fini(struct assay_case *c);
#define ASSAY_AUTO_CASE ASSAY_AUTO(assay_case_fini)

/** Judge an envelope and add it, whatever it is. */
void assay_case_add(struct assay_case *c, const struct assay_check_terms *terms,
                    const struct assay_evidence *evidence);

/** Put it together: status of the verdicts; 9 when they prove the file and a demand is not met. */
void assay_case_conclude(struct assay_case *c, const struct assay_check_terms *terms);

void assay_case_text(const struct assay_case *c, const struct assay_check_terms *terms,
                     struct assay_buffer *out);
json_t *assay_case_json(const struct assay_case *c, const struct assay_check_terms *terms);

#endif
