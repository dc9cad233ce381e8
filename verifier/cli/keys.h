/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where keys and their passphrases come from: files, tokens, the terminal. Never an argument or
 * the environment, where other programs could see them.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_KEYS_H
#define ASSAY_CLI_KEYS_H

#include "attest/key.h"
#include "cli/options.h"

extern struct assay_key_options {
	const char *key;
	const char *passphrase_file;
	const char *passphrase_fd; /* a number */
	const char *pkcs11_module;
} assay_key_opt;

/* clang-format off */
#define ASSAY_OPTION_KEY                                                                           \
	{ "key", 'k', "KEY", "the signer's private key: a PEM file, or pkcs11:URI",                \
	  ASSAY_OPTION_TEXT, &assay_key_opt.key }
#define ASSAY_OPTION_PASSPHRASE_FILE                                                               \
	{ "passphrase-file", 0, "FILE", "take passphrase or PIN from the first line of a file",    \
	  ASSAY_OPTION_TEXT, &assay_key_opt.passphrase_file }
#define ASSAY_OPTION_PASSPHRASE_FD                                                                 \
	{ "passphrase-fd", 0, "N", "take passphrase or PIN from an open descriptor",               \
	  ASSAY_OPTION_TEXT, &assay_key_opt.passphrase_fd }
#define ASSAY_OPTION_PKCS11_MODULE                                                                 \
	{ "pkcs11-module", 0, "FILE", "the token's library (default: the system's)",               \
	  ASSAY_OPTION_TEXT, &assay_key_opt.pkcs11_module }
/* clang-format on */

/**
 * Open a key by what a person calls it: a path, or "pkcs11:…".
 *
 * Errors: as assay_key_read and assay_key_open_token
 */
ASSAY_CHECKED int assay_cli_key_open(const char *name, struct assay_key **out,
                                     struct assay_error *err);

/** Ask for a new passphrase, on the terminal twice; an empty one is refused. */
ASSAY_CHECKED int assay_cli_new_passphrase(struct assay_secret *out, struct assay_error *err);

/** From here on this process leaves no core dump, and no other process may look into it. */
void assay_cli_keep_secret(void);

#endif
