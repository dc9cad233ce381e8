/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What commands share that ask about a file under a policy.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_CHECK_H
#define ASSAY_CLI_CHECK_H

#include "attest/check.h"

/** Open a regular file, and never wait for anything else. Return: a descriptor, -1 on error */
ASSAY_CHECKED int assay_cli_open_update(const char *path, struct assay_error *err);

/** Digest a regular file. */
ASSAY_CHECKED int assay_cli_digest_update(const char *path, struct assay_sha256 *out,
                                          struct assay_error *err);

/** Read the signed list of what was revoked. */
ASSAY_CHECKED int assay_cli_load_revocations(const char *path, const struct assay_policy *policy,
                                             int64_t now, struct assay_revocation *out,
                                             struct assay_error *err);

#endif
