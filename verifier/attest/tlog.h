/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An append-only log as static files: tiles of hashes, bundles of entries, a signed checkpoint. Any
 * web server can serve it, and a folder on a stick will do.
 *
 * Layer:  attest.
 * Source: C2SP tlog-tiles: paths, tiles of height 8, partial tiles, entry bundles.
 * Limits: entries of at most 65535 bytes. What counts is the checkpoint: files that are ahead of it
 *         are what is left of a process that died, and are written again.
 */
#ifndef ASSAY_ATTEST_TLOG_H
#define ASSAY_ATTEST_TLOG_H

#include "attest/note.h"

/** A log, open. Owned; free with assay_tlog_close. */
struct assay_tlog;

/**
 * Open a log, or begin one: the folder is locked against other writers.
 *
 * In:     write  whether it is to be appended to
 * Errors: ASSAY_E_SYSTEM, ASSAY_E_FORMAT; ASSAY_E_USAGE when another process writes to it
 */
ASSAY_CHECKED int assay_tlog_open(const char *path, bool write, struct assay_tlog **out,
                                  struct assay_error *err);
void assay_tlog_close(struct assay_tlog *log);

static inline void assay_cleanup_tlog(struct assay_tlog **log)
{
	assay_tlog_close(*log);
}
#define ASSAY_AUTO_TLOG ASSAY_AUTO(assay_cleanup_tlog)

/** Its checkpoint as a note; empty for a new log. Borrowed. */
struct assay_span assay_tlog_checkpoint(const struct assay_tlog *log);
uint64_t assay_tlog_size(const struct assay_tlog *log);

/** Append an entry. It counts only after assay_tlog_commit. */
ASSAY_CHECKED int assay_tlog_append(struct assay_tlog *log, struct assay_span entry,
                                    struct assay_error *err);

/**
 * Write what was appended, and a checkpoint signed by the log's key.
 *
 * Errors: ASSAY_E_TRUST  what is there does not have the root that the last checkpoint states
 */
ASSAY_CHECKED int assay_tlog_commit(struct assay_tlog *log, const char *origin,
                                    const struct assay_key *key, struct assay_error *err);

/** Prove an entry, or that the log has grown out of what it was. */
ASSAY_CHECKED int assay_tlog_prove(struct assay_tlog *log, uint64_t index,
                                   struct assay_merkle_proof *out, struct assay_error *err);
ASSAY_CHECKED int assay_tlog_prove_extension(struct assay_tlog *log, uint64_t old_size,
                                             struct assay_merkle_proof *out,
                                             struct assay_error *err);

/** Look for an entry, the newest first. Return: 1 with *index, 0 when it is not there, -1 */
ASSAY_CHECKED int assay_tlog_find(struct assay_tlog *log, struct assay_span entry, uint64_t *index,
                                  struct assay_error *err);

/** Append our entry about something: "statement sha256:…\n". kind is a word. */
void assay_tlog_entry(const char *kind, const struct assay_sha256 *digest,
                      struct assay_buffer *out);

#endif
