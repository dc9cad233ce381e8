/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operator's question: is this file one that enough of the right people proved? Answered from
 * a policy and envelopes alone, without a network.
 *
 * Layer:  attest.
 * Source: assay-policy(5).
 */
#ifndef ASSAY_ATTEST_CHECK_H
#define ASSAY_ATTEST_CHECK_H

#include "attest/policy.h"
#include "attest/revocation.h"
#include "attest/statements.h"
#include "base/strings.h"

/** What became of one envelope. */
enum assay_standing {
	ASSAY_STANDING_COUNTS,
	ASSAY_STANDING_UNUSABLE,  /* not an envelope, not a statement, about something else … */
	ASSAY_STANDING_UNTRUSTED, /* the signatures are not those that the policy wants */
	ASSAY_STANDING_REVOKED,
	ASSAY_STANDING_REFUSED,    /* trusted, but not what the policy wants: age, product, rules */
	ASSAY_STANDING_WORSE_TIER, /* trusted; a match, at a worse tier */
	ASSAY_STANDING_INCONCLUSIVE, /* trusted; there is no verdict */
	ASSAY_STANDING_DIFFERENT,    /* trusted; says that the file does not match */
	ASSAY_STANDING_AMENDED,      /* who signed it has signed a later one in its place */
};

/** One envelope, judged. Strings owned. */
struct assay_judged {
	char *name; /* of its file, for people */
	enum assay_standing standing;
	char *why;                      /* one line, not quoted; NULL when it counts */
	char *product, *version;        /* that it is about; NULL when it is no statement */
	enum assay_tier tier;           /* when trusted */
	struct assay_sha256 statement;  /* digest of the payload */
	struct assay_sha256 provenance; /* of the rebuild that it rests on, when there is one */
	bool has_provenance;
	struct assay_sha256 amends; /* digest of the statement that this one is in place of */
	bool has_amends;
	bool signed_by[ASSAY_POLICY_SIGNERS]; /* by index of policy->signers: good signatures */
};

void assay_judged_fini(struct assay_judged *judged);

/** Zero-initialise. Owned. */
struct assay_check {
	struct assay_sha256 digest; /* what is asked about */
	struct assay_judged *judged;
	size_t count, cap;

	/* The answer. */
	enum assay_exit status;
	char *answer;                /* one line */
	struct assay_strings owners; /* distinct ones that count, sorted */
	uint64_t rebuilds;           /* independent ones that count */
	enum assay_tier tier;        /* worst of the verdicts that count */
};

void assay_check_fini(struct assay_check *check);
#define ASSAY_AUTO_CHECK ASSAY_AUTO(assay_check_fini)

/** With what envelopes are judged. Borrowed. */
struct assay_check_terms {
	const struct assay_policy *policy;
	const struct assay_revocation *revocation; /* NULL: none was given */
	int64_t now;                               /* seconds since 1970-01-01 UTC */
};

/** One piece of evidence. Borrowed. */
struct assay_evidence {
	const char *name; /* of the envelope's file, for people */
	struct assay_span envelope;
	struct assay_span proof; /* that it is in a log; empty when there is none */
};

/** Judge one envelope and add it. Whatever is wrong with it is part of the answer. */
void assay_check_add(struct assay_check *check, const struct assay_check_terms *terms,
                     const struct assay_evidence *evidence);

/** Put the judged envelopes together to one answer: status 0, 1, 3, 4 or 9. */
void assay_check_conclude(struct assay_check *check, const struct assay_check_terms *terms);

/** The answer for people and machines (schema "assay.check/1"), and as an SLSA verification summary. */
void assay_check_text(const struct assay_check *check, const struct assay_check_terms *terms,
                      struct assay_buffer *out);
json_t *assay_check_json(const struct assay_check *check, const struct assay_check_terms *terms);
json_t *assay_check_summary(const struct assay_check *check, const struct assay_check_terms *terms,
                            const struct assay_speaker *speaker);

#endif
