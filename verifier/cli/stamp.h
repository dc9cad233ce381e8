/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the commands about time stamps have in common: envelopes in files.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_STAMP_H
#define ASSAY_CLI_STAMP_H

#include "attest/envelope.h"

/** Read an envelope. Errors: with the file's name */
ASSAY_CHECKED int assay_cli_envelope(const char *path, struct assay_envelope *out,
                                     struct assay_error *err);

#endif
