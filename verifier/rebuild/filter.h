/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system calls of a build: which are refused, which get a fixed answer, which init answers.
 *
 * Layer:  rebuild.
 * Source: seccomp(2), user_namespaces(7), io_uring(7); Linux 6.1 for the last system call.
 * Limits: a list of what is refused, not of what is allowed: what keeps a build in are the
 *         namespaces and the missing capabilities, and this takes away ways to attack them.
 */
#ifndef ASSAY_REBUILD_FILTER_H
#define ASSAY_REBUILD_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/span.h"
#include "model/manifest.h"

/** Programs for the kernel, to be loaded one after the other. Owned. */
struct assay_filter {
	struct assay_bytes guard; /* unknown calls, chown */
	struct assay_bytes main;  /* everything else */
	struct assay_bytes
		quiet; /* the same for helpers, who must not have to ask for file times */
	bool notify;   /* main asks init about the calls of notify.h */
};

void assay_filter_fini(struct assay_filter *filter);

/**
 * Make the programs.
 *
 * In: machine  what init answers about; NULL: uname(2) and the like are left to the kernel, and
 *              sockets are refused without a word
 */
ASSAY_CHECKED int assay_filter_make(const struct assay_user *user,
                                    const struct assay_machine *machine, struct assay_filter *out,
                                    struct assay_error *err);

/**
 * Whether the kernel hands questions to us: it does not when somebody outside of this process
 * asked for them first (a container manager), and answers need Yama's leave to write into other
 * processes. Tried in a child.
 */
bool assay_filter_can_notify(void);

/** Whether this kernel has all calls that are not hidden: Linux 6.1 or later. Else err says so. */
bool assay_filter_has_calls(struct assay_error *err);

/**
 * Load the programs into the calling process, for good. No new privileges must be set.
 *
 * Return: the descriptor on which init gets the questions when filter->notify, else 0; -1 with
 *         errno set
 */
int assay_filter_load(const struct assay_filter *filter, bool helper);

#endif
