/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Signals by which a person ends a build, as a descriptor.
 *
 * Layer:  rebuild.
 * Source: signalfd(2).
 */
#ifndef ASSAY_REBUILD_INTERRUPTS_H
#define ASSAY_REBUILD_INTERRUPTS_H

#include <signal.h>
#include <stdint.h>

#include "base/error.h"

/** Set fd to -1 at first. */
struct assay_interrupts {
	int fd; /* SIGINT, SIGTERM and SIGHUP arrive here */
	sigset_t saved;
};

/** Take them from now on: those that the caller does not ignore. */
ASSAY_CHECKED int assay_interrupts_begin(struct assay_interrupts *interrupts,
                                         struct assay_error *err);

/** They do again what they did before. */
void assay_interrupts_end(struct assay_interrupts *interrupts);

/** Return: the signal that has come, 0 for none */
uint32_t assay_interrupts_take(const struct assay_interrupts *interrupts);

#endif
