/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intents: which packages a toolchain shall have. People write them; assay-toolchain(5) describes
 * the file.
 *
 * Layer:  toolchain.
 * Limits: 1 MiB of text.
 */
#ifndef ASSAY_TOOLCHAIN_INTENT_H
#define ASSAY_TOOLCHAIN_INTENT_H

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "model/toolchain.h"

/**
 * Read an intent.
 *
 * Out:    *out owned; free with assay_intent_free
 * Errors: ASSAY_E_FORMAT  "FILE:LINE: key: what"
 */
ASSAY_CHECKED int assay_intent_load(const char *path, struct assay_intent **out,
                                    struct assay_error *err);
void assay_intent_free(struct assay_intent *intent);

static inline void assay_cleanup_intent(struct assay_intent **intent)
{
	assay_intent_free(*intent);
}
#define ASSAY_AUTO_INTENT ASSAY_AUTO(assay_cleanup_intent)

/** All fields as JSON: a new reference. */
json_t *assay_intent_json(const struct assay_intent *intent);

/** SHA-256 of the canonical JSON: what a lock says it was made from. */
void assay_intent_id(const struct assay_intent *intent, struct assay_sha256 *out);

#endif
