/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/cpus.h"

#include <inttypes.h>
#include <sys/syscall.h>
#include <unistd.h>

int assay_cpus_pick(const cpu_set_t *ours, int current, uint32_t wanted, cpu_set_t *taken)
{
	uint32_t count = (uint32_t)CPU_COUNT(ours), before = 0, skip;

	if (count < wanted)
		return -1;
	for (int i = 0; i < current; i++)
		before += CPU_ISSET((size_t)i, ours) != 0;
	skip = before / wanted * wanted;
	CPU_ZERO(taken);
	for (size_t i = 0; wanted > 0; i = (i + 1) % CPU_SETSIZE) {
		if (!CPU_ISSET(i, ours))
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		CPU_SET(i, taken);
		wanted--;
	}
	return 0;
}

int assay_cpus_take(uint32_t wanted, struct assay_error *err)
{
	cpu_set_t ours, taken;
	unsigned current;

	/* Not sched_getcpu(3), which looks into memory that the kernel fills for one task. */
	if (sched_getaffinity(0, sizeof(ours), &ours) < 0 ||
	    syscall(SYS_getcpu, &current, NULL, NULL) < 0)
		return assay_fail_errno(err, "ask for processors");
	if (assay_cpus_pick(&ours, (int)current, wanted, &taken) < 0)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "build.machine.cpus is %" PRIu32 ", but this process may use %d: "
		                  "build on a machine with more, or allow more (taskset, cpuset)",
		                  wanted, CPU_COUNT(&ours));
	return sched_setaffinity(0, sizeof(taken), &taken) < 0
	               ? assay_fail_errno(err, "take processors")
	               : 0;
}
