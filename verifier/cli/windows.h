/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether anything of a folder of sources is in a bundle: for laboratories that sources may not leave.
 *
 * Layer:  cli.
 * Limits: runs of 16 bytes, as they are: not what is packed, encoded or in other words. Runs of fewer
 *         than four different bytes are left out; they are in every file.
 */
#ifndef ASSAY_CLI_WINDOWS_H
#define ASSAY_CLI_WINDOWS_H

#include "attest/bundle.h"

/** Errors: ASSAY_E_TRUST  something is, and where */
ASSAY_CHECKED int assay_cli_without(const struct assay_bundle *bundle, const char *folder,
                                    struct assay_error *err);

#endif
