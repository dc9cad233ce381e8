/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SHA-512 of things whose SHA-256 is known, for devices that report nothing else.
 *
 * Layer:  model.
 */
#ifndef ASSAY_MODEL_TWINS_H
#define ASSAY_MODEL_TWINS_H

#include "base/digest.h"

struct assay_twin {
	struct assay_sha256 sha256;
	struct assay_sha512 sha512; /* of the same bytes */
};

/** Zero-initialise; sorted before anything is looked for. Owned. */
struct assay_twins {
	struct assay_twin *items;
	size_t count, cap;
};

void assay_twins_fini(struct assay_twins *twins);
void assay_twins_add(struct assay_twins *twins, const struct assay_twin *twin);

/** Sort by SHA-512 and drop what is there twice. */
void assay_twins_sort(struct assay_twins *twins);

/** The SHA-256 of what has a SHA-512. Return: borrowed; NULL when nothing has it */
const struct assay_sha256 *assay_twins_find(const struct assay_twins *twins,
                                            const struct assay_sha512 *sha512);

#endif
