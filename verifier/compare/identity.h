/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UUIDs and GUIDs, by which something else finds a partition or a file system.
 *
 * Layer:  compare; private to this folder.
 * Limits: those of one file: the files of two folders are not held against each other.
 */
#ifndef ASSAY_COMPARE_IDENTITY_H
#define ASSAY_COMPARE_IDENTITY_H

#include "base/error.h"
#include "base/span.h"

struct assay_node;
struct assay_walk;

#define ASSAY_IDENTITY 16        /* bytes of a UUID or GUID; the signature of an MBR has fewer */
#define ASSAY_IDENTITIES_MAX 256 /* ours */

/** What something is found by, on both sides; zeros are the identity of nothing. */
struct assay_identity {
	const char *what; /* static text: identities of one kind only are mistaken for each other */
	uint8_t delivered[ASSAY_IDENTITY], rebuilt[ASSAY_IDENTITY];
};

/** Those that were met so far. Zero-initialise. */
struct assay_identities {
	struct assay_identity known[ASSAY_IDENTITIES_MAX];
	size_t count;
	bool moved; /* one of them is another in the delivered file */
};

/**
 * Take note of a value, equal or not. Where something is found by it a new one must be new: what
 * looks for the one that it knows would find something else.
 *
 * In:     what, name of a part; most are of values by which nothing is found
 * Return: false when the delivered one is that of something else in either file, or there are too
 *         many to know
 */
bool assay_identity_note(struct assay_identities *identities, const char *what,
                         struct assay_span delivered, struct assay_span rebuilt);

/**
 * After a comparison: where an identity moved, look for it in what was not opened because it is
 * equal on both sides. One that is there too is a finding of node, which is settled again. What
 * stands as a file in a file system is not looked at: nothing is found there by its identity.
 *
 * In: node, of a whole file
 */
ASSAY_CHECKED int assay_identity_check_equal(struct assay_walk *walk, struct assay_node *node,
                                             struct assay_error *err);

#endif
