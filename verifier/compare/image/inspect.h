/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every byte of a flat image is for.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_IMAGE_INSPECT_H
#define ASSAY_COMPARE_IMAGE_INSPECT_H

#include "formats/budget.h"
#include "model/inspection.h"

/** Whether a file is Intel HEX, S-records or UF2, or anything with a DFU suffix. */
bool assay_image_is_flat(struct assay_span file);

/**
 * Fill in the ranges of an artefact for which that holds. One that cannot be read to its end gets
 * its trouble set and no range.
 */
void assay_image_inspect(struct assay_span file, struct assay_budget *budget,
                         struct assay_inspected *out);

#endif
