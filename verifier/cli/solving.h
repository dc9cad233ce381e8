/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trying what the delivered file shows: builds with values of its own for what the output depends
 * on.
 *
 * Layer:  cli.
 * Limits: no verdict changes by it. What explains everything is proposed, for a person to put into
 *         the manifest.
 */
#ifndef ASSAY_CLI_SOLVING_H
#define ASSAY_CLI_SOLVING_H

#include "cli/varying.h"
#include "model/result.h"

/** Compare delivered file index with its output in a folder. */
ASSAY_CHECKED int assay_cli_compare(const struct assay_inputs *inputs, const char *outputs,
                                    unsigned index, struct assay_comparison *out,
                                    struct assay_error *err);

/**
 * Guess, build, compare, a few times at most, below vary/solve in the result folder.
 *
 * In, out: result, with its comparisons and the axes that matter; its solution is set
 */
ASSAY_CHECKED int assay_cli_solve(struct assay_varying *varying, struct assay_result *result,
                                  struct assay_error *err);

#endif
