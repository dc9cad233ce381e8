/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A verification, as `assay verify` and `assay bundle replay` both run it.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_VERIFY_H
#define ASSAY_CLI_VERIFY_H

#include <stdbool.h>

#include "base/error.h"
#include "model/tier.h"

/* Not one that can be accepted: the manifest's own is taken. */
#define ASSAY_ACCEPT_OF_MANIFEST ASSAY_TIER_INCONCLUSIVE

/** What is to be verified, and how; see assay-verify(1). All borrowed. */
struct assay_verify_request {
	const char *manifest;
	const char *lock; /* NULL: the one that the manifest names */
	const char *delivered;
	const char *output;
	enum assay_tier accept;
	const char *on_difference;
	const char *review;
	bool no_times;
	bool full_check;
};

/** Verify, write the results and print the report. Return: an exit status, -1 on error */
ASSAY_CHECKED int assay_cli_verify(const struct assay_verify_request *request,
                                   struct assay_error *err);

#endif
