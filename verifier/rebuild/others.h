/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Surroundings of a build that no manifest can choose, as they can be when they are varied.
 *
 * Layer: rebuild.
 */
#ifndef ASSAY_REBUILD_OTHERS_H
#define ASSAY_REBUILD_OTHERS_H

#include "rebuild/plan.h"

/** A set of what is not as it always is. */
typedef uint32_t assay_others;

enum {
	ASSAY_OTHER_ADDRESSES = 1 << 0, /* chosen at random by the kernel */
	ASSAY_OTHER_INODES = 1 << 1,    /* numbers of the build's files begin later */
	ASSAY_OTHER_LIMITS = 1 << 2,    /* fewer descriptors, a smaller stack */
	ASSAY_OTHER_ORDER_DOWN = 1
	                         << 3, /* entries of source folders: by name, made last to first */
	ASSAY_OTHER_ORDER_UP = 1 << 4, /* first to last */
	ASSAY_OTHER_PARALLELISM = 1 << 5,   /* one processor does all, whatever programs are told */
	ASSAY_OTHER_PIDS = 1 << 6,          /* begin later */
	ASSAY_OTHER_PROCESS = 1 << 7,       /* nice, SIGPIPE ignored, a descriptor more */
	ASSAY_OTHER_PROCESSOR = 1 << 8,     /* another model in /proc/cpuinfo */
	ASSAY_OTHER_SHELL = 1 << 9,         /* /bin/sh is bash */
	ASSAY_OTHER_SOURCE_TIMES = 1 << 10, /* of source files: each another */
	ASSAY_OTHER_STATE = 1 << 11,        /* load, uptime, boot id */
	ASSAY_OTHER_TERMINAL = 1 << 12,     /* standard input is one */
};

/** Change what the plan says of the machine. */
void assay_others_plan(assay_others others, struct assay_plan *plan);

/** Let numbers of processes and inodes begin later: in init, which is alone. */
void assay_others_burn(assay_others others, const char *folder);

/** A terminal of 50 rows and 200 columns. Return: its end for programs, or -1 */
int assay_others_terminal(int *other_end);

#endif
