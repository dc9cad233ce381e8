/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shows a person how far long work is: one line that is rewritten on a terminal, else a plain
 * line when a stage begins and then one every ten seconds.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_PROGRESS_H
#define ASSAY_CLI_PROGRESS_H

#include <stdbool.h>

#include "base/progress.h"

/** The display for stderr; quiet: none at all. Borrowed, valid until the program ends. */
const struct assay_progress *assay_progress_open(bool quiet);

/** Remove the line from the terminal, so that other output can begin. */
void assay_progress_clear(void);

#endif
