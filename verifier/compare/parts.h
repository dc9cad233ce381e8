/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the parts of a container are judged, by their roles: this is where its ledger is filled.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_PARTS_H
#define ASSAY_COMPARE_PARTS_H

#include "compare/node.h"
#include "formats/reader.h"

/** Parts of one entry, or parts that belong to no entry, on both sides. */
struct assay_parts {
	struct assay_walk *walk;
	struct assay_node *node; /* of the container */
	const struct assay_contents *delivered, *rebuilt;
	const struct assay_node *content; /* the pair of contents; NULL: there is none */
	bool placed;             /* what is worst about the content is so in its bytes; set here */
	enum assay_class around; /* worst of all entries, for parts that belong to none */
	const char *name;        /* of the entry, quoted; NULL: no entry, or one without a name */
	enum assay_class worst;  /* of what was compared so far; IDENTICAL at the start */
};

/**
 * Compare the parts of one pair of entries.
 *
 * In: entry and counterpart are indices; ASSAY_NO_ENTRY for the parts that belong to none
 */
void assay_parts_compare(struct assay_parts *parts, size_t entry, size_t counterpart);

/** One field of a part with a layout, as a part of its own. */
struct assay_part assay_part_field(const struct assay_part *part, size_t i);

/**
 * The rule under which a comparison may accept another value of a part without fields; NULL when
 * its bytes must be equal.
 */
const char *assay_part_rule(const struct assay_contents *contents, const struct assay_part *part);

/**
 * Judge the parts of role METADATA of one pair of entries, or of none.
 *
 * In: parts->worst, the worst class of all that such bytes describe: every entry of the container
 *     with its attributes and content. Where that is unexplained, they are not explained either.
 */
void assay_parts_compare_metadata(struct assay_parts *parts, size_t entry, size_t counterpart);

/**
 * At the very end, in a format with a repack_rule: checksums that belong to no entry. Each is true
 * on its own side, so where it differs something that was judged does.
 *
 * In: parts->around, the worst class of everything else
 */
void assay_parts_compare_totals(struct assay_parts *parts);

#endif
