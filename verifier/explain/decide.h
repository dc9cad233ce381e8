/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tampering or noise: what follows from some builds about a delivered file that the first of them
 * is not.
 *
 * Layer:  explain. Pure.
 * Limits: no decision but that of a match says that the file was made from the reviewed source,
 *         and none says that it was tampered with: there are honest other inputs.
 */
#ifndef ASSAY_EXPLAIN_DECIDE_H
#define ASSAY_EXPLAIN_DECIDE_H

#include "base/json.h"
#include "model/comparison.h"
#include "model/variation.h"

/** What was seen. */
struct assay_evidence {
	bool matches; /* the first build is the delivered file, as well as was demanded */
	bool repeats; /* a second one, with nothing changed, made the same bytes */
	bool varies;  /* one with everything varied made others */
	bool inside;  /* all that differs from the delivered file lies where builds vary */
};

enum assay_decision assay_decide(const struct assay_evidence *evidence);

/**
 * Whether each byte and each thing in which a delivered file differs from the first build lies
 * where varied builds differ from the first one. What has not the same size on all sides, so that
 * places cannot be told, is not inside.
 *
 * In: found   the delivered file against the first build
 *     varied  the first build against others, count of them
 */
bool assay_decide_inside(const struct assay_comparison *found,
                         const struct assay_comparison *varied, size_t count);

/** What variation has shown, for machines: in results, and in statements. A new reference. */
json_t *assay_variation_json(const struct assay_variation_record *record);

#endif
