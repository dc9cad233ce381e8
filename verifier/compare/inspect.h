/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is inside one file, to the depth to which a comparison would look, and which rule of the
 * comparison may touch which bytes.
 *
 * Layer:  compare. Bytes in, model out.
 * Limits: as a comparison: formats/budget.h.
 */
#ifndef ASSAY_COMPARE_INSPECT_H
#define ASSAY_COMPARE_INSPECT_H

#include "base/span.h"
#include "formats/budget.h"
#include "formats/disk/flash_layout.h"
#include "model/inspection.h"

/**
 * Look into a file that is in memory.
 *
 * In:     limits may be NULL for the defaults; layout, when the file is an image of flash memory
 *         that is divided so, else NULL
 * Out:    *out, to be freed in any case. What cannot be read to its end has its trouble set.
 * Errors: ASSAY_E_FORMAT  an invariant does not hold: a bug in assay
 */
ASSAY_CHECKED int assay_inspect(struct assay_span file, const struct assay_unpack_limits *limits,
                                const struct assay_flash_layout *layout,
                                struct assay_inspection *out, struct assay_error *err);

#endif
