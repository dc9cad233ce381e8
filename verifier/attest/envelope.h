/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DSSE envelopes: a payload and any number of signatures over it.
 *
 * Layer:  attest.
 * Source: DSSE 1.0.2, envelope.md and protocol.md. Unknown fields are ignored and kept; "keyid" is a
 *         hint to people and decides nothing.
 * Limits: 16 MiB, 64 signatures of at most 8 KiB, a type of at most 255 bytes.
 */
#ifndef ASSAY_ATTEST_ENVELOPE_H
#define ASSAY_ATTEST_ENVELOPE_H

#include "attest/key.h"
#include "base/json.h"

#define ASSAY_ENVELOPE_MAX ((uint64_t)16 << 20) /* bytes of the file */
#define ASSAY_ENVELOPE_SIGNATURES 64
#define ASSAY_ENVELOPE_INTOTO "application/vnd.in-toto+json" /* in-toto attestation, envelope.md */

/** One signature: its bytes (owned), and the envelope's JSON for it (borrowed from the envelope). */
struct assay_signature {
	struct assay_bytes bytes;
	json_t *json;
};

/** Zero-initialise. Owned. The payload is decoded once: what is verified is what is read. */
struct assay_envelope {
	json_t *json;             /* as it was read, with unknown fields */
	const char *payload_type; /* borrowed from json */
	struct assay_bytes payload;
	struct assay_signature signatures[ASSAY_ENVELOPE_SIGNATURES];
	size_t count;
};

void assay_envelope_fini(struct assay_envelope *envelope);
#define ASSAY_AUTO_ENVELOPE ASSAY_AUTO(assay_envelope_fini)

/**
 * Read an envelope. It may have no signature yet: that is for the policy to refuse.
 *
 * Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_envelope_parse(struct assay_span text, struct assay_envelope *out,
                                       struct assay_error *err);

/** Make an envelope without signatures. The payload is copied. */
void assay_envelope_make(const char *payload_type, struct assay_span payload,
                         struct assay_envelope *out);

/** Whether a JSON object looks like an envelope: it has payload and payloadType. */
bool assay_envelope_is(const json_t *json);

/** Append the text that is signed: PAE(type, payload). */
void assay_envelope_pae(const struct assay_envelope *envelope, struct assay_buffer *out);

/**
 * Add a signature. Refuses when one of this key is there already.
 *
 * Errors: ASSAY_E_USAGE, ASSAY_E_LIMIT; as assay_key_sign
 */
ASSAY_CHECKED int assay_envelope_sign(struct assay_envelope *envelope, const struct assay_key *key,
                                      struct assay_error *err);

/**
 * Whether any signature of the envelope is by this key.
 *
 * In:     pae  of this envelope, made once for many keys
 * Return: its index, -1 for none
 */
int assay_envelope_find(const struct assay_envelope *envelope, struct assay_span pae,
                        const struct assay_key *key);

/** Append the envelope as JSON, with a newline. */
void assay_envelope_write(const struct assay_envelope *envelope, struct assay_buffer *out);

#endif
