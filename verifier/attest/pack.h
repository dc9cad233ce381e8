/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reference packs as text: the predicate of a statement whose subject is the update. Described in
 * assay-reference(5), and by verifier/schema/reference-v1.json.
 *
 * Layer:  attest.
 * Limits: 1 MiB with envelope, evidence and signatures.
 */
#ifndef ASSAY_ATTEST_PACK_H
#define ASSAY_ATTEST_PACK_H

#include "attest/statements.h"
#include "model/reference.h"

#define ASSAY_PREDICATE_REFERENCE "https://assay.example/reference/v1"
#define ASSAY_PACK_SCHEMA "assay.reference/1"
#define ASSAY_PACK_MAX ((uint64_t)1 << 20) /* bytes of the file */

/** The predicate, without evidence and tool. A new reference. */
json_t *assay_pack_json(const struct assay_reference *reference);

/**
 * Read a predicate.
 *
 * Out:    *out, to be freed in any case
 * Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT  whatever does not add up: overlaps, paths twice, past the end
 */
ASSAY_CHECKED int assay_pack_parse(const json_t *predicate, struct assay_reference *out,
                                   struct assay_error *err);

/** A list of files, and back: *out sorted, to be freed in any case. */
json_t *assay_pack_files_json(const struct assay_reference_files *files);
ASSAY_CHECKED int assay_pack_files_parse(const json_t *list, struct assay_reference_files *out,
                                         struct assay_error *err);

/** One envelope, as it goes into a pack. Spans borrowed. */
struct assay_pack_evidence {
	const char *name;
	struct assay_span envelope; /* JSON */
	struct assay_span proof;    /* empty: none */
};

/**
 * Make the statement of a pack.
 *
 * In:     predicate, taken over, as assay_pack_json makes it
 * Errors: ASSAY_E_FORMAT  an envelope is none
 *         ASSAY_E_LIMIT   it would be no pack of at most ASSAY_PACK_MAX
 */
ASSAY_CHECKED int assay_pack_make(json_t *predicate, const struct assay_pack_evidence *evidence,
                                  size_t count, const struct assay_speaker *speaker,
                                  struct assay_buffer *out, struct assay_error *err);

#endif
