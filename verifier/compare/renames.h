/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Members that have no counterpart of their name, but one of their content. That is said to
 * people; it explains nothing, since a name is what a program goes by.
 *
 * Layer: compare; private to this folder.
 * Limits: looks at no more than 4096 members.
 */
#ifndef ASSAY_COMPARE_RENAMES_H
#define ASSAY_COMPARE_RENAMES_H

#include "compare/container.h"
#include "compare/pair.h"

/**
 * Find renamed members among those that pairing left over.
 *
 * Out: *out owned; ASSAY_UNPAIRED where there is nothing to say
 */
void assay_renames_find(struct assay_walk *walk, const struct assay_container *container,
                        const struct assay_pairing *pairing, struct assay_pairing *out);

#endif
