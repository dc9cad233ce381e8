/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record of a review as a statement: which source tree, by three of its names, who reviewed it
 * and how far. The list of its files is a file beside it, under its digest: so the statement has no
 * name of a file in it, and can go where sources may not.
 *
 * Layer:  attest.
 * Source: in-toto attestation, digest_set.md for gitTree and dirHash; verifier/schema for our own.
 */
#ifndef ASSAY_ATTEST_REVIEW_H
#define ASSAY_ATTEST_REVIEW_H

#include "attest/statement.h"
#include "attest/statements.h"
#include "model/review.h"

/** What a record says beside what struct assay_review has. Strings borrowed; NULL: not there. */
struct assay_review_terms {
	const struct assay_speaker *speaker;
	const char *git_tree, *left_out;
	const struct assay_sha256 *dirhash;
	struct assay_sha256 list; /* of the list's text */
	int64_t when;             /* seconds since 1970-01-01 UTC */
};

/** A new reference. */
json_t *assay_review_statement(const struct assay_review *review,
                               const struct assay_review_terms *terms);

/**
 * Take a review out of a statement, without its files.
 *
 * Out:    *out its fields; *list the digest of the list
 * Errors: ASSAY_E_FORMAT  another statement, or malformed
 */
ASSAY_CHECKED int assay_review_take(const struct assay_statement *statement,
                                    struct assay_review *out, struct assay_sha256 *list,
                                    struct assay_error *err);

/** Add the list's text. Errors: ASSAY_E_PIN  not the list, or not the tree, of the record */
ASSAY_CHECKED int assay_review_take_files(struct assay_review *review,
                                          const struct assay_sha256 *list, struct assay_span text,
                                          struct assay_error *err);

#endif
