/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `assay verify` writes into its journal, as it happens.
 *
 * Layer: cli.
 */
#ifndef ASSAY_CLI_JOURNAL_H
#define ASSAY_CLI_JOURNAL_H

#include "attest/journal.h"
#include "cli/inputs.h"
#include "cli/result_dir.h"
#include "model/result.h"

/** A journal, and progress that goes through it. Everything but the journal is borrowed. */
struct assay_run_journal {
	struct assay_journal journal;
	struct assay_progress progress;    /* to be given to stages: notes the steps of a build */
	const struct assay_progress *show; /* where progress goes to */
	uint64_t step;                     /* that began last, from 1 */
	struct assay_error error;          /* of a note that nobody could be told about yet */
};

/** Open the journal of a result's folder and note what begins. Free with assay_journal_close. */
ASSAY_CHECKED int assay_cli_journal_begin(const struct assay_result_dir *dir,
                                          const struct assay_result *result,
                                          const struct assay_progress *show,
                                          struct assay_run_journal *out, struct assay_error *err);

/** One note each. The first also fails when a note of progress failed before. */
ASSAY_CHECKED int assay_cli_journal_inputs(struct assay_run_journal *run,
                                           const struct assay_inputs *inputs,
                                           struct assay_error *err);
ASSAY_CHECKED int assay_cli_journal_built(struct assay_run_journal *run,
                                          const struct assay_build_record *record,
                                          struct assay_error *err);
ASSAY_CHECKED int assay_cli_journal_compared(struct assay_run_journal *run,
                                             const struct assay_comparison *comparison,
                                             struct assay_error *err);
ASSAY_CHECKED int assay_cli_journal_varied(struct assay_run_journal *run,
                                           const struct assay_variation_record *record,
                                           struct assay_error *err);

/** The verdict, or the error that ended the run; and where the journal is then, into *result. */
ASSAY_CHECKED int assay_cli_journal_end(struct assay_run_journal *run, struct assay_result *result,
                                        struct assay_error *err);

/**
 * Whether a journal is the one that a provenance names, or goes on behind it.
 *
 * In:     statement  the text of the provenance
 * Return: 1 when it is, 0 when the provenance names none
 * Errors: ASSAY_E_TRUST  it is not
 */
ASSAY_CHECKED int assay_cli_journal_named(struct assay_span journal, struct assay_span statement,
                                          struct assay_error *err);

/** The digests of the files that were written. */
ASSAY_CHECKED int assay_cli_journal_written(struct assay_run_journal *run,
                                            const struct assay_result_dir *dir,
                                            struct assay_error *err);

#endif
