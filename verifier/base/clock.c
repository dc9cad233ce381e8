/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t assay_clock_monotonic_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void assay_clock_get(clockid_t clock, struct timespec *out)
{
	/* Not through the C library, where faketime(1) may sit. */
	*out = (struct timespec){ 0 };
	(void)syscall(SYS_clock_gettime, clock, out);
}

int64_t assay_clock_wall(void)
{
	return (int64_t)time(NULL);
}

void assay_clock_text(int64_t seconds, char out[ASSAY_CLOCK_TEXT])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, ASSAY_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, ASSAY_CLOCK_TEXT, "%lld", (long long)seconds);
}

bool assay_clock_parse(const char *text, int64_t *out)
{
	char again[ASSAY_CLOCK_TEXT];
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int64_t seconds;

	if (end == NULL || *end != '\0')
		return false;
	seconds = timegm(&tm);
	/* strptime takes more than one spelling, and days that no month has. */
	assay_clock_text(seconds, again);
	if (seconds < 0 || strcmp(text, again) != 0)
		return false;
	*out = seconds;
	return true;
}
