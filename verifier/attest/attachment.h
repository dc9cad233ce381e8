/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other evidence about the same files: a penetration test, a review of documents, a test in a
 * laboratory. A statement binds the digest of its report to the subjects of a verdict.
 *
 * Layer:  attest.
 * Source: in-toto attestation, spec/predicates/test-result.md (v0.1); fields that it does not have begin
 *         with "assay_".
 */
#ifndef ASSAY_ATTEST_ATTACHMENT_H
#define ASSAY_ATTEST_ATTACHMENT_H

#include "attest/statement.h"
#include "attest/statements.h"

#define ASSAY_PREDICATE_TEST "https://in-toto.io/attestation/test-result/v0.1"

/** What a statement says. Strings borrowed. */
struct assay_attachment {
	const char *kind;   /* a word: "penetration-test" */
	const char *result; /* "PASSED", "WARNED", "FAILED" */
	const char *by;     /* who did it; NULL when not said */
	const char *report; /* name of the report's file */
	struct assay_sha256 report_digest;
	const char *plan; /* name of what it was done by; NULL: nothing */
	struct assay_sha256 plan_digest;
	int64_t when; /* seconds since 1970-01-01 UTC */
};

/** Whether a text is one of the three results. */
bool assay_attachment_result(const char *result);

/** A statement about the subjects of another one. A new reference. */
json_t *assay_attachment_statement(const struct assay_attachment *attachment,
                                   const struct assay_statement *subjects,
                                   const struct assay_speaker *speaker);

/** Take it out of a statement, less the plan. Strings are borrowed from it. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int assay_attachment_take(const struct assay_statement *statement,
                                        struct assay_attachment *out, struct assay_error *err);

#endif
