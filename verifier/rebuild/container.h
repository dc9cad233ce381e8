/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processes that make and hold the container. The launcher forks the stage; the stage makes
 * the namespaces and forks init, the first process in them; init furnishes the root, starts every
 * program of the build and outlives them all. When init dies, the kernel kills all the others;
 * init dies with the launcher.
 *
 * Layer:  rebuild.
 * Source: namespaces(7), pid_namespaces(7), prctl(2) PR_SET_PDEATHSIG.
 */
#ifndef ASSAY_REBUILD_CONTAINER_H
#define ASSAY_REBUILD_CONTAINER_H

#include "rebuild/filter.h"
#include "rebuild/identity.h"
#include "rebuild/message.h"
#include "rebuild/pins.h"
#include "rebuild/plan.h"
#include "rebuild/rebuild.h"

/** What stage and init were given by the launcher. All borrowed or inherited. */
struct assay_container {
	const struct assay_rebuild_request *request;
	const struct assay_plan *plan;
	struct assay_filter filter;
	struct assay_identity identity;
	int control;  /* the stage's and init's end of the socket */
	int log;      /* where output of the build goes */
	int terminal; /* standard input of programs; -1: /dev/null */
	int tree;     /* detached mount of the toolchain tree, -1: the stage makes it */
};

/** The stage: the process after the launcher's fork. Ends when init is there. */
void assay_stage_main(struct assay_container *container) __attribute__((noreturn));

/** Init: process 1 inside. */
void assay_init_main(struct assay_container *container) __attribute__((noreturn));

/** Report an error to the launcher and end the process: for stage and init. */
void assay_container_fail(const struct assay_container *container, const struct assay_error *err)
	__attribute__((noreturn));

/** Report that a row could not be pinned. */
void assay_container_unpinned(const struct assay_container *container, enum assay_pin_id pin,
                              const char *fmt, ...) ASSAY_PRINTF(3, 4);

/**
 * Make the container's root and go there: in init, with all capabilities of the user namespace
 * and umask 022.
 * Afterwards nothing of the host can be reached by name.
 */
ASSAY_CHECKED int assay_root_make(const struct assay_container *container, struct assay_error *err);

#endif
