/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#ifdef __x86_64__
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#else
#error "say here what uname -m is on this architecture, and what its cpuinfo looks like"
#endif

/* Of the pinned memory, this part is told to be free: half of it. */
#define FREE_SHARE 2
/* USER_HZ, the unit of /proc/stat; proc(5). */
#define TICKS 100

typedef void generate_fn(const struct assay_build *build, struct assay_buffer *out);

static void version(const struct assay_build *build, struct assay_buffer *out)
{
	assay_buffer_printf(out, "Linux version %s (%s@%s) (gcc) %s\n",
	                    build->machine.kernel_release, build->user.name,
	                    build->machine.hostname, build->machine.kernel_version);
}

static void release(const struct assay_build *build, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s\n", build->machine.kernel_release);
}

static void kernel_version(const struct assay_build *build, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s\n", build->machine.kernel_version);
}

static void hostname(const struct assay_build *build, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%s\n", build->machine.hostname);
}

/* The x86-64 baseline (psABI 1.0, table 3.1), or Armv8.0-A: what every such machine has. */
static void cpuinfo(const struct assay_build *build, struct assay_buffer *out)
{
	for (uint32_t i = 0; i < build->machine.cpus; i++) {
#ifdef __x86_64__
		assay_buffer_printf(
			out,
			"processor\t: %" PRIu32 "\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n"
			"model\t\t: 15\nmodel name\t: x86-64 baseline\nstepping\t: 0\n"
			"cpu MHz\t\t: 1000.000\ncache size\t: 1024 KB\nphysical id\t: 0\n"
			"siblings\t: %" PRIu32 "\ncore id\t\t: %" PRIu32 "\ncpu cores\t: %" PRIu32
			"\n"
			"fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 10\nwp\t\t: yes\n"
			"flags\t\t: fpu tsc cx8 cmov mmx fxsr sse sse2 syscall lm\n"
			"bogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\n"
			"address sizes\t: 40 bits physical, 48 bits virtual\n\n",
			i, build->machine.cpus, i, build->machine.cpus);
#else
		assay_buffer_printf(out,
		                    "processor\t: %" PRIu32 "\nBogoMIPS\t: 100.00\n"
		                    "Features\t: fp asimd\nCPU implementer\t: 0x41\n"
		                    "CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd03\n"
		                    "CPU revision\t: 0\n\n",
		                    i);
#endif
	}
}

