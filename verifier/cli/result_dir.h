/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder where a run leaves what it found: result.json, report.txt, build.log, sources.jsonl, the
 * outputs and the statements. A folder of an earlier run is used again; any other folder that is not empty is
 * refused, and so is one whose statements have been signed. What stays from run to run is the
 * journal.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_RESULT_DIR_H
#define ASSAY_CLI_RESULT_DIR_H

#include "base/error.h"
#include "base/span.h"

/** Zero-initialise. Strings owned; the descriptor holds a lock on the folder. */
struct assay_result_dir {
	int fd;
	char *path;
	char *outputs; /* PATH/outputs */
	char *log;     /* PATH/build.log */
};

void assay_result_dir_fini(struct assay_result_dir *dir);
#define ASSAY_AUTO_RESULT_DIR ASSAY_AUTO(assay_result_dir_fini)

/**
 * Make or clean a result folder and lock it against another run.
 *
 * In:     path, or NULL for "assay-NAME-VERSION" where we are
 * Errors: ASSAY_E_USAGE   a folder with something else in it, or in use by another run
 *         ASSAY_E_SYSTEM  cannot be made or written
 */
ASSAY_CHECKED int assay_result_dir_open(const char *path, const char *name, const char *version,
                                        struct assay_result_dir *out, struct assay_error *err);

/** Write one file of the folder, atomically. */
ASSAY_CHECKED int assay_result_dir_write(const struct assay_result_dir *dir, const char *name,
                                         struct assay_span text, struct assay_error *err);

#endif
