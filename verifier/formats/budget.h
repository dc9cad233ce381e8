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

struct assay_unpack_limits {
	unsigned depth;      /* containers inside containers */
	uint64_t members;    /* of all containers of a side together */
	uint64_t bytes;      /* unpacked from compressed streams, of each side */
	uint64_t ratio;      /* unpacked to packed, of one stream */
	uint64_t ratio_from; /* bytes unpacked before the ratio counts */
};

#define ASSAY_UNPACK_LIMITS_DEFAULT                                                                \
	{                                                                                          \
		.depth = 16, .members = 10000000, .bytes = UINT64_C(4) << 30, .ratio = 1000,       \
		.ratio_from = UINT64_C(64) << 20                                                   \
	}

/** The limits and what has been used of them. */
struct assay_budget {
	struct assay_unpack_limits limits;
	uint64_t members;
	uint64_t bytes;
};

static inline struct assay_budget assay_budget_of(const struct assay_unpack_limits *limits)
{
	struct assay_budget budget = { .limits = ASSAY_UNPACK_LIMITS_DEFAULT };

	if (limits != NULL)
		budget.limits = *limits;
	return budget;
}

/** Count one member more. Errors: ASSAY_E_LIMIT */
ASSAY_CHECKED int assay_budget_member(struct assay_budget *budget, struct assay_error *err);

#endif
