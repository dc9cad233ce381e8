/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UUIDs and GUIDs, by which something else finds a partition or a file system.
 *
 * Layer:  compare; private to this folder.
 * Limits: those of one run: the files of two folders are not held against each other.
 */
#ifndef ASSAY_COMPARE_IDENTITY_H
#define ASSAY_COMPARE_IDENTITY_H

#include "base/span.h"

#define ASSAY_IDENTITY 16        /* bytes of a UUID or GUID */
#define ASSAY_IDENTITIES_MAX 256 /* ours */

/** What something is found by, on both sides. */
struct assay_identity {
	const char *what; /* static text: identities of one kind only are mistaken for each other */
	uint8_t delivered[ASSAY_IDENTITY], rebuilt[ASSAY_IDENTITY];
};

/** Those that were met so far. Zero-initialise. */
struct assay_identities {
	struct assay_identity known[ASSAY_IDENTITIES_MAX];
	size_t count;
};

/**
 * Take note of a UUID or GUID, equal or not. Something is found by it, so a new one must be new: what
 * looks for the one that it knows would find something else.
 *
 * In:     what, static text; delivered and rebuilt: anything but ASSAY_IDENTITY bytes is no identity
 * Return: false when the delivered one is that of something else in either file, or there are too
 *         many to know
 */
bool assay_identity_note(struct assay_identities *identities, const char *what,
                         struct assay_span delivered, struct assay_span rebuilt);

#endif
