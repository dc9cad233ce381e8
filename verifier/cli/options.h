/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options as a table: one row says how an option is written, what it means and where its value
 * goes. Help text and shell completion are made from the same rows.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_OPTIONS_H
#define ASSAY_CLI_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "model/tier.h"

enum assay_option_kind {
	ASSAY_OPTION_FLAG, /* bool: true when given */
	ASSAY_OPTION_TEXT, /* const char *: borrowed from argv */
	ASSAY_OPTION_SIZE, /* uint64_t: bytes, with an optional K, M or G (powers of 1024) */
	ASSAY_OPTION_TIER, /* enum assay_tier: one that can be accepted */
};

struct assay_option {
	const char *name; /* long form without dashes; NULL ends the table */
	char letter;      /* short form; 0 for none */
	const char *arg;  /* what the value is called in the help; NULL for a flag */
	const char *help; /* one line */
	enum assay_option_kind kind;
	void *value; /* where it goes; static, so that it is zero at the start */
};

/**
 * Read the options at the start of argv and store them. "--" ends them. "--help" is left to the
 * caller: it is reported by *help.
 *
 * Return: how many arguments were used (argv[0] is the first to look at), -1 on error
 * Errors: ASSAY_E_USAGE
 */
ASSAY_CHECKED int assay_options_parse(const struct assay_option *options, int argc, char *argv[],
                                      bool *help, struct assay_error *err);

/** Print a table of options as help text. */
void assay_options_print(const struct assay_option *options, FILE *out);

/** --quiet, --store and --verbose: the same for every command that takes them. */
struct assay_common_options {
	bool quiet;
	const char *store; /* NULL: $XDG_DATA_HOME/assay */
	const char *json;  /* NULL: none; "-": stdout */
};
extern struct assay_common_options assay_common;

/** Rows for the above, to be put into a command's table. */
/* clang-format off */
#define ASSAY_OPTION_QUIET                                                                         \
	{ "quiet", 'q', NULL, "no progress on stderr", ASSAY_OPTION_FLAG, &assay_common.quiet }
#define ASSAY_OPTION_STORE                                                                         \
	{ "store", 0,   "DIR", "where inputs and toolchains are kept (default: "                   \
		                "$XDG_DATA_HOME/assay)",                                           \
	  ASSAY_OPTION_TEXT, &assay_common.store }
#define ASSAY_OPTION_JSON                                                                          \
	{ "json", 0,   "FILE", "write the machine-readable form (- is stdout)",                    \
	  ASSAY_OPTION_TEXT, &assay_common.json }
/* clang-format on */

#endif
