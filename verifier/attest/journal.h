/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal of a run: what was done and seen, written down when it happened, a line of JSON each.
 *
 *	{"data":{…},"event":"built","ms":412,"previous":"…","record":3,"time":"2026-11-25T06:31:44Z"}
 *
 * Keys are sorted, without white space. record counts from 1. previous is the SHA-256 of the line
 * before, with its line end; 64 zeros in the first one. ms are milliseconds of a clock that nobody
 * sets, since the journal was opened. So a line that was changed, taken out or put in breaks the chain; that lines
 * at the end are missing is seen by who knows the digest of the last one: statements and bundles say
 * it.
 *
 * A line is appended by one write and synced before anything else is done. A process that is killed
 * leaves whole lines, a machine that loses its power at most a piece of one, which is no record: the
 * next run takes it off and says so. Nothing else is ever taken out; later runs in the same folder
 * go on behind the earlier ones.
 *
 * Layer:  attest.
 * Source: ISO/IEC 17025:2017, 7.5: observations recorded at the time they are made.
 * Limits: 64 MiB, 1 MiB a line.
 */
#ifndef ASSAY_ATTEST_JOURNAL_H
#define ASSAY_ATTEST_JOURNAL_H

#include "base/json.h"

#define ASSAY_JOURNAL_NAME "journal.jsonl"
#define ASSAY_JOURNAL_MAX ((uint64_t)64 << 20) /* bytes */

/** Where a journal ends. */
struct assay_journal_head {
	uint64_t records;
	struct assay_sha256 last; /* of the last line; all zero when there is none */
	uint64_t cut;             /* bytes behind the last line that are no line */
};

/** Initialise fd to -1. Owned. */
struct assay_journal {
	int fd;
	struct assay_journal_head head;
	uint64_t opened; /* milliseconds of the monotonic clock */
};
#define ASSAY_JOURNAL_INIT                                                                         \
	{                                                                                          \
		.fd = -1                                                                           \
	}

void assay_journal_close(struct assay_journal *journal);
#define ASSAY_AUTO_JOURNAL ASSAY_AUTO(assay_journal_close)

/**
 * Check a journal.
 *
 * Out:    *head
 * Errors: ASSAY_E_TRUST  "record N: …": the chain is broken there
 *         ASSAY_E_FORMAT, ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_journal_check(struct assay_span text, struct assay_journal_head *head,
                                      struct assay_error *err);

/** Whether a journal has a record of this number and digest. Errors: ASSAY_E_TRUST  it has not */
ASSAY_CHECKED int assay_journal_has(struct assay_span text, uint64_t record,
                                    const struct assay_sha256 *digest, struct assay_error *err);

/** Open a journal to go on with it, making it when there is none. Errors: as assay_journal_check */
ASSAY_CHECKED int assay_journal_open(int dirfd, const char *name, struct assay_journal *out,
                                     struct assay_error *err);

/**
 * Append a record and sync it.
 *
 * In: event  a word; data  an object, taken over, also on error
 */
ASSAY_CHECKED int assay_journal_note(struct assay_journal *journal, const char *event, json_t *data,
                                     struct assay_error *err);

#endif
