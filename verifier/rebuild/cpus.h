/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processors of a build: as many as the manifest says, of those that this process may use.
 *
 * Layer:  rebuild.
 * Source: sched_setaffinity(2), CPU_SET(3).
 * Limits: the first 1024 processors, CPU_SETSIZE.
 */
#ifndef ASSAY_REBUILD_CPUS_H
#define ASSAY_REBUILD_CPUS_H

#include <sched.h>
#include <stdint.h>

#include "base/error.h"

/**
 * Pick processors: a group in which the one is that the kernel has chosen for us, so that nothing
 * moves. Groups of one size do not overlap, but for the last when it is not full: builds side by
 * side are on different processors when they can be.
 *
 * In:     ours  those that may be used; current  the one we are on; wanted  at least 1
 * Return: 0 with *taken, -1 when there are fewer
 */
ASSAY_CHECKED int assay_cpus_pick(const cpu_set_t *ours, int current, uint32_t wanted,
                                  cpu_set_t *taken);

/** Let this process, and those that it starts, run on that many processors. */
ASSAY_CHECKED int assay_cpus_take(uint32_t wanted, struct assay_error *err);

#endif
