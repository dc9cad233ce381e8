/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Are the sources that were built those that were reviewed?
 *
 * Everything in the build folder has to be in a review: files, links and folders, by path, kind,
 * permission to execute and content, and everything in the reviews has to be there. Whether the build
 * opened a file changes nothing about that, since a file can matter by being there at all; it is told
 * beside each finding.
 *
 * Layer: explain. Pure.
 */
#ifndef ASSAY_EXPLAIN_SOURCES_H
#define ASSAY_EXPLAIN_SOURCES_H

#include "model/review.h"

/**
 * Hold the inventory of a build against reviews.
 *
 * In:  check->reviews; without any the sources need not agree with anything
 * Out: the rest of *check, findings sorted by kind and path
 */
void assay_sources_check(const struct assay_inventory *built, struct assay_source_check *check);

/**
 * The same for machines: in results, and in statements. A new reference.
 *
 *	files, opened, tree, list   how many, how many of them were opened, digests of the folder and
 *	                            of the text of the inventory
 *	reviews, reviewed, unopened what was held against it, whether it agrees, how many files of it
 *	                            the build never opened; only where there are reviews
 *	findings, counts            the first thousand; how many there are of each kind
 */
json_t *assay_sources_json(const struct assay_inventory *sources,
                           const struct assay_source_check *check);

#endif
