/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why things differ: names for findings whose cause can be told from the finding itself.
 *
 * A cause never changes a class or a tier; it tells a person where to look first.
 *
 * Layer:  explain. Reads and writes the model, nothing else.
 * Source: names of the Reproducible Builds issue taxonomy (tests.reproducible-builds.org, Debian's
 *         notes); those of ours where it has none are marked in causes.c.
 * Limits: a guess from a few bytes; none is made where none fits.
 */
#ifndef ASSAY_EXPLAIN_EXPLAIN_H
#define ASSAY_EXPLAIN_EXPLAIN_H

#include "model/comparison.h"

/** Set the cause of each finding that has none and whose cause can be told. */
void assay_explain(struct assay_comparison *comparison);

#endif
