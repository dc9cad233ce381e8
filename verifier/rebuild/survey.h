/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The survey: what the program of rebuild/inside saw in the container, sorted into what rows of
 * the pins table promise and what they do not.
 *
 * Layer:  rebuild. Runs in the launcher.
 * Limits: 64 KiB of text, what the program can say.
 */
#ifndef ASSAY_REBUILD_SURVEY_H
#define ASSAY_REBUILD_SURVEY_H

#include "base/json.h"
#include "model/record.h"

/**
 * Read the program's text.
 *
 * Out:    *out, a new reference: an object of strings, whose keys begin with that of a pin
 * Errors: ASSAY_E_FORMAT  anything else
 */
ASSAY_CHECKED int assay_survey_read(int fd, json_t **out, struct assay_error *err);

/**
 * Put the survey into the record: pinned, environment, seen. Rows in record->unpinned are seen,
 * all others are pinned.
 */
void assay_survey_take(json_t *survey, struct assay_build_record *record);

#endif
