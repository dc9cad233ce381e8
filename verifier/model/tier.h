/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How strong a match is, and the exit statuses that say so. The same for every command.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_TIER_H
#define ASSAY_MODEL_TIER_H

#include <stdbool.h>

#include "base/error.h"

/** From best to worst. */
enum assay_tier {
	ASSAY_TIER_IDENTICAL,    /* same bytes */
	ASSAY_TIER_TRANSPLANTED, /* same bytes after opaque values were copied over under rules */
	ASSAY_TIER_REPACKED,     /* same members and metadata, other packing */
	ASSAY_TIER_NORMALISED,   /* and ELF members whose run-time view is equal */
	ASSAY_TIER_DIFFERENT,    /* at least one unexplained byte or metadata item */
	ASSAY_TIER_INCONCLUSIVE, /* something could not be read to the end */
};

enum assay_exit {
	ASSAY_EXIT_MATCH = 0,
	ASSAY_EXIT_DIFFERENT = 1,
	ASSAY_EXIT_TROUBLE = 2,
	ASSAY_EXIT_INCONCLUSIVE = 3,
	ASSAY_EXIT_WORSE_TIER = 4,
	ASSAY_EXIT_NOT_DETERMINISTIC = 5,
	ASSAY_EXIT_BUILD_FAILED = 6,
	ASSAY_EXIT_BUILD_LIMIT = 7,
	ASSAY_EXIT_PIN = 8,
	ASSAY_EXIT_TRUST = 9,
};

const char *assay_tier_name(enum assay_tier tier);

/** Return: false when the name is none of the four that may be accepted (identical … normalised) */
bool assay_tier_parse_accept(const char *name, enum assay_tier *out);

static inline enum assay_tier assay_tier_worse(enum assay_tier a, enum assay_tier b)
{
	return a > b ? a : b;
}

/** The exit status for a verdict: 0, 1, 3 or 4. */
enum assay_exit assay_tier_exit(enum assay_tier tier, enum assay_tier accept);

/** The exit status for a run that ended in an error: 2, 8 or 9. */
enum assay_exit assay_error_exit(enum assay_errc code);

#endif
