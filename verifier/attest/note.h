/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signed notes and checkpoints: short texts with signatures below, as transparency logs write them.
 *
 * Layer:  attest.
 * Source: C2SP signed-note (v1.0.0), tlog-checkpoint, tlog-cosignature (cosignature/v1).
 * Limits: 1 MiB, 64 signatures. Keys of other types than Ed25519 (0x01 and 0x04) are unknown, never
 *         failures.
 */
#ifndef ASSAY_ATTEST_NOTE_H
#define ASSAY_ATTEST_NOTE_H

#include "attest/key.h"
#include "attest/merkle.h"

#define ASSAY_NOTE_MAX ((uint64_t)1 << 20)
#define ASSAY_NOTE_SIGNATURES 64

/** signed-note, "Signature types" */
enum assay_note_type {
	ASSAY_NOTE_ED25519 = 0x01,
	ASSAY_NOTE_COSIGNATURE = 0x04, /* with the time at which a witness saw the note */
};

/** Who can sign notes: "NAME+ID+KEY". Zero-initialise; owned. */
struct assay_note_verifier {
	char *name;
	uint32_t id;
	uint8_t type;
	struct assay_key *key;
};

void assay_note_verifier_fini(struct assay_note_verifier *verifier);
#define ASSAY_AUTO_NOTE_VERIFIER ASSAY_AUTO(assay_note_verifier_fini)

/** Read a verifier key. Errors: ASSAY_E_FORMAT, also for a type that we cannot verify */
ASSAY_CHECKED int assay_note_verifier_parse(struct assay_span text, struct assay_note_verifier *out,
                                            struct assay_error *err);

/** The verifier of an Ed25519 key under a name. Errors: ASSAY_E_USAGE */
ASSAY_CHECKED int assay_note_verifier_of(const char *name, const struct assay_key *key,
                                         struct assay_buffer *out, struct assay_error *err);

struct assay_note_signature {
	struct assay_span name; /* borrowed from the note */
	uint32_t id;
	struct assay_bytes bytes;
};

/** Zero-initialise. Spans are borrowed from what was parsed; the rest is owned. */
struct assay_note {
	struct assay_span text; /* with its last newline */
	struct assay_note_signature signatures[ASSAY_NOTE_SIGNATURES];
	size_t count;
};

void assay_note_fini(struct assay_note *note);
#define ASSAY_AUTO_NOTE ASSAY_AUTO(assay_note_fini)

/** Read a note. It has at least one signature. Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_note_parse(struct assay_span text, struct assay_note *out,
                                   struct assay_error *err);

/**
 * Whether a verifier signed it.
 *
 * Out:    *time seconds since 1970-01-01 UTC, of a cosignature; untouched otherwise
 * Return: 1 yes, 0 there is no signature of that name and id, -1 there is one and it is bad
 * Errors: ASSAY_E_TRUST
 */
ASSAY_CHECKED int assay_note_verify(const struct assay_note *note,
                                    const struct assay_note_verifier *verifier, uint64_t *time,
                                    struct assay_error *err);

/** Append text and a signature by an Ed25519 key under a name. */
ASSAY_CHECKED int assay_note_sign(const char *name, const struct assay_key *key,
                                  struct assay_span text, struct assay_buffer *out,
                                  struct assay_error *err);

/** A checkpoint: what a log says about itself. origin is borrowed from the note. */
struct assay_checkpoint {
	struct assay_span origin;
	struct assay_merkle_tree tree;
};

/** Read the text of a note as a checkpoint. Lines behind the third are ignored. */
ASSAY_CHECKED int assay_checkpoint_parse(struct assay_span text, struct assay_checkpoint *out,
                                         struct assay_error *err);

/** Append the three lines of a checkpoint. */
void assay_checkpoint_write(const char *origin, const struct assay_merkle_tree *tree,
                            struct assay_buffer *out);

/** Cut the next line off a text, without its newline. Return: false when there is no whole line */
bool assay_note_line(struct assay_span *text, struct assay_span *line);

/** A decimal number without sign or leading zeros. Return: false for anything else */
bool assay_note_number(struct assay_span text, uint64_t *out);

/** A hash in base64. */
ASSAY_CHECKED int assay_note_hash(struct assay_span text, struct assay_sha256 *out,
                                  struct assay_error *err);

#endif
