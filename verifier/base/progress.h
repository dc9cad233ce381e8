/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long work tells what it is doing. Stages report; only cli/ shows it.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_PROGRESS_H
#define ASSAY_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

enum assay_stage {
	ASSAY_STAGE_RESOLVE,
	ASSAY_STAGE_FETCH,
	ASSAY_STAGE_UNPACK,
	ASSAY_STAGE_BUILD,
	ASSAY_STAGE_COMPARE,
};

/** One report. The text is borrowed for the call and may hold unquoted input. */
struct assay_progress_event {
	enum assay_stage stage;
	uint64_t done;  /* bytes, packages or members, as the stage counts */
	uint64_t total; /* 0: not known */
	const char *text;
};

/** Called from the thread that does the work; must be quick. */
struct assay_progress {
	void (*report)(void *context, const struct assay_progress_event *event);
	void *context;
};

/** Report, when anybody listens. progress may be NULL. */
static inline void assay_progress_tell(const struct assay_progress *progress,
                                       enum assay_stage stage, uint64_t done, uint64_t total,
                                       const char *text)
{
	struct assay_progress_event event = { stage, done, total, text };

	if (progress != NULL && progress->report != NULL)
		progress->report(progress->context, &event);
}

#endif
