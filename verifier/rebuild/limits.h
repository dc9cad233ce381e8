/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a build has reached a limit of its manifest, and what is said then.
 *
 * Layer: rebuild. Pure: the launcher knows times and the log, init what processes use.
 */
#ifndef ASSAY_REBUILD_LIMITS_H
#define ASSAY_REBUILD_LIMITS_H

#include "model/manifest.h"
#include "model/record.h"

/** What a build has used. What the asker does not know is 0, and then not exceeded. */
struct assay_spent {
	uint64_t running_ms; /* since it began */
	uint64_t silent_ms;  /* since a step last wrote something */
	uint64_t log;        /* bytes of output */
	uint64_t memory;     /* bytes */
	uint64_t processes;  /* and threads */
};

/**
 * Look for a limit that is reached.
 *
 * Out:    text, when there is one: how much of what, and the key of the manifest
 * Return: its outcome, or ASSAY_OUTCOME_BUILT: the build may go on
 */
enum assay_outcome assay_limits_reached(const struct assay_limits *limits,
                                        const struct assay_spent *spent, char text[256]);

/**
 * When memory must be looked at again: sooner the less there is left.
 *
 * In:     memory  bytes that are used now
 * Return: milliseconds in which programs cannot take more than what is left, as a rule
 */
int assay_limits_next_look(const struct assay_limits *limits, uint64_t memory);

/** The soonest that a look makes sense. */
#define ASSAY_LOOK_MIN_MS 5

#endif
