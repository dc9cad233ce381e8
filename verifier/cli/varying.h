/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building again: unchanged, with everything varied, and then with what tells which of it matters.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_VARYING_H
#define ASSAY_CLI_VARYING_H

#include "cli/aside.h"
#include "cli/inputs.h"
#include "cli/result_dir.h"
#include "model/record.h"
#include "model/variation.h"
#include "rebuild/vary/axes.h"

/** What assay_cli_vary works with. All borrowed; zero-initialise the rest. */
struct assay_varying {
	const struct assay_inputs *inputs;
	const struct assay_result_dir *dir; /* builds go below vary/ in it */
	const struct assay_progress *progress;
	const struct assay_build_record *first; /* the build that the others are held against */
	assay_axes axes;                        /* to vary; see assay_cli_axes */
	struct assay_vary_host host;            /* set by assay_cli_axes */
	struct assay_built built;               /* what the first build made */
	assay_axes ahead;                       /* what was built already, not yet asked for */
	struct assay_built ahead_built;
	assay_axes failing; /* those with which alone nothing is built */
	bool blind;         /* with everything varied nothing is built */
	struct assay_variation_record *record;
};

/**
 * Choose axes: those that can be varied here, less or only some.
 *
 * In:     only, except  names with commas in between; NULL for none
 * Errors: ASSAY_E_USAGE  a name that is none, or nothing is left
 */
ASSAY_CHECKED int assay_cli_axes(struct assay_varying *varying, const char *only,
                                 const char *except, struct assay_error *err);

/**
 * Build as often as needed. Afterwards vary/all and vary/second hold the outputs of builds in
 * which all that matters was different, if anything matters; without that with which nothing is built.
 *
 * Out: record: everything but the decision
 */
ASSAY_CHECKED int assay_cli_vary(struct assay_varying *varying,
                                 struct assay_variation_record *record, struct assay_error *err);

/**
 * Build as a manifest says that differs from the first one in its surroundings only, into
 * vary/NAME.
 *
 * Return: 1 it was built, 0 it was not, -1 on error
 */
ASSAY_CHECKED int assay_cli_build_as(const struct assay_varying *varying, const char *name,
                                     const struct assay_manifest *manifest,
                                     struct assay_error *err);

#endif
