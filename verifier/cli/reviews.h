/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reviews that a verification is to hold the sources against: the pins of the manifest, and records
 * of assay-review(1).
 *
 * Layer:  cli.
 * Limits: whose signatures a record has is not looked at here: that is for the policy of who reads
 *         the verdict, in which the record stands by its digest.
 */
#ifndef ASSAY_CLI_REVIEWS_H
#define ASSAY_CLI_REVIEWS_H

#include "base/error.h"
#include "model/manifest.h"
#include "model/review.h"

#define ASSAY_REVIEW_STATEMENT "review.intoto.json"
#define ASSAY_REVIEW_ENVELOPE "review.dsse.json"
#define ASSAY_REVIEW_LIST "files.jsonl"

/**
 * Collect them.
 *
 * In:     path  the folder of a record, or a folder of such folders; NULL for the manifest's pins
 *               alone
 * Errors: ASSAY_E_FORMAT, ASSAY_E_PIN  a record that is malformed or does not fit its list
 */
ASSAY_CHECKED int assay_cli_reviews(const struct assay_manifest *manifest, const char *path,
                                    struct assay_source_check *out, struct assay_error *err);

#endif
