/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/moment.h"

#include "base/clock.h"

#define SECOND 1000000000L /* nanoseconds */
#define BEFORE 60 /* seconds before the clock starts in which the container was made; ours */

void assay_moment_begin(struct assay_moment *moment, const struct assay_clock_pin *pin)
{
	*moment = (struct assay_moment){ .mode = pin->mode,
		                         .start = { .tv_sec = (time_t)pin->start },
		                         .rate = pin->rate > 0 ? pin->rate : 1 };
	assay_clock_get(CLOCK_REALTIME, &moment->base);
}

static struct timespec difference(const struct timespec *a, const struct timespec *b)
{
	struct timespec d = { a->tv_sec - b->tv_sec, a->tv_nsec - b->tv_nsec };

	if (d.tv_nsec < 0) {
		d.tv_sec--;
		d.tv_nsec += SECOND;
	}
	return d;
}

static struct timespec times(const struct timespec *time, uint32_t rate)
{
	long nsec = time->tv_nsec * (long)rate;

	return (struct timespec){ time->tv_sec * (time_t)rate + nsec / SECOND, nsec % SECOND };
}

/* What the pinned clock shows when the host's shows time. Before its start it shows the start. */
static struct timespec move(const struct assay_moment *moment, const struct timespec *time)
{
	struct timespec passed = difference(time, &moment->base);

	if (moment->mode != ASSAY_CLOCK_OFFSET || passed.tv_sec < 0)
		return moment->start;
	passed = times(&passed, moment->rate);
	passed.tv_sec += moment->start.tv_sec; /* which has no nanoseconds */
	return passed;
}

void assay_moment_now(struct assay_moment *moment, struct timespec *out)
{
	struct timespec real;

	if (moment->mode == ASSAY_CLOCK_STEP) {
		*out = moment->start;
		out->tv_sec += (time_t)moment->readings++;
		return;
	}
	assay_clock_get(CLOCK_REALTIME, &real);
	*out = move(moment, &real);
}

bool assay_moment_file(const struct assay_moment *moment, struct timespec *time)
{
	struct timespec real;

	if (time->tv_sec < moment->base.tv_sec - BEFORE)
		return false;
	assay_clock_get(CLOCK_REALTIME, &real);
	if (time->tv_sec > real.tv_sec + 1) /* a tick later than the clock just read, at most */
		return false;
	*time = move(moment, time);
	return true;
}
