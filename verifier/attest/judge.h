/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One envelope under a policy: first whose signatures it has, then what the verdict in it says.
 *
 * Layer: attest, for check.c.
 */
#ifndef ASSAY_ATTEST_JUDGE_H
#define ASSAY_ATTEST_JUDGE_H

#include "attest/check.h"
#include "attest/statement.h"

/**
 * Judge an envelope.
 *
 * In:  digest of the file it has to be about
 * Out: *out but its name
 */
void assay_judge(const struct assay_check_terms *terms, const struct assay_sha256 *digest,
                 const struct assay_evidence *evidence, struct assay_judged *out);

/** Which keys of the policy signed an envelope; a revoked one did not. Out: out->signed_by */
void assay_judge_signers(const struct assay_check_terms *terms,
                         const struct assay_envelope *envelope, struct assay_judged *out);

/**
 * Where the policy wants time stamps: only signatures that the first of them covers count from here on.
 *
 * Out:    out->signed_by, or why there are no good ones
 * Return: 0, or -1 when there are none
 */
ASSAY_CHECKED int assay_judge_stamps(const struct assay_check_terms *terms,
                                     const struct assay_envelope *envelope,
                                     struct assay_judged *out);

/**
 * Where the policy wants it: whether a log that it believes has seen a statement.
 *
 * In:  proof  empty: there is none
 * Out: why not
 */
ASSAY_CHECKED int assay_judge_log(const struct assay_check_terms *terms,
                                  const struct assay_sha256 *statement, struct assay_span proof,
                                  struct assay_judged *out);

/**
 * Judge the envelope of a reference pack.
 *
 * Out:    *statement, to be freed in any case; *out but its name, with why it is not taken
 * Return: whether what it says is believed, even where the policy refuses its product or revoked it
 */
ASSAY_CHECKED bool assay_judge_pack(const struct assay_check_terms *terms,
                                    const struct assay_evidence *evidence,
                                    struct assay_statement *statement, struct assay_judged *out);

/**
 * How many distinct owners signed with a role.
 *
 * In:  roles  a set of bits 1 << role
 * Out: *owners, when not NULL, gets them; sorted by the caller
 */
uint64_t assay_judge_owners(const struct assay_policy *policy, const struct assay_judged *judged,
                            unsigned roles, struct assay_strings *owners);

#define ASSAY_ROLES_PERFORMER (1u << ASSAY_ROLE_PERFORMER)
#define ASSAY_ROLES_CHECKER (1u << ASSAY_ROLE_CHECKER)
#define ASSAY_ROLES_COUNTED (ASSAY_ROLES_PERFORMER | ASSAY_ROLES_CHECKER)

#endif
