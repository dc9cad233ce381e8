/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reference packs under a policy: which of them are believed, and of which the release is proved.
 *
 * Layer:  attest.
 * Source: assay-policy(5), assay-reference(5).
 *
 * A pack needs what one verdict needs, and as many owners as all of them together: who trusts it takes
 * its digests for those of the update.
 */
#ifndef ASSAY_ATTEST_KNOWN_H
#define ASSAY_ATTEST_KNOWN_H

#include "attest/check.h"
#include "attest/pack.h"

/** One pack. Strings owned. */
struct assay_known_pack {
	struct assay_judged judged; /* the pack itself */
	struct assay_check check;   /* the verdicts in it */
	struct assay_reference reference;
	bool believed;          /* signed as the policy asks, and it adds up: what it says is so */
	enum assay_exit status; /* 0: believed, and its release is proved */
	char *why;              /* one line, not quoted */
};

/** Zero-initialise. Owned. */
struct assay_known {
	struct assay_known_pack
		*packs; /* believed ones first, of these proved ones, then the newest version */
	size_t count, cap;
};

void assay_known_fini(struct assay_known *known);

/** Judge a pack and add it. Whatever is wrong with it is part of the answer. */
void assay_known_add(struct assay_known *known, const struct assay_check_terms *terms,
                     const struct assay_evidence *pack);

/** Bring them in their order. Return: how many are believed */
size_t assay_known_sort(struct assay_known *known);

/** The packs for people and machines. */
void assay_known_text(const struct assay_known *known, struct assay_buffer *out);
json_t *assay_known_json(const struct assay_known *known);

#endif
