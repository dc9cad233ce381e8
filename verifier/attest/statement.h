/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * in-toto statements: what is said (the predicate) about what (the subjects).
 *
 * Layer:  attest.
 * Source: in-toto attestation, spec/v1/statement.md and resource_descriptor.md.
 * Limits: as attest/envelope.h; 4096 subjects.
 */
#ifndef ASSAY_ATTEST_STATEMENT_H
#define ASSAY_ATTEST_STATEMENT_H

#include "base/json.h"

#define ASSAY_STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define ASSAY_STATEMENT_SUBJECTS 4096

#define ASSAY_PREDICATE_PROVENANCE "https://slsa.dev/provenance/v1"
#define ASSAY_PREDICATE_SUMMARY "https://slsa.dev/verification_summary/v1"
/** Our own. The domain is one that RFC 2606, 2 keeps free: these are names, not addresses. */
#define ASSAY_PREDICATE_VERDICT "https://assay.example/build-equivalence/v1"
#define ASSAY_PREDICATE_REVIEW "https://assay.example/source-review/v1"
#define ASSAY_PREDICATE_BUNDLE "https://assay.example/bundle/v1"
#define ASSAY_PREDICATE_REVOCATION "https://assay.example/revocation/v1"

/** Zero-initialise. Owned; the other pointers are borrowed from json. */
struct assay_statement {
	json_t *json;
	const json_t *subjects; /* an array of one or more objects, each with a digest */
	const char *predicate_type;
	const json_t *predicate; /* an object */
};

void assay_statement_fini(struct assay_statement *statement);
#define ASSAY_AUTO_STATEMENT ASSAY_AUTO(assay_statement_fini)

/** Read a statement. Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_statement_parse(struct assay_span text, struct assay_statement *out,
                                        struct assay_error *err);

/** Whether one of the subjects has this SHA-256. Names decide nothing. */
bool assay_statement_has(const struct assay_statement *statement,
                         const struct assay_sha256 *digest);

/** Say for people what it is about and what it says: a few lines, quoted. */
void assay_statement_describe(const struct assay_statement *statement, struct assay_buffer *out);

/** A statement without subjects and with an empty predicate, to be filled. A new reference. */
json_t *assay_statement_new(const char *predicate_type);

/** Append a subject. Return: it, to add to; borrowed */
json_t *assay_statement_subject(json_t *statement, const char *name,
                                const struct assay_sha256 *digest);

/** {"name": …, "digest": {"sha256": …}}, a resource descriptor. A new reference; name may be NULL. */
json_t *assay_descriptor(const char *name, const struct assay_sha256 *digest);

/** Append the text of a statement as it is written and signed: sorted keys, a newline at the end. */
void assay_statement_write(const json_t *statement, struct assay_buffer *out);

#endif
