/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A few bytes of one side, as text where they are text and as hexadecimal digits where not.
 *
 * Layer: report.
 */
#ifndef ASSAY_REPORT_EXCERPT_H
#define ASSAY_REPORT_EXCERPT_H

#include "base/buffer.h"
#include "model/comparison.h"

/** Append one line, or nothing when there is nothing to show on either side. */
void assay_excerpt_add(struct assay_buffer *out, const char *label,
                       const struct assay_excerpt *excerpt, const struct assay_excerpt *other);

#endif
