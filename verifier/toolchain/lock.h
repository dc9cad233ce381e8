/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locks: every byte of a toolchain pinned. `assay toolchain lock` writes them; a manifest names
 * one by its id. assay-toolchain(5) describes the file.
 *
 * Layer:  toolchain.
 * Limits: 16 MiB of text.
 */
#ifndef ASSAY_TOOLCHAIN_LOCK_H
#define ASSAY_TOOLCHAIN_LOCK_H

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "model/toolchain.h"

/**
 * Read a lock.
 *
 * Out:    *out owned; free with assay_lock_free
 * Errors: ASSAY_E_FORMAT  "FILE:LINE: key: what"
 */
ASSAY_CHECKED int assay_lock_load(const char *path, struct assay_lock **out,
                                  struct assay_error *err);
void assay_lock_free(struct assay_lock *lock);

static inline void assay_cleanup_lock(struct assay_lock **lock)
{
	assay_lock_free(*lock);
}
#define ASSAY_AUTO_LOCK ASSAY_AUTO(assay_cleanup_lock)

/** Append a lock as YAML, in the one form that this program writes. */
void assay_lock_text(const struct assay_lock *lock, struct assay_buffer *out);

/**
 * Hold a lock against the intent beside it: NAME.intent.yaml for NAME.lock.yaml. A lock may stand
 * alone; one whose intent was changed since is stale.
 *
 * Errors: ASSAY_E_PIN  stale; the text says how to make the lock again
 *         as assay_intent_load
 */
ASSAY_CHECKED int assay_lock_check_intent(const struct assay_lock *lock, const char *path,
                                          struct assay_error *err);

/** How many files of the store the lock pins: packages, or blobs of an image. */
static inline unsigned assay_lock_pins(const struct assay_lock *lock)
{
	return lock->packages_count + lock->image_count;
}

/** One of them. Out: *what, for people. Return: its SHA-256 as text, borrowed; NULL behind the last */
const char *assay_lock_pin(const struct assay_lock *lock, unsigned index, const char **what);

/** All fields as JSON: a new reference. */
json_t *assay_lock_json(const struct assay_lock *lock);

/** SHA-256 of the canonical JSON: what a manifest pins. */
void assay_lock_id(const struct assay_lock *lock, struct assay_sha256 *out);

#endif
