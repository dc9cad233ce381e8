/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Explanations of a ledger that are collected, to be sorted in at once: see assay_ledger_gather.
 *
 * Layer: model; for ledger.c only.
 */
#ifndef ASSAY_MODEL_GATHER_H
#define ASSAY_MODEL_GATHER_H

#include "model/ledger.h"

/** Collect one; it lies within the ledger. Sorts in what is there when it gets much. */
void assay_gather_add(struct assay_ledger *ledger, const struct assay_range *range);

/** Sort in what was collected so far. Nothing happens to a ledger that does not gather. */
void assay_gather_sort_in(struct assay_ledger *ledger);

#endif
