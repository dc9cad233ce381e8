/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One process of the build, as init starts it: everything about it is set, nothing is inherited
 * that the plan does not know.
 *
 * Layer:  rebuild. Runs in init and in the new process.
 * Source: facts of execve(2) and fork(2) about what a process keeps; capabilities(7).
 */
#ifndef ASSAY_REBUILD_JOB_H
#define ASSAY_REBUILD_JOB_H

#include "rebuild/container.h"

#define ASSAY_JOB_RESULT 5 /* number of a descriptor; the lowest that we do not need ourselves */

/** A program, or a helper of ours: a function that runs with no more rights than a program. */
struct assay_job {
	char *const *argv; /* borrowed; NULL for a helper */
	const char *cwd;   /* below build.path */
	int input;         /* standard input, -1: /dev/null */
	int program;       /* what is run, whatever argv[0] says; 0: argv[0] is looked up */
	int result;        /* open in the program as ASSAY_JOB_RESULT; 0: none */
	int (*help)(void *context, struct assay_error *err);
	void *context;
};

/** What init holds of a process that it started. */
struct assay_started {
	pid_t pid;
	int socket; /* of a helper, for assay_job_helped; else -1 */
	int stopped; /* of a program that waits for assay_notify_stop: what waitpid(2) told; else 0 */
	int answers; /* where a program's questions arrive (see notify.h), or -1 */
};

/**
 * Start it. A program has been executed when this returns.
 *
 * Out:    *out, whose descriptors are the caller's
 * Errors: ASSAY_E_TOOL    the program cannot be run; sys_errno says why
 *         ASSAY_E_SYSTEM  anything else
 */
ASSAY_CHECKED int assay_job_start(const struct assay_container *container,
                                  const struct assay_job *job, struct assay_started *out,
                                  struct assay_error *err);

/** Wait for a helper to end. Return: 0 when it did its work, -1 with its error */
ASSAY_CHECKED int assay_job_helped(const struct assay_started *started, struct assay_error *err);

#endif
