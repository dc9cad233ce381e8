/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The statements that `assay verify` leaves in its folder.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_STATEMENTS_H
#define ASSAY_CLI_STATEMENTS_H

#include "attest/statements.h"
#include "cli/options.h"
#include "cli/result_dir.h"
#include "model/result.h"

extern struct assay_statement_options {
	const char *lab;
	const char *performer;
} assay_statement_opt;

/* clang-format off */
#define ASSAY_OPTION_LAB                                                                           \
	{ "lab", 0, "URI", "who runs this, in statements", ASSAY_OPTION_TEXT,                      \
	  &assay_statement_opt.lab }
#define ASSAY_OPTION_PERFORMER                                                                     \
	{ "performer", 0, "NAME", "the person or team, named as in policies, in statements",       \
	  ASSAY_OPTION_TEXT, &assay_statement_opt.performer }
/* clang-format on */

/** Who speaks: the options above, this program, its version. */
ASSAY_CHECKED int assay_cli_speaker(bool times, struct assay_speaker *out, struct assay_error *err);

/** The text of a statement in a file, plain or in an envelope, whose signatures are not looked at. */
ASSAY_CHECKED int assay_cli_statement_text(const char *path, struct assay_bytes *out,
                                           struct assay_error *err);

/** Write provenance.intoto.json (when a build was begun), verdict.intoto.json, summary.intoto.json. */
ASSAY_CHECKED int assay_cli_write_statements(const struct assay_result *result,
                                             const struct assay_result_dir *dir, bool times,
                                             struct assay_error *err);

#endif
