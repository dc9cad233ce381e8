/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a policy allows others to leave out: a path as a whole, "mtd:art", or a region of it,
 * "mtd:art@0+65536" (offset and size in bytes).
 *
 * Layer:  attest.
 */
#ifndef ASSAY_ATTEST_ALLOWANCE_H
#define ASSAY_ATTEST_ALLOWANCE_H

#include "base/json.h"

/** What is left out. Borrowed. */
struct assay_left_out {
	const char *path;
	bool placed; /* it says where */
	uint64_t offset, size;
};

/** Read the members offset and size of an exclusion; without good ones it does not say where. */
struct assay_left_out assay_left_out_of(const char *path, const json_t *exclusion);

/**
 * Whether one of the items allows it. An item with a region allows what lies in the region and nothing
 * else, whatever a path looks like.
 */
bool assay_allowance_covers(char *const *items, unsigned count, const struct assay_left_out *what);

/** A rule of schemas: the reason why an item could be read in two ways; NULL: it could not. */
const char *assay_allowance_wrong(const char *item);

#endif
