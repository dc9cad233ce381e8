/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guesses: with which other values of a manifest a build might have made the delivered file, from
 * what the file shows where it differs. A guess proves nothing; a build with it does, or does not.
 *
 * Layer:  explain. Pure.
 * Limits: looks at what findings show: a few bytes around each difference, as they are and as the
 *         digits of an Intel HEX or S-record line. Times are read as UTC. Random numbers, orders
 *         and variables that the manifest does not have cannot be guessed. PATH, HOME and TMPDIR
 *         are not: whoever made the file would say which programs run, and with which settings.
 */
#ifndef ASSAY_EXPLAIN_SOLVE_H
#define ASSAY_EXPLAIN_SOLVE_H

#include "model/comparison.h"
#include "model/manifest.h"

/** One value for a key of the manifest. */
struct assay_guess {
	const char *key; /* static text: "build.machine.clock" */
	char *value;     /* as JSON; owned */
};

#define ASSAY_GUESSES_MAX 32 /* ours: each is a build at worst */

/** Those of one key follow each other, the likeliest first. Zero-initialise. Owned. */
struct assay_guesses {
	struct assay_guess items[ASSAY_GUESSES_MAX];
	size_t count;
};

void assay_guesses_fini(struct assay_guesses *guesses);
#define ASSAY_AUTO_GUESSES ASSAY_AUTO(assay_guesses_fini)

/**
 * Look for values.
 *
 * In: found     delivered files against their rebuilds, count of them
 *     axes      names of what the output depends on; keys of other axes are left alone
 */
void assay_solve(const struct assay_manifest *manifest, const struct assay_comparison *found,
                 size_t count, const struct assay_strings *axes, struct assay_guesses *out);

#endif
