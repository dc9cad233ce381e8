/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which logs are believed, and how many witnesses have to have seen a checkpoint; and proofs that can
 * be checked with nothing else.
 *
 * Layer:  attest.
 * Source: C2SP tlog-policy (log, witness, group, quorum), tlog-proof (v1).
 * Limits: 64 KiB, 64 logs and 64 witnesses and groups together.
 */
#ifndef ASSAY_ATTEST_WITNESS_H
#define ASSAY_ATTEST_WITNESS_H

#include "attest/note.h"

#define ASSAY_WITNESS_FILE_MAX ((uint64_t)65536)
#define ASSAY_WITNESS_MAX 64

/** A witness, or a group of those before it. */
struct assay_witness {
	char *name;
	bool is_group;
	struct assay_note_verifier verifier; /* of a witness */
	uint64_t threshold;                  /* of a group */
	uint64_t members;                    /* of a group: bits by index */
};

/** Zero-initialise. Owned. */
struct assay_witness_policy {
	struct assay_note_verifier logs[ASSAY_WITNESS_MAX];
	size_t log_count;
	struct assay_witness witnesses[ASSAY_WITNESS_MAX];
	size_t count;
	int quorum; /* index of a witness or group; -1: none is wanted */
};

void assay_witness_policy_fini(struct assay_witness_policy *policy);
#define ASSAY_AUTO_WITNESS_POLICY ASSAY_AUTO(assay_witness_policy_fini)

/** Read a policy. Errors: ASSAY_E_FORMAT as "line N: what", ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_witness_policy_parse(struct assay_span text,
                                             struct assay_witness_policy *out,
                                             struct assay_error *err);

/**
 * Check a checkpoint's signatures: by a log that the policy has under the checkpoint's origin, and
 * by its quorum.
 *
 * Errors: ASSAY_E_TRUST, ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_witness_check(const struct assay_witness_policy *policy,
                                      struct assay_span note, struct assay_checkpoint *out,
                                      struct assay_error *err);

/** Zero-initialise. Spans are borrowed from what was parsed. */
struct assay_tlog_proof {
	uint64_t index;
	struct assay_merkle_proof proof;
	struct assay_span checkpoint; /* the note */
};

ASSAY_CHECKED int assay_tlog_proof_parse(struct assay_span text, struct assay_tlog_proof *out,
                                         struct assay_error *err);
void assay_tlog_proof_write(const struct assay_tlog_proof *proof, struct assay_buffer *out);

/**
 * Check that an entry is in a log that is believed.
 *
 * Out:    *out the checkpoint, borrowed from proof
 * Errors: ASSAY_E_TRUST, ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_tlog_proof_check(const struct assay_tlog_proof *proof,
                                         const struct assay_witness_policy *policy,
                                         struct assay_span entry, struct assay_checkpoint *out,
                                         struct assay_error *err);

/**
 * That a log has only grown, as a witness is told it. Zero-initialise; spans borrowed.
 * Source: C2SP tlog-witness, "add-checkpoint": "old N", hashes, an empty line, the checkpoint.
 */
struct assay_growth_proof {
	uint64_t old_size;
	struct assay_merkle_proof proof;
	struct assay_span checkpoint;
};

ASSAY_CHECKED int assay_growth_proof_parse(struct assay_span text, struct assay_growth_proof *out,
                                           struct assay_error *err);
void assay_growth_proof_write(const struct assay_growth_proof *growth, struct assay_buffer *out);

/** Check that a log that is believed has grown out of an old checkpoint of its own. */
ASSAY_CHECKED int assay_growth_proof_check(const struct assay_growth_proof *growth,
                                           const struct assay_witness_policy *policy,
                                           const struct assay_checkpoint *old,
                                           struct assay_checkpoint *out, struct assay_error *err);

#endif
