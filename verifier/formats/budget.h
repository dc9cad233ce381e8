/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much unpacking one side of a run may do. A limit that is reached is reported and makes the
 * artefact inconclusive; it never makes it match.
 *
 * Layer:  formats.
 * Limits: the figures are ours: an honest firmware image stays far below them, and a bomb is
 *         stopped before it fills the machine.
 */
#ifndef ASSAY_FORMATS_BUDGET_H
#define ASSAY_FORMATS_BUDGET_H

#include <stdint.h>

#include "base/error.h"
#include "base/spool.h"

struct assay_unpack_limits {
	unsigned depth;      /* containers inside containers */
	uint64_t members;    /* of all containers of a side together */
	uint64_t bytes;      /* unpacked from compressed streams, of each side */
	uint64_t ratio;      /* unpacked to packed, of one stream */
	uint64_t ratio_from; /* bytes unpacked before the ratio counts */
	uint64_t tables;     /* bytes of memory for what is known of members, of each side; as many
	                        again as its file has bytes come on top */
	struct assay_spool *spools; /* two, one for each side, for what unpacks to a lot; NULL: all
	                               of it is on the heap. Borrowed. */
};

#define ASSAY_UNPACK_LIMITS_DEFAULT                                                                \
	{                                                                                          \
		.depth = 16, .members = 10000000, .bytes = UINT64_C(4) << 30, .ratio = 1000,       \
		.ratio_from = UINT64_C(64) << 20, .tables = UINT64_C(80) << 20                     \
	}

/** The limits and what has been used of them. */
struct assay_budget {
	struct assay_unpack_limits limits;
	uint64_t members;
	uint64_t bytes;
	uint64_t tables;           /* of the file that is open */
	uint64_t tables_max;       /* for a file of its size */
	struct assay_spool *spool; /* NULL: none. Borrowed. */
};

/** The budget for a file of size bytes, nothing of it used. limits: NULL for the defaults. */
struct assay_budget assay_budget_for(const struct assay_unpack_limits *limits, uint64_t size);

/** The same for a file whose size is not known yet, or does not count. */
static inline struct assay_budget assay_budget_of(const struct assay_unpack_limits *limits)
{
	return assay_budget_for(limits, 0);
}

/** Begin with another file of size bytes: what was known of the one before is gone. */
void assay_budget_open(struct assay_budget *budget, uint64_t size);

/** Count one member more. Errors: ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_budget_member(struct assay_budget *budget, struct assay_error *err);

/** Whether what is known of members takes no more memory than it may. Errors: ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_budget_tables(const struct assay_budget *budget, struct assay_error *err);

#endif
