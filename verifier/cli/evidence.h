/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of evidence about an update: envelopes, and proofs of logs beside them.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_EVIDENCE_H
#define ASSAY_CLI_EVIDENCE_H

#include "base/error.h"
#include "base/span.h"
#include "base/strings.h"

/** Zero-initialise. Owned. */
struct assay_evidence_files {
	struct assay_evidence_file {
		char *name;
		struct assay_bytes envelope; /* empty when it is too long: unusable either way */
		struct assay_bytes proof;    /* empty: there is none */
	} * items;
	size_t count, cap;
};

void assay_evidence_files_fini(struct assay_evidence_files *files);
#define ASSAY_AUTO_EVIDENCE_FILES ASSAY_AUTO(assay_evidence_files_fini)

/**
 * Read an envelope, or those of a folder in the order of their names.
 *
 * In:     path, NULL for UPDATE.dsse.json, which need not be there
 * Errors: ASSAY_E_SYSTEM, ASSAY_E_USAGE, ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_cli_evidence(const char *path, const char *update,
                                     struct assay_evidence_files *out, struct assay_error *err);

/** Append the files of a folder whose names have an end, sorted. Errors: as assay_cli_evidence */
ASSAY_CHECKED int assay_cli_list_folder(const char *path, const char *end,
                                        struct assay_strings *names, struct assay_error *err);

/** Read one envelope and the proof beside it, and append them. */
ASSAY_CHECKED int assay_cli_evidence_file(const char *path, struct assay_evidence_files *out,
                                          struct assay_error *err);

#endif
