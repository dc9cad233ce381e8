/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the reader of a verdict demands: whose signatures, how many, which tier, how fresh. Described
 * in assay-policy(5).
 *
 * Layer:  attest.
 * Limits: 1 MiB, 256 keys.
 */
#ifndef ASSAY_ATTEST_POLICY_H
#define ASSAY_ATTEST_POLICY_H

#include "attest/chain.h"
#include "attest/key.h"
#include "attest/witness.h"
#include "model/tier.h"

#define ASSAY_POLICY_MAX ((uint64_t)1 << 20) /* bytes of the file */
#define ASSAY_POLICY_SIGNERS 256

enum assay_role {
	ASSAY_ROLE_PERFORMER, /* ran the verification */
	ASSAY_ROLE_CHECKER,   /* checked what the performer did; another owner */
	ASSAY_ROLE_WITNESS,   /* was there; never counted */
	ASSAY_ROLE_REVOKER,   /* signs revocation lists; never counted */
};

const char *assay_role_name(enum assay_role role);

/** One key, and who it belongs to. Strings owned. */
struct assay_signer {
	char *owner;
	enum assay_role role;
	char *key;     /* PEM in the policy itself; NULL when it is in a file */
	char *file;    /* path beside the policy; NULL when it is in the policy */
	char *root;    /* path of certificates that may vouch for the key of a signature, instead */
	char *subject; /* whom the certificate of the key has to be about; with root */
	char *crls;    /* path of CRLs, none of which may have one of the certificates; with root */
};

/** Evidence beside verdicts that a whole case must have: see attest/case.h. */
struct assay_demand {
	char *kind;
	uint64_t owners; /* distinct ones who signed that it passed */
};

/** Strings owned; NULL where the policy says nothing. */
struct assay_policy {
	char *schema;
	struct assay_policy_product {
		char *name;
		char *version; /* exactly this one */
		char *minimum; /* this one or newer */
	} product;
	struct assay_policy_verdict {
		enum assay_tier accept;
		char **rules; /* those that may be used; one item "any": every one */
		unsigned rules_count;
		char **exclusions; /* what need not be compared: attest/allowance.h */
		unsigned exclusions_count;
		uint64_t max_age; /* days; 0: any age */
	} verdict;
	struct assay_policy_required {
		uint64_t owners;     /* distinct ones, performers and checkers together */
		uint64_t performers; /* distinct owners on each verdict that counts */
		uint64_t checkers;   /* distinct owners on each verdict that counts, beside those */
		uint64_t rebuilds;   /* verdicts by distinct performers on distinct provenances */
	} required;
	struct assay_policy_revocation {
		uint64_t minimum; /* number of the oldest list that is taken */
	} revocation;
	struct assay_policy_file {
		char *file;
	} timestamps, /* certificates of the authorities whose time stamps a verdict must have */
		log;  /* the logs and witnesses by whom a verdict must have been seen */
	struct assay_demand *demands;
	unsigned demands_count;
	struct assay_signer *signers;
	unsigned signers_count;

	/* What the loader adds. */
	bool wants_revocation;                  /* the policy has a block "revocation" */
	struct assay_bytes authorities;         /* of timestamps; empty: none are wanted */
	struct assay_witness_policy *witnesses; /* of log; NULL: no proof is wanted */
	struct assay_key **keys;       /* one for each signer; NULL where it has an anchor */
	struct assay_anchor **anchors; /* one for each signer; NULL where it has a key */
	struct assay_sha256 digest;    /* of the file */
};

/**
 * Read a policy and its keys.
 *
 * Errors: ASSAY_E_FORMAT  as "FILE:LINE: key: what": a key twice, a threshold that nobody can reach
 */
ASSAY_CHECKED int assay_policy_load(const char *path, struct assay_policy **out,
                                    struct assay_error *err);

/** As assay_policy_load, from memory. name: what messages call it; keys in files are refused. */
ASSAY_CHECKED int assay_policy_parse(const char *name, struct assay_span text,
                                     struct assay_policy **out, struct assay_error *err);

/**
 * Whether the CRLs of signers are those of now: who cannot tell who is revoked has no opinion.
 *
 * Errors: ASSAY_E_TRUST
 */
ASSAY_CHECKED int assay_policy_current(const struct assay_policy *policy, int64_t now,
                                       struct assay_error *err);

void assay_policy_free(struct assay_policy *policy);

static inline void assay_cleanup_policy(struct assay_policy **policy)
{
	assay_policy_free(*policy);
}
#define ASSAY_AUTO_POLICY ASSAY_AUTO(assay_cleanup_policy)

#endif
