/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which entry of one container is the counterpart of which entry of the other: the first of a
 * name goes with the first of that name, the second with the second. Names may repeat, and none
 * of the repeats is skipped.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_PAIR_H
#define ASSAY_COMPARE_PAIR_H

#include "formats/reader.h"

#define ASSAY_UNPAIRED SIZE_MAX

/** Owned; free with assay_pairing_fini. */
struct assay_pairing {
	size_t *rebuilt_of;   /* for each delivered entry, or ASSAY_UNPAIRED */
	size_t *delivered_of; /* for each rebuilt entry, or ASSAY_UNPAIRED */
	size_t moved;         /* how many pairs stand before a pair that they should follow */
	size_t first_moved;   /* the first of them, an index of a delivered entry */
};

/** Start with no counterpart for any entry. */
void assay_pairing_init(struct assay_pairing *out, const struct assay_contents *delivered,
                        const struct assay_contents *rebuilt);
void assay_pairing_make(struct assay_pairing *out, const struct assay_contents *delivered,
                        const struct assay_contents *rebuilt);
void assay_pairing_fini(struct assay_pairing *pairing);
#define ASSAY_AUTO_PAIRING ASSAY_AUTO(assay_pairing_fini)

#endif
