/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the toolchain commands have in common.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_TOOLCHAIN_H
#define ASSAY_CLI_TOOLCHAIN_H

#include "base/json.h"
#include "model/toolchain.h"
#include "store/store.h"

/**
 * Say in a few lines what a lock is: name, id, packages, tree.
 *
 * In:     tree where it is in the store; NULL when that is not known
 * Out:    *text appended to
 * Return: the same as JSON, schema "assay.toolchain-summary/1": a new reference
 */
json_t *assay_toolchain_summary(const struct assay_lock *lock, const struct assay_tree *tree,
                                struct assay_buffer *text);

/** Append bytes for people: "312.4 MB". */
void assay_toolchain_add_size(struct assay_buffer *text, uint64_t bytes);

#endif
