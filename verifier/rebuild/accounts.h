/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /etc/passwd and /etc/group with the build's user in them.
 *
 * Layer:  rebuild. Pure.
 * Source: passwd(5), group(5).
 */
#ifndef ASSAY_REBUILD_ACCOUNTS_H
#define ASSAY_REBUILD_ACCOUNTS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "model/manifest.h"

/**
 * Put the build's user into the toolchain's own file: entries with its name or number are
 * replaced by one that says what the manifest says.
 *
 * In:     text  the file; may be empty
 * Return: false when it says that already, and *out is left alone
 */
bool assay_accounts_passwd(struct assay_span text, const struct assay_user *user,
                           struct assay_buffer *out);
bool assay_accounts_group(struct assay_span text, const struct assay_user *user,
                          struct assay_buffer *out);

#endif
