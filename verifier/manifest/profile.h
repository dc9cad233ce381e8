/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles: what builds of one kind see, as a file with a digest. A manifest that names one has the
 * same user, umask and machine; the rows are those of the pins table that carried it out.
 *
 * Layer:  manifest.
 * Limits: 1 MiB of text.
 */
#ifndef ASSAY_MANIFEST_PROFILE_H
#define ASSAY_MANIFEST_PROFILE_H

#include "base/error.h"
#include "model/manifest.h"

/** One row of the pins table, by what it says. */
struct assay_profile_row {
	char *key, *how;
};

/** Owned; free with assay_profile_free. */
struct assay_profile {
	char *schema, *name;
	struct assay_user user;
	uint32_t umask;
	struct assay_machine machine;
	struct assay_profile_row *pins;
	unsigned pins_count;
};

/**
 * Read the profile that a manifest names, and hold the manifest against it. Its clock and random
 * numbers are its own: a profile cannot know them.
 *
 * In:     manifest, whose build.profile is set
 * Errors: ASSAY_E_PIN     it has another digest
 *         ASSAY_E_FORMAT  malformed, or it says something else than the manifest
 */
ASSAY_CHECKED int assay_profile_load(const char *path, const struct assay_manifest *manifest,
                                     struct assay_profile **out, struct assay_error *err);
void assay_profile_free(struct assay_profile *profile);

static inline void assay_cleanup_profile(struct assay_profile **profile)
{
	assay_profile_free(*profile);
}
#define ASSAY_AUTO_PROFILE ASSAY_AUTO(assay_cleanup_profile)

#endif
