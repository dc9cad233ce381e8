/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The build, as `assay rebuild` and `assay verify` both run it.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_REBUILD_H
#define ASSAY_CLI_REBUILD_H

#include "cli/inputs.h"
#include "cli/result_dir.h"
#include "model/record.h"

/** Run the build that the inputs describe; log and outputs go to the result folder. */
ASSAY_CHECKED int assay_cli_build(const struct assay_inputs *inputs,
                                  const struct assay_result_dir *dir,
                                  const struct assay_progress *progress,
                                  struct assay_build_record *record, struct assay_error *err);

#endif
