/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of axes: what may be different about a build's surroundings without any harm, and
 * what each looks like when it is.
 *
 * Layer:  rebuild. Pure.
 * Source: the variations of reprotest 0.7 and of tests.reproducible-builds.org.
 * Limits: at most 64 axes.
 */
#ifndef ASSAY_REBUILD_VARY_AXES_H
#define ASSAY_REBUILD_VARY_AXES_H

#include <stdbool.h>

#include "base/strings.h"
#include "model/manifest.h"
#include "rebuild/others.h"

/** A set of axes: bit i is row i of the table. */
typedef uint64_t assay_axes;

/** What values depend on, beside the manifest. */
struct assay_vary_host {
	uint64_t now;  /* seconds since 1970-01-01 UTC */
	uint32_t cpus; /* that a build may use */
	bool terminal; /* one can be made */
};

/** A manifest with other surroundings. Zero-initialise. Owned; what did not change is borrowed. */
struct assay_variation {
	struct assay_manifest manifest;
	struct assay_clock_pin clock;
	struct assay_random_pin random;
	struct assay_strings texts; /* new values */
	struct assay_variable *environment;
	assay_others others;
};

struct assay_axis {
	const char *name;    /* "build-path" */
	const char *catches; /* what a build that depends on it keeps, for people */

	/**
	 * Change the surroundings.
	 *
	 * Called in the order of the table. May be NULL.
	 *
	 * In: round  1 or 2: two ways to be different from the manifest and from each other
	 */
	void (*apply)(struct assay_variation *variation, const struct assay_vary_host *host,
	              unsigned round);
	assay_others others[2]; /* and what the container changes in each round */
};

extern const struct assay_axis assay_axis_table[];
extern const unsigned assay_axis_count;

/** All axes that this host can vary for a manifest. */
assay_axes assay_axes_possible(const struct assay_manifest *manifest,
                               const struct assay_vary_host *host);

/** The set with one name in it. Return: 0 when there is none of that name */
assay_axes assay_axes_find(const char *name, size_t len);

/** Vary a set of axes. The variation must not outlive the manifest. */
void assay_variation_make(const struct assay_manifest *manifest, assay_axes axes,
                          const struct assay_vary_host *host, unsigned round,
                          struct assay_variation *out);
void assay_variation_fini(struct assay_variation *variation);
#define ASSAY_AUTO_VARIATION ASSAY_AUTO(assay_variation_fini)

#endif
