/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where an entry of a log is, without reading all of the log: sorted runs over its full bundles, as many
 * as the number of bundles has bits that are set. "index/K/N" is about bundles N << K to (N + 1) << K.
 *
 * Layer:  attest, for tlog.c.
 * Limits: a hint and no more: what it says is looked up in the bundles, and where a run is missing or is
 *         not as long as it should be they are read instead.
 */
#ifndef ASSAY_ATTEST_TLOG_INDEX_H
#define ASSAY_ATTEST_TLOG_INDEX_H

#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/span.h"

#define ASSAY_TLOG_WIDTH 256u /* entries of a full bundle: tlog-tiles, "Log Entries" */

/** Where the bundles are. */
struct assay_tlog_bundles {
	int fd; /* the log's folder; borrowed */
	int (*read)(void *data, uint64_t number, struct assay_bytes *out, struct assay_error *err);
	void *data;
};

/** Where an entry is in one bundle. Return: the last place; ASSAY_TLOG_WIDTH when it is not there */
unsigned assay_tlog_find_in(struct assay_span bundle, struct assay_span entry);

/** Write the runs over the first now bundles; those over the first before bundles are there. */
ASSAY_CHECKED int assay_tlog_index_write(const struct assay_tlog_bundles *bundles, uint64_t before,
                                         uint64_t now, struct assay_error *err);

/** Remove those that are in larger ones. What cannot be removed does no harm. */
void assay_tlog_index_clean(const struct assay_tlog_bundles *bundles, uint64_t before,
                            uint64_t now);

/** Look for the newest place of an entry in full bundles. Return: 1 with *index, 0, -1 */
ASSAY_CHECKED int assay_tlog_index_find(const struct assay_tlog_bundles *bundles, uint64_t count,
                                        struct assay_span entry, uint64_t *index,
                                        struct assay_error *err);

#endif
