/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the processes of the container use together, read from /proc: no cgroup is needed, so a
 * user's builds are limited as root's are.
 *
 * Layer:  rebuild. Runs in init.
 * Source: proc(5): /proc/PID/stat, /proc/PID/smaps_rollup.
 * Limits: looked at from time to time: what comes and goes in between is not seen.
 */
#ifndef ASSAY_REBUILD_USAGE_H
#define ASSAY_REBUILD_USAGE_H

#include <stdint.h>

struct assay_usage {
	uint64_t memory; /* bytes: resident; a shared page counts for every process that has it */
	uint32_t tasks;  /* processes and threads */
};

/** Add up all processes but the first. What cannot be read has just ended. */
void assay_usage_get(struct assay_usage *out);

/** As memory above, but shared pages count once in all (their proportion). Slow. */
uint64_t assay_usage_exact(void);

#endif
