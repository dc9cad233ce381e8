/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Regions that a policy excludes: their bytes are taken for equal while everything around them is
 * compared, and are then in class excluded if they are not.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_EXCLUSION_H
#define ASSAY_COMPARE_EXCLUSION_H

#include "compare/node.h"

/**
 * Put the delivered bytes of all regions of a node that are excluded into a copy of the rebuilt
 * ones.
 *
 * Out:    *masked, to be freed; empty when nothing of this node is excluded
 * Return: false when a limit was reached: then the node is inconclusive, with a finding
 */
bool assay_exclusion_mask(struct assay_walk *walk, struct assay_node *node,
                          struct assay_bytes *masked);

/** When all else was compared: say of each region of the node what it hid. */
void assay_exclusion_tell(struct assay_walk *walk, struct assay_node *node);

#endif
