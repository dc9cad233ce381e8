/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/pins.h"

const struct assay_pin assay_pins[ASSAY_PIN_COUNT] = {
	[ASSAY_PIN_ASLR] = { "aslr", ASSAY_PIN_L0, NULL,
	                     "personality without randomised addresses" },
	[ASSAY_PIN_CLOCK] = { "clock", ASSAY_PIN_L2, "build.machine.clock",
	                      "time of day and file times answered, no vDSO",
	                      "the time of day is the host's; SOURCE_DATE_EPOCH is set" },
	[ASSAY_PIN_CPUS] = { "cpus", ASSAY_PIN_L1, "build.machine.cpus",
	                     "affinity, sched_getaffinity(2) answered, /proc/cpuinfo, /proc/stat" },
	[ASSAY_PIN_DESCRIPTORS] = { "descriptors", ASSAY_PIN_L0, NULL,
	                            "standard input is /dev/null, both outputs are one pipe, no others" },
	[ASSAY_PIN_DEVICES] = { "devices", ASSAY_PIN_L0, NULL,
	                        "/dev has null, zero, full, random, urandom; no /sys" },
	[ASSAY_PIN_ENVIRONMENT] = { "environment", ASSAY_PIN_L0, "build.environment",
	                            "exactly the manifest's, and SOURCE_DATE_EPOCH" },
	[ASSAY_PIN_EVENTS] = { "events", ASSAY_PIN_L1, NULL,
	                       "refused sockets are counted by program" },
	[ASSAY_PIN_FILES] = { "files", ASSAY_PIN_L0, "toolchain.tree",
	                      "mount namespace: read-only toolchain, own /tmp and build folder" },
	[ASSAY_PIN_GROUPS] = { "groups", ASSAY_PIN_L0, NULL, "getgroups(2) answers none" },
	[ASSAY_PIN_HOSTNAME] = { "hostname", ASSAY_PIN_L0, "build.machine.hostname",
	                         "UTS namespace" },
	[ASSAY_PIN_INODES] = { "inodes", ASSAY_PIN_NONE, NULL,
	                       "inode and device numbers of toolchain files are the store's" },
	[ASSAY_PIN_IPC] = { "ipc", ASSAY_PIN_L0, NULL, "IPC namespace" },
	[ASSAY_PIN_MONOTONIC] = { "monotonic", ASSAY_PIN_L0, NULL,
	                          "time namespace: the machine was always up for the same time" },
	[ASSAY_PIN_NETWORK] = { "network", ASSAY_PIN_L0, NULL,
	                        "network namespace with lo down; sockets other than AF_UNIX refused" },
	[ASSAY_PIN_NICE] = { "nice", ASSAY_PIN_L0, NULL, "nice value 0" },
	[ASSAY_PIN_OWNER] = { "owner", ASSAY_PIN_L0, "build.user",
	                      "toolchain files belong to the build user (id-mapped mount for root)" },
	[ASSAY_PIN_PIDS] = { "pids", ASSAY_PIN_L0, NULL, "PID namespace" },
	[ASSAY_PIN_PROC] = { "proc", ASSAY_PIN_L0, "build.machine",
	                     "every file of /proc that is not about a process is ours or empty" },
	[ASSAY_PIN_PROC_PID] = { "proc-pid", ASSAY_PIN_NONE, NULL,
	                         "/proc/PID/{autogroup,cgroup,loginuid,mountinfo,stat,status}, and which files /proc has" },
	[ASSAY_PIN_PROCESSOR] = { "processor", ASSAY_PIN_NONE, NULL,
	                          "CPUID, hardware capabilities, RDTSC and RDRAND are the host's" },
	[ASSAY_PIN_RANDOM] = { "random", ASSAY_PIN_L2, "build.machine.random",
	                       "getrandom(2) answered, /dev/urandom a file, AT_RANDOM changed",
	                       "getrandom(2), /dev/urandom and AT_RANDOM are the host's" },
	[ASSAY_PIN_RLIMITS] = { "rlimits", ASSAY_PIN_L0, "build.limits.processes",
	                        "all sixteen set" },
	[ASSAY_PIN_SCHEDULER] = { "scheduler", ASSAY_PIN_L0, NULL,
	                          "SCHED_OTHER, no I/O class, default timer slack and memory policy" },
	[ASSAY_PIN_SESSION] = { "session", ASSAY_PIN_L0, NULL, "own session without a terminal" },
	[ASSAY_PIN_SIGNALS] = { "signals", ASSAY_PIN_L0, NULL, "all default, none blocked" },
	[ASSAY_PIN_SYSCALLS] = { "syscalls", ASSAY_PIN_L0, NULL,
	                         "calls newer than Linux 6.1 are hidden" },
	[ASSAY_PIN_SYSINFO] = { "sysinfo", ASSAY_PIN_L1, "build.machine.memory",
	                        "sysinfo(2) answered, /proc/meminfo" },
	[ASSAY_PIN_TICKS] = { "ticks", ASSAY_PIN_NONE, NULL,
	                      "times(2) counts from the start of the host, CLOCK_MONOTONIC_RAW at its own rate" },
	[ASSAY_PIN_UMASK] = { "umask", ASSAY_PIN_L0, "build.umask", "set" },
	[ASSAY_PIN_UNAME] = { "uname", ASSAY_PIN_L1, "build.machine.kernel_release",
	                      "uname(2) answered, /proc/version, /proc/sys/kernel" },
	[ASSAY_PIN_USER] = { "user", ASSAY_PIN_L0, "build.user",
	                     "user namespace with one uid and one gid, neither of them 0" },
};

/* Whether a manifest asks for a row of level L2. */
static bool is_asked_for(const struct assay_machine *machine, size_t row)
{
	return row == ASSAY_PIN_CLOCK ? machine->clock != NULL : machine->random != NULL;
}

void assay_pins_unpinned(const struct assay_machine *machine, bool notify,
                         struct assay_strings *unpinned)
{
	for (size_t i = 0; i < ASSAY_PIN_COUNT; i++) {
		const struct assay_pin *row = &assay_pins[i];

		if (row->level == ASSAY_PIN_NONE)
			assay_strings_printf(unpinned, "%s: %s", row->key, row->how);
		if (row->level == ASSAY_PIN_L2 && !is_asked_for(machine, i))
			assay_strings_printf(unpinned, "%s: %s", row->key, row->unless);
		if (row->level == ASSAY_PIN_L1 && !notify)
			assay_strings_printf(unpinned, "%s: this host has no seccomp notification",
			                     row->key);
	}
}

const char *assay_pins_level(const struct assay_machine *machine, bool notify)
{
	if (!notify)
		return "L0";
	return machine->clock != NULL && machine->random != NULL ? "L2" : "L1";
}
