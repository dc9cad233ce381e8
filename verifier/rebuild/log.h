/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The build log: bytes in the order in which they arrive, kept up to a limit, and beyond it the
 * last of them, with a line in between that says how many are missing.
 *
 * Layer: rebuild.
 */
#ifndef ASSAY_REBUILD_LOG_H
#define ASSAY_REBUILD_LOG_H

#include "base/buffer.h"
#include "base/digest.h"

#define ASSAY_LOG_RING 65536 /* bytes kept beyond the limit, and looked at for the last lines */
#define ASSAY_LOG_LINES 40   /* last lines in a record; ours */

/** Zero-initialise, then open. Owned. */
struct assay_log {
	int fd;
	uint64_t limit;              /* bytes written as they come */
	uint64_t size;               /* bytes that came */
	struct assay_hasher *hasher; /* of the file */
	char *ring;                  /* the last bytes that came */
};

ASSAY_CHECKED int assay_log_open(struct assay_log *log, const char *path, uint64_t limit,
                                 struct assay_error *err);
void assay_log_fini(struct assay_log *log);
#define ASSAY_AUTO_LOG ASSAY_AUTO(assay_log_fini)

ASSAY_CHECKED int assay_log_add(struct assay_log *log, const void *ptr, size_t len,
                                struct assay_error *err);

/** Write what is left. Out: *digest of the file */
ASSAY_CHECKED int assay_log_finish(struct assay_log *log, struct assay_sha256 *digest,
                                   struct assay_error *err);

/** The last wanted lines, with their newlines, as far as the ring has them. Owner: caller frees. */
char *assay_log_tail(const struct assay_log *log, unsigned wanted);

#endif
