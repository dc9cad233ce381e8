/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run of `assay verify` says, as statements that can be signed: how the rebuild went
 * (SLSA provenance), what the comparison found (our own predicate), and one line for gates (SLSA
 * verification summary). Written for failures too: a record of successes only is none.
 *
 * Layer:  attest. From the model and nothing else.
 * Source: SLSA 1.0, provenance/v1 and verification_summary/v1; verifier/schema for our own.
 *
 * The same result gives the same bytes, but for one block in each: "metadata" of a provenance, "run"
 * of a verdict, "timeVerified" of a summary. Without times these are left out.
 */
#ifndef ASSAY_ATTEST_STATEMENTS_H
#define ASSAY_ATTEST_STATEMENTS_H

#include "attest/statement.h"
#include "model/result.h"

#define ASSAY_LAB_UNNAMED "https://assay.example/lab/unnamed"

/** Who says it and with what. Strings borrowed. */
struct assay_speaker {
	const char *lab; /* a URI; ASSAY_LAB_UNNAMED when nobody said */
	const char
		*performer; /* who ran it, as the policy's "owner" names them; NULL when not said */
	const char *version;         /* of assay */
	struct assay_sha256 program; /* of assay's own file */
	bool times;
};

/** The three statements, each as its text. Zero-initialise; owned. */
struct assay_statements {
	struct assay_buffer provenance; /* empty when no build was begun */
	struct assay_buffer verdict;
	struct assay_buffer summary;
};

void assay_statements_fini(struct assay_statements *statements);
#define ASSAY_AUTO_STATEMENTS ASSAY_AUTO(assay_statements_fini)

void assay_statements_make(const struct assay_result *result, const struct assay_speaker *speaker,
                           struct assay_statements *out);

/** One of them. verdict and summary refer to what was said before by digest; NULL when it was not.
 *  New references. */
json_t *assay_provenance_statement(const struct assay_result *result,
                                   const struct assay_speaker *speaker);
json_t *assay_verdict_statement(const struct assay_result *result,
                                const struct assay_speaker *speaker,
                                const struct assay_sha256 *provenance);
json_t *assay_summary_statement(const struct assay_result *result,
                                const struct assay_speaker *speaker,
                                const struct assay_sha256 *provenance,
                                const struct assay_sha256 *verdict);

/** What a verification summary says beside its subjects. Strings borrowed. */
struct assay_summary {
	const struct assay_speaker *speaker;
	int64_t when; /* seconds since 1970-01-01 UTC */
	bool passed;
	const char *level;             /* one of SLSA's, or our own */
	const char *product, *version; /* NULL when not known */
	json_t *policy, *inputs;       /* taken over: a descriptor, an array of descriptors */
};

/** Fill in the predicate of a verification summary. */
void assay_summary_fill(json_t *statement, const struct assay_summary *summary);

/** {"name": "assay", "version": …, "digest": …}. A new reference. */
json_t *assay_speaker_tool(const struct assay_speaker *speaker);

/**
 * Append the delivered artefacts as subjects: what was compared, or, when nothing was, the files
 * that the manifest pins.
 */
void assay_statement_delivered(json_t *statement, const struct assay_result *result);

#endif