static void meminfo(const struct assay_build *build, struct assay_buffer *out)
{
	uint64_t total = build->machine.memory / 1024, unused = total / FREE_SHARE;
	const struct {
		const char *name;
		uint64_t value; /* KiB */
	} rows[] = {
		{ "MemTotal:", total },    { "MemFree:", unused }, { "MemAvailable:", unused },
		{ "Buffers:", 0 },         { "Cached:", 0 },       { "SwapCached:", 0 },
		{ "Active:", 0 },          { "Inactive:", 0 },     { "SwapTotal:", 0 },
		{ "SwapFree:", 0 },        { "Dirty:", 0 },        { "Shmem:", 0 },
		{ "CommitLimit:", total }, { "Committed_AS:", 0 },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		assay_buffer_printf(out, "%-15s %8" PRIu64 " kB\n", rows[i].name, rows[i].value);
}

static void uptime(const struct assay_build *build, struct assay_buffer *out)
{
	assay_buffer_printf(out, "%d.00 %" PRIu64 ".00\n", ASSAY_PLAN_UPTIME,
	                    (uint64_t)ASSAY_PLAN_UPTIME * build->machine.cpus);
}

static void stat_line(struct assay_buffer *out, const char *name, uint64_t seconds)
{
	assay_buffer_printf(out, "%s 0 0 0 %" PRIu64 " 0 0 0 0 0 0\n", name, seconds * TICKS);
}

static void cpu_stat(const struct assay_build *build, struct assay_buffer *out)
{
	char name[32];

	stat_line(out, "cpu ", (uint64_t)ASSAY_PLAN_UPTIME * build->machine.cpus);
	for (uint32_t i = 0; i < build->machine.cpus; i++) {
		(void)snprintf(name, sizeof(name), "cpu%" PRIu32, i);
		stat_line(out, name, ASSAY_PLAN_UPTIME);
	}
	assay_buffer_printf(out,
	                    "intr 0\nctxt 0\nbtime %" PRIu64 "\nprocesses 1\n"
	                    "procs_running 1\nprocs_blocked 0\nsoftirq 0\n",
	                    build->source_date_epoch);
}

/*
 * Every file in /proc and /proc/sys that says something inside. Either a text or a function makes
 * the content. What is not here is an empty file or an empty folder. Constants under sys/ are
 * the kernel's defaults: Documentation/admin-guide/sysctl/.
 */
static const struct {
	const char *path;
	const char *text;
	generate_fn *generate;
} files[] = {
	{ "proc/cmdline", "\n", NULL },
	{ "proc/cpuinfo", NULL, cpuinfo },
	{ "proc/devices", "Character devices:\n  1 mem\n\nBlock devices:\n", NULL },
	{ "proc/filesystems", "nodev\tproc\nnodev\ttmpfs\n", NULL },
	{ "proc/loadavg", "0.00 0.00 0.00 1/1 1\n", NULL },
	{ "proc/meminfo", NULL, meminfo },
	{ "proc/partitions", "major minor  #blocks  name\n\n", NULL },
	{ "proc/stat", NULL, cpu_stat },
	{ "proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n", NULL },
	{ "proc/sys/fs/file-max", "65536\n", NULL },
	{ "proc/sys/fs/nr_open", "1048576\n", NULL },
	{ "proc/sys/fs/pipe-max-size", "1048576\n", NULL },
	{ "proc/sys/kernel/cap_last_cap", "40\n", NULL },
	{ "proc/sys/kernel/domainname", "(none)\n", NULL },
	{ "proc/sys/kernel/hostname", NULL, hostname },
	{ "proc/sys/kernel/ngroups_max", "65536\n", NULL },
	{ "proc/sys/kernel/osrelease", NULL, release },
	{ "proc/sys/kernel/ostype", "Linux\n", NULL },
	{ "proc/sys/kernel/overflowgid", "65534\n", NULL },
	{ "proc/sys/kernel/overflowuid", "65534\n", NULL },
	{ "proc/sys/kernel/pid_max", "32768\n", NULL },
	{ "proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000000\n", NULL },
	{ "proc/sys/kernel/random/entropy_avail", "256\n", NULL },
	{ "proc/sys/kernel/random/poolsize", "256\n", NULL },
	{ "proc/sys/kernel/random/uuid", "00000000-0000-4000-8000-000000000000\n", NULL },
	{ "proc/sys/kernel/randomize_va_space", "0\n", NULL },
	{ "proc/sys/kernel/threads-max", "32768\n", NULL },
	{ "proc/sys/kernel/version", NULL, kernel_version },
	{ "proc/sys/vm/max_map_count", "65530\n", NULL },
	{ "proc/sys/vm/mmap_min_addr", "65536\n", NULL },
	{ "proc/sys/vm/overcommit_memory", "0\n", NULL },
	{ "proc/sys/vm/overcommit_ratio", "50\n", NULL },
	{ "proc/uptime", NULL, uptime },
	{ "proc/version", NULL, version },
};

void assay_proc_plan(struct assay_plan *plan)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(files); i++) {
		struct assay_buffer *content = assay_plan_file(plan, files[i].path);

		if (files[i].text != NULL)
			assay_buffer_add_str(content, files[i].text);
		else
			files[i].generate(&plan->manifest->build, content);
	}
}

static void set_field(char *field, const char *value)
{
	(void)snprintf(field, sizeof(((struct utsname *)NULL)->release), "%s", value);
}

void assay_proc_uname(const struct assay_machine *machine, struct utsname *out)
{
	*out = (struct utsname){ 0 };
	set_field(out->sysname, "Linux");
	set_field(out->nodename, machine->hostname);
	set_field(out->release, machine->kernel_release);
	set_field(out->version, machine->kernel_version);
	set_field(out->machine, MACHINE);
	set_field(out->domainname, "(none)");
}

void assay_proc_sysinfo(const struct assay_machine *machine, struct sysinfo *out)
{
	*out = (struct sysinfo){
		.uptime = ASSAY_PLAN_UPTIME,
		.totalram = machine->memory,
		.freeram = machine->memory / FREE_SHARE,
		.procs = 1,
		.mem_unit = 1,
	};
}
