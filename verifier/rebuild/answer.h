/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the parts of rebuild/notify: what an answer to a system call is made of.
 *
 * Layer: rebuild. Runs in init.
 */
#ifndef ASSAY_REBUILD_ANSWER_H
#define ASSAY_REBUILD_ANSWER_H

#include <linux/seccomp.h>

#include "rebuild/notify.h"

/** Return: what the system call returns: a value, or -errno; or ASSAY_ANSWER_CONTINUE. */
typedef int64_t assay_answer_fn(struct assay_notify *notify, const struct seccomp_notif *request);

/** Let the kernel carry the call out after all. */
#define ASSAY_ANSWER_CONTINUE INT64_MIN

/**
 * Write into the memory of the program that asks, where argument arg points. Should it have been
 * killed and its pid be another's by now, a program of the same build gets the bytes, which the
 * killer could have written there itself.
 *
 * Return: 0, or -EFAULT
 */
int64_t assay_answer_give(const struct seccomp_notif *request, unsigned arg, const void *ptr,
                          size_t len);

assay_answer_fn assay_answer_time, assay_answer_gettimeofday, assay_answer_clock_gettime;
assay_answer_fn assay_answer_getrandom;
assay_answer_fn assay_answer_exec; /* watches the program, so that its start can be changed */
/* File times, for each way to ask for them. */
assay_answer_fn assay_answer_stat, assay_answer_lstat, assay_answer_fstat, assay_answer_newfstatat,
	assay_answer_statx;

#endif
