/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only way to ask for the time, so that what depends on it can be found.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_CLOCK_H
#define ASSAY_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** Milliseconds of CLOCK_MONOTONIC: for durations and time limits. */
uint64_t assay_clock_monotonic_ms(void);

/** One of the kernel's clocks as it is, for calls that take its times. */
void assay_clock_get(clockid_t clock, struct timespec *out);

/** Seconds since 1970-01-01 UTC: for records of when something was done, never for a decision. */
int64_t assay_clock_wall(void);

#define ASSAY_CLOCK_TEXT 32 /* bytes with the NUL */

/** Write seconds as RFC 3339 in UTC, for example 2022-11-25T06:31:44Z. */
void assay_clock_text(int64_t seconds, char out[ASSAY_CLOCK_TEXT]);

/** Read exactly what assay_clock_text writes for the years 1970 to 9999. Return: false otherwise */
bool assay_clock_parse(const char *text, int64_t *out);

#endif
