/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members that say which digests and sizes other members have (formats/claim.h): what they say may
 * differ where what it is about differs and is explained, and nothing else in them may.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_H

#include "compare/container.h"
#include "compare/pair.h"

/** The claims of a container whose members are being compared. */
struct assay_claims {
	struct assay_claims *outer; /* of the containers around it */
	const struct assay_container *container;
	const struct assay_pairing *pairing;
	struct assay_node *const *children; /* those that were compared, for each delivered entry */
};

/** Whether an entry of a container makes claims about entries of which one was not compared yet. */
bool assay_claims_wait(const struct assay_claims *claims, size_t entry);

/**
 * Compare a node whose content makes claims on both sides.
 *
 * Return: false when it does not, or says anything else that differs
 */
bool assay_claims_compare(struct assay_walk *walk, struct assay_node *node);

#endif
