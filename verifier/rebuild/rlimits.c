/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/rlimits.h"

#define INF RLIM_INFINITY

const struct assay_rlimit assay_rlimits[ASSAY_RLIMITS] = {
	{ "as", RLIMIT_AS, { INF, INF } },
	/*
	 * One byte, not none: with 0 the kernel still starts the host's core dump handler for a
	 * crash inside, outside of the container and on a hostile program; with 1 it never does.
	 * core(5), "Piping core dumps to a program"; fs/coredump.c.
	 */
	{ "core", RLIMIT_CORE, { 1, 1 } },
	{ "cpu", RLIMIT_CPU, { INF, INF } },
	{ "data", RLIMIT_DATA, { INF, INF } },
	{ "fsize", RLIMIT_FSIZE, { INF, INF } },
	{ "locks", RLIMIT_LOCKS, { INF, INF } },
	{ "memlock", RLIMIT_MEMLOCK, { 65536, 65536 } }, /* the kernel's default before 5.16 */
	{ "msgqueue", RLIMIT_MSGQUEUE, { 819200, 819200 } },
	{ "nice", RLIMIT_NICE, { 0, 0 } },
	{ "nofile", RLIMIT_NOFILE, { 1024, 4096 } }, /* INR_OPEN_CUR, INR_OPEN_MAX */
	{ "nproc", RLIMIT_NPROC, { INF, INF } },     /* by limits.processes */
	{ "rss", RLIMIT_RSS, { INF, INF } },
	{ "rtprio", RLIMIT_RTPRIO, { 0, 0 } },
	{ "rttime", RLIMIT_RTTIME, { INF, INF } },
	{ "sigpending", RLIMIT_SIGPENDING, { 1024, 1024 } },
	{ "stack", RLIMIT_STACK, { 8388608, INF } }, /* gcc raises its own: hence no hard limit */
};

/*
 * More than the manifest allows: init counts processes and ends the build when there are too
 * many. Where this limit were the same, fork(2) would fail before init could see why.
 */
static rlim_t nproc_for(uint32_t processes)
{
	return 2 * (rlim_t)processes + 64;
}

struct rlimit assay_rlimit_wanted(const struct assay_rlimit *row, uint32_t processes)
{
	rlim_t nproc = nproc_for(processes);

	return row->resource == RLIMIT_NPROC ? (struct rlimit){ nproc, nproc } : row->value;
}

uint32_t assay_rlimits_raise(uint32_t processes)
{
	uint32_t low = 0;

	for (size_t i = 0; i < ASSAY_RLIMITS; i++) {
		__rlimit_resource_t resource = (__rlimit_resource_t)assay_rlimits[i].resource;
		struct rlimit now, want = assay_rlimit_wanted(&assay_rlimits[i], processes);

		if (getrlimit(resource, &now) < 0 || now.rlim_max >= want.rlim_max)
			continue;
		now.rlim_max = want.rlim_max;
		if (setrlimit(resource, &now) < 0)
			low |= UINT32_C(1) << i;
	}
	return low;
}

void assay_rlimits_set(uint32_t processes)
{
	for (size_t i = 0; i < ASSAY_RLIMITS; i++) {
		__rlimit_resource_t resource = (__rlimit_resource_t)assay_rlimits[i].resource;
		struct rlimit now, want = assay_rlimit_wanted(&assay_rlimits[i], processes);

		if (getrlimit(resource, &now) < 0)
			continue;
		if (want.rlim_max > now.rlim_max)
			want.rlim_max = now.rlim_max;
		if (want.rlim_cur > want.rlim_max)
			want.rlim_cur = want.rlim_max;
		(void)setrlimit(resource, &want);
	}
}
