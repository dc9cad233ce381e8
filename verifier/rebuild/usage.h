/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the processes of the container use together, read from /proc: no cgroup is needed, so a
 * user's builds are limited as root's are.
 *
 * Layer:  rebuild. Runs in init.
 * Source: proc(5): /proc/PID/stat, /proc/PID/smaps_rollup, /proc/PID/fd, /proc/sysvipc/shm.
 * Limits: looked at from time to time: what comes and goes in between is not seen. Not seen at all
 *         are a memfd whose last descriptor is on its way through a socket, pages of a shared
 *         mapping that its processes have let go of (MADV_DONTNEED), and what the kernel holds for
 *         pipes, sockets and page tables.
 */
#ifndef ASSAY_REBUILD_USAGE_H
#define ASSAY_REBUILD_USAGE_H

#include <stdint.h>

struct assay_usage {
	uint64_t memory; /* bytes: resident; a shared page counts for every process that has it */
	uint32_t tasks;  /* processes and threads */
};

/** What is kept from one look to the next. Zero-initialise, then open. */
struct assay_usage_watch {
	int segments;    /* /proc/sysvipc/shm of the container, -1: the kernel has no such memory */
	uint64_t shared; /* bytes of shared memory that the host had when hidden was counted */
	uint64_t hidden; /* bytes that no process needs to have mapped */
	unsigned looks;  /* since then */
};

/** To be called inside the IPC namespace while the host's /proc is still there. */
void assay_usage_open(struct assay_usage_watch *watch);

/**
 * Add up all processes but the first, and memory that no process needs to have mapped: memfds
 * and System V segments. What cannot be read has just ended.
 */
void assay_usage_get(struct assay_usage_watch *watch, struct assay_usage *out);

/** As memory above, but what is shared counts once in all. Slow. */
uint64_t assay_usage_exact(struct assay_usage_watch *watch);

/** Bytes of a segment in memory and in swap, by a line of /proc/sysvipc/shm; 0 for its first. */
uint64_t assay_usage_segment(const char *line);

/** Bytes behind a label, such as "Pss:", of the text of smaps_rollup; 0 when it is not there. */
uint64_t assay_usage_rollup(const char *text, const char *label);

/** Threads and resident bytes, by the text of /proc/PID/stat. Adds to out. */
void assay_usage_stat(const char *text, struct assay_usage *out);

#endif
