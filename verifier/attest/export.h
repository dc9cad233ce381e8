/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verdicts and reference packs in the forms of others. What is exported is not signed, and a form that
 * cannot say "no" is not written for a verdict that does.
 *
 * Layer:  attest.
 * Source: sha256sum(1); mtree(5); CycloneDX 1.6, "declarations"; SLSA provenance v1, in the shape in
 *         which OSS Rebuild says that two artifacts are equivalent.
 */
#ifndef ASSAY_ATTEST_EXPORT_H
#define ASSAY_ATTEST_EXPORT_H

#include "attest/statement.h"

/** What is exported. */
struct assay_export_input {
	const struct assay_statement *statement;
	struct assay_sha256 digest; /* of the statement's bytes */
	const char *version;        /* of assay */
};

/** One form. */
struct assay_export {
	const char *name; /* "sha256sum" */
	int (*write)(const struct assay_export_input *input, struct assay_buffer *out,
	             struct assay_error *err);
};

/** The form of a name; NULL: there is none. */
const struct assay_export *assay_export_find(const char *name);

/** Their names, with commas: for a message. */
#define ASSAY_EXPORT_NAMES "sha256sum, mtree, cyclonedx, equivalence"

/** The forms. Errors: ASSAY_E_USAGE  not for a statement of this kind, or of this verdict */
ASSAY_CHECKED int assay_export_sha256sum(const struct assay_export_input *input,
                                         struct assay_buffer *out, struct assay_error *err);
ASSAY_CHECKED int assay_export_mtree(const struct assay_export_input *input,
                                     struct assay_buffer *out, struct assay_error *err);
ASSAY_CHECKED int assay_export_cyclonedx(const struct assay_export_input *input,
                                         struct assay_buffer *out, struct assay_error *err);
ASSAY_CHECKED int assay_export_equivalence(const struct assay_export_input *input,
                                           struct assay_buffer *out, struct assay_error *err);

/** Whether it is a verdict, or a reference pack. */
bool assay_export_is(const struct assay_export_input *input, const char *predicate_type);

/** That a verdict says yes. Errors: ASSAY_E_USAGE */
ASSAY_CHECKED int assay_export_says_yes(const struct assay_export_input *input,
                                        struct assay_error *err);

#endif
