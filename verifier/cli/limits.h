/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options that bound how far a file is opened: the same for every command that opens one.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_LIMITS_H
#define ASSAY_CLI_LIMITS_H

#include "cli/options.h"
#include "formats/budget.h"

/** Where the rows below store; set up with ASSAY_LIMITS_INIT. */
struct assay_limit_options {
	struct assay_unpack_limits limits;
	uint64_t depth;
};

/* clang-format off */
#define ASSAY_LIMITS_INIT { .limits = ASSAY_UNPACK_LIMITS_DEFAULT, .depth = 16 }

/** Rows of a command's table; opt is its struct assay_limit_options. */
#define ASSAY_OPTION_LIMITS(opt)                                                                   \
	{ "max-bytes", 0, "SIZE", "unpack no more than this (default: 4G)",                        \
	  ASSAY_OPTION_SIZE, &(opt).limits.bytes },                                                \
	{ "max-depth", 0, "N", "open no more containers inside each other (default: 16)",          \
	  ASSAY_OPTION_SIZE, &(opt).depth },                                                       \
	{ "max-members", 0, "N", "open no more members (default: 10000000)", ASSAY_OPTION_SIZE,    \
	  &(opt).limits.members },                                                                 \
	{ "max-ratio", 0, "N", "unpack no stream to more times its size (default: 1000)",          \
	  ASSAY_OPTION_SIZE, &(opt).limits.ratio },                                                \
	{ "max-tables", 0, "SIZE", "memory for what is known of members (default: 80M)",           \
	  ASSAY_OPTION_SIZE, &(opt).limits.tables }
/* clang-format on */

/** Check what was stored and complete opt->limits. Errors: ASSAY_E_USAGE */
ASSAY_CHECKED int assay_limits_check(struct assay_limit_options *opt, struct assay_error *err);

#endif
