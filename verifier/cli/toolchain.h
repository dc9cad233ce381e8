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
#include "supply/fetch.h"

/**
 * Say in a few lines what a lock is: name, id, packages, tree.
 *
 * In:     tree where it is in the store; NULL when that is not known
 * Out:    *text appended to
 * Return: the same as JSON, schema "assay.toolchain-summary/1": a new reference
 */
json_t *assay_toolchain_summary(const struct assay_lock *lock, const struct assay_tree *tree,
                                struct assay_buffer *text);

/** Write into a lock what its tree came to. */
void assay_toolchain_take_tree(struct assay_lock *lock, const struct assay_tree *tree);

/** Whether the lock can be written to output, "-" for standard output. Errors: ASSAY_E_USAGE */
ASSAY_CHECKED int assay_toolchain_check_output(const char *output, struct assay_error *err);

/** Write a new lock, and say what it is. Return: an exit status, -1 on error */
ASSAY_CHECKED int assay_toolchain_finish(const struct assay_lock *lock, const char *output,
                                         struct assay_error *err);

/** --timeout: how long a server may be silent before another one is tried. */
extern struct assay_toolchain_options {
	uint64_t timeout; /* seconds; 0: the default of assay_fetch */
} assay_toolchain_opt;
#define ASSAY_OPTION_TIMEOUT                                                                       \
	{                                                                                          \
		"timeout", 0, "SECONDS", "how long a server may be silent (default: 30)",          \
			ASSAY_OPTION_SIZE, &assay_toolchain_opt.timeout                            \
	}

/**
 * How to fetch: options, progress display.
 *
 * In: folder that relative paths begin at; NULL: the current one. Borrowed
 */
struct assay_fetch_options assay_toolchain_fetching(const char *folder);

/** Append bytes for people: "312.4 MB". */
void assay_toolchain_add_size(struct assay_buffer *text, uint64_t bytes);

#endif
