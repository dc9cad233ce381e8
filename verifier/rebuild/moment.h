/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pinned time of day: what a build reads from its clock and from the times of its files.
 *
 * The kernel stamps files with the host's time, whatever clock a program is shown. So both are
 * moved by the same rule, and no file lies in the future of the clock.
 *
 * Layer:  rebuild.
 * Limits: a program that itself sets a file's time to a moment at which this build really runs
 *         reads it back moved.
 */
#ifndef ASSAY_REBUILD_MOMENT_H
#define ASSAY_REBUILD_MOMENT_H

#include <time.h>

#include "model/manifest.h"

struct assay_moment {
	enum assay_clock_mode mode;
	struct timespec start; /* of the pinned clock */
	struct timespec base;  /* the host's time then */
	uint32_t rate;         /* times as fast as the host's */
	uint64_t readings;     /* of the clock so far: mode step */
};

/** The clock starts now. */
void assay_moment_begin(struct assay_moment *moment, const struct assay_clock_pin *pin);

/** Read the clock. */
void assay_moment_now(struct assay_moment *moment, struct timespec *out);

/**
 * Move the time of a file, if it is one that the kernel wrote since the container was made. All
 * other times come from programs and stay.
 *
 * Return: whether it was one
 */
bool assay_moment_file(const struct assay_moment *moment, struct timespec *time);

#endif
