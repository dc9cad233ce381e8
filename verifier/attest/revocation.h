/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Revocation lists: what was proved once and holds no more. Signed by a revoker, numbered, and good
 * until a stated time, so that an old list cannot stand in for a new one for ever.
 *
 * Layer:  attest. The format is described in assay-policy(5).
 * Limits: 16 MiB, 100000 items.
 */
#ifndef ASSAY_ATTEST_REVOCATION_H
#define ASSAY_ATTEST_REVOCATION_H

#include "attest/envelope.h"
#include "attest/policy.h"

#define ASSAY_REVOCATION_TYPE "application/vnd.assay.revocation+json"
#define ASSAY_REVOCATION_SCHEMA "assay.revocation/1"

/** Zero-initialise. Owned. */
struct assay_revocation {
	json_t *json;
	uint64_t number;
	int64_t issued, expires; /* seconds since 1970-01-01 UTC */
	const json_t *revoked;   /* array; borrowed */
};

void assay_revocation_fini(struct assay_revocation *list);
#define ASSAY_AUTO_REVOCATION ASSAY_AUTO(assay_revocation_fini)

/** Read a list (the payload of its envelope). Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_revocation_parse(struct assay_span text, struct assay_revocation *out,
                                         struct assay_error *err);

/**
 * Read an envelope with a list and hold it against a policy.
 *
 * In:     now, seconds since 1970-01-01 UTC
 * Errors: ASSAY_E_TRUST  not signed by a revoker, not valid at this time, older than the policy's
 *                        minimum, malformed
 */
ASSAY_CHECKED int assay_revocation_open(struct assay_span text, const struct assay_policy *policy,
                                        int64_t now, struct assay_revocation *out,
                                        struct assay_error *err);

/**
 * Whether a digest is on the list, be it an artefact's, a statement's or a key's.
 *
 * Return: the reason as it stands in the list (borrowed), NULL when it is not on it
 */
const char *assay_revocation_find(const struct assay_revocation *list,
                                  const struct assay_sha256 *digest);

#endif
