/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The resource limits of a build: all sixteen, the same on every host.
 *
 * Layer:  rebuild.
 * Source: getrlimit(2); values are what a plain Debian 12 gives an ordinary user, lowered to what
 *         every host allows where programs need no more.
 */
#ifndef ASSAY_REBUILD_RLIMITS_H
#define ASSAY_REBUILD_RLIMITS_H

#include <stdint.h>
#include <sys/resource.h>

#include "base/compiler.h"

struct assay_rlimit {
	const char *name; /* "nofile" */
	int resource;
	struct rlimit value;
};

#define ASSAY_RLIMITS 16 /* RLIM_NLIMITS of Linux 5.14: include/uapi/asm-generic/resource.h */

extern const struct assay_rlimit assay_rlimits[ASSAY_RLIMITS];

/** The value of a row; processes is what the manifest allows. */
struct rlimit assay_rlimit_wanted(const struct assay_rlimit *row, uint32_t processes);

/**
 * Raise hard limits that are too low, which only the host's root can.
 *
 * Return: a bit for each row of assay_rlimits that stays too low
 */
uint32_t assay_rlimits_raise(uint32_t processes);

/** Set all limits, as far as the hard limits allow. */
void assay_rlimits_set(uint32_t processes);

#endif
