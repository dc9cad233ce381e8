/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports of an inspection: for machines and for people. The same inspection gives the same
 * bytes.
 *
 * Layer: report. Written from struct assay_inspection and from nothing else.
 */
#ifndef ASSAY_REPORT_INSPECT_H
#define ASSAY_REPORT_INSPECT_H

#include "base/buffer.h"
#include "base/json.h"
#include "model/inspection.h"

/** The machine form, schema "assay.inspect/1". A new reference. name: of the file. */
json_t *assay_report_inspect_json(const struct assay_inspection *inspection, const char *name);

/**
 * The form for people: each artefact with its bytes by purpose and rule.
 *
 * In: map, whether to list every range of every artefact; else few artefacts and no ranges
 */
void assay_report_inspect_text(const struct assay_inspection *inspection, const char *name,
                               bool map, struct assay_buffer *out);

#endif
