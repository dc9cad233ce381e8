/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command of assay: a row of main.c's table, and one file here.
 *
 * Layer: cli, the only place where stages meet and where anything is printed.
 */
#ifndef ASSAY_CLI_COMMAND_H
#define ASSAY_CLI_COMMAND_H

#include "base/error.h"
#include "cli/options.h"
#include "model/tier.h"

struct assay_command {
	const char *name;    /* "compare", or with a second word "toolchain lock" */
	const char *args;    /* what follows the options: "DELIVERED REBUILT" */
	const char *summary; /* one line, lower case, no full stop */
	const char *example; /* one or more lines, each "assay …", without a newline at the end */
	const struct assay_option *options; /* ends with a row without a name; may be NULL */
	int min_args, max_args; /* how many arguments may follow the options; max -1: any */

	/**
	 * Do the work. Options were already stored into the command's own static struct.
	 *
	 * In:     argc, argv  what follows the options
	 * Return: an exit status (enum assay_exit), -1 on error
	 */
	int (*run)(int argc, char *argv[], struct assay_error *err);
};

extern const struct assay_command assay_cmd_toolchain_lock, assay_cmd_toolchain_fetch,
	assay_cmd_toolchain_show, assay_cmd_toolchain_check, assay_cmd_toolchain_import,
	assay_cmd_toolchain_export, assay_cmd_toolchain_gc;
extern const struct assay_command assay_cmd_manifest_import, assay_cmd_manifest_new,
	assay_cmd_manifest_check, assay_cmd_manifest_id;
extern const struct assay_command assay_cmd_verify, assay_cmd_compare, assay_cmd_inspect,
	assay_cmd_rebuild, assay_cmd_doctor;
extern const struct assay_command assay_cmd_probe, assay_cmd_vary;
extern const struct assay_command assay_cmd_bundle_reference, assay_cmd_export;
extern const struct assay_command assay_cmd_check, assay_cmd_key_new, assay_cmd_key_show,
	assay_cmd_sign;
extern const struct assay_command assay_cmd_bundle_pack, assay_cmd_bundle_check,
	assay_cmd_bundle_sign, assay_cmd_bundle_replay;
extern const struct assay_command assay_cmd_amend, assay_cmd_attach, assay_cmd_case;
extern const struct assay_command assay_cmd_review, assay_cmd_journal_check;
extern const struct assay_command assay_cmd_log_add, assay_cmd_log_prove, assay_cmd_log_check;
extern const struct assay_command assay_cmd_stamp_request, assay_cmd_stamp_attach,
	assay_cmd_stamp_check;

#endif
