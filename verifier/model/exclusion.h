/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exclusions by policy: regions that differ on every device, such as calibration data or the keys
 * in an environment. Somebody answers for each by name; nothing else makes a byte excluded.
 *
 * Layer: model.
 */
#ifndef ASSAY_MODEL_EXCLUSION_H
#define ASSAY_MODEL_EXCLUSION_H

#include <stddef.h>
#include <stdint.h>

#define ASSAY_EXCLUSIONS_MAX 64 /* of one comparison; ours */

/** Strings owned. */
struct assay_exclusion {
	char *file;      /* which delivered file; NULL where there is but one */
	char *artefact;  /* in it, as a report names it; NULL: the file itself */
	uint64_t offset; /* of the first byte in the artefact */
	uint64_t size;   /* bytes, exactly */
	char *reason;
	char *approver; /* who answers for it */
};

/** A list. Borrowed where a comparison has it. */
struct assay_exclusions {
	struct assay_exclusion *items;
	unsigned count;
};

/** The artefact's path as a comparison has it. */
static inline const char *assay_exclusion_path(const struct assay_exclusion *exclusion)
{
	return exclusion->artefact != NULL ? exclusion->artefact : "";
}

#endif
