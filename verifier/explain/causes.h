/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of causes.
 *
 * Layer: explain; private to this folder.
 */
#ifndef ASSAY_EXPLAIN_CAUSES_H
#define ASSAY_EXPLAIN_CAUSES_H

#include <stdbool.h>

#include "model/comparison.h"

/** A finding and the artefact that it is in. */
struct assay_case {
	const struct assay_finding *finding;
	const char *format; /* of the artefact; "" when it is not known */
};

struct assay_cause {
	const char *name; /* static text */
	bool (*fits)(const struct assay_case *c);
};

/** Ends with a row without a name. The first that fits is taken. */
extern const struct assay_cause assay_causes[];

#endif
