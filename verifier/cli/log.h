/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the commands of a log have in common: which folder, and what an entry is.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_LOG_H
#define ASSAY_CLI_LOG_H

#include "attest/tlog.h"
#include "cli/options.h"

extern struct assay_log_options {
	const char *folder;
	const char *since; /* a checkpoint */
} assay_log_opt;

/* clang-format off */
#define ASSAY_OPTION_LOG                                                                           \
	{ "log", 'l', "DIR", "the log's folder", ASSAY_OPTION_TEXT, &assay_log_opt.folder }
#define ASSAY_OPTION_SINCE                                                                         \
	{ "since", 's', "FILE", "about the growth of the log since this checkpoint",               \
	  ASSAY_OPTION_TEXT, &assay_log_opt.since }
/* clang-format on */

/** Open the folder that --log names. Errors: ASSAY_E_USAGE; as assay_tlog_open */
ASSAY_CHECKED int assay_cli_log_open(bool write, struct assay_tlog **out, struct assay_error *err);

/**
 * Append the entry of a file: "statement sha256:…" of an envelope's payload, so that signatures can
 * be added later, "file sha256:…" of anything else.
 */
ASSAY_CHECKED int assay_cli_log_entry(const char *path, struct assay_buffer *out,
                                      struct assay_error *err);

/** The note of a checkpoint in a file. Out: *text owned by the caller; *tree what it says */
ASSAY_CHECKED int assay_cli_checkpoint(const char *path, struct assay_bytes *text,
                                       struct assay_merkle_tree *tree, struct assay_error *err);

#endif
