/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a command's answers go: the machine form to --json, people's text to standard output, or
 * to standard error when the machine form is on standard output.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_OUTPUT_H
#define ASSAY_CLI_OUTPUT_H

#include "base/buffer.h"
#include "base/json.h"

/**
 * Write both forms. A regular file is replaced as a whole; anything else (a pipe, /dev/null) is
 * written to.
 *
 * In: json may be NULL when --json was not given
 */
ASSAY_CHECKED int assay_output_write(const json_t *json, const struct assay_buffer *text,
                                     struct assay_error *err);

#endif
