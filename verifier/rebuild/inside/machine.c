/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel and the processor tell. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
/* Bits of leaf 1: Intel SDM volume 2A, CPUID, tables 3-10 and 3-11. */
#define CPUID_OSXSAVE (1u << 27)
#define CPUID_TSC (1u << 4)
#endif

#include "rebuild/inside/keys.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51 /* asm/auxvec.h */
#endif

static void names(void)
{
	struct utsname name;

	if (uname(&name) < 0)
		return;
	inside_key("hostname.node", "%s", name.nodename);
	inside_key("hostname.domain", "%s", name.domainname);
	inside_key("uname.system", "%s", name.sysname);
	inside_key("uname.release", "%s", name.release);
	inside_key("uname.version", "%s", name.version);
	inside_key("uname.machine", "%s", name.machine);
}

static void memory(void)
{
	struct sysinfo info;
	struct msginfo messages;

	if (sysinfo(&info) == 0) {
		inside_key("sysinfo.memory", "%lu free %lu", info.totalram * info.mem_unit,
		           info.freeram * info.mem_unit);
		inside_key("sysinfo.swap", "%lu", info.totalswap * info.mem_unit);
		inside_key("sysinfo.load", "%lu %lu %lu", info.loads[0], info.loads[1],
		           info.loads[2]);
		inside_key("sysinfo.uptime", "%ld", info.uptime);
		inside_key("sysinfo.processes", "%u", info.procs);
	}
	/* A struct msginfo comes back through the pointer: msgctl(2). */
	if (msgctl(0, IPC_INFO, (struct msqid_ds *)(void *)&messages) >= 0)
		inside_key("ipc.messages", "%d %d %d", messages.msgmax, messages.msgmnb,
		           messages.msgmni);
}

static void processors(void)
{
	cpu_set_t set;
	unsigned node;

	CPU_ZERO(&set);
	inside_key("cpus.affinity", "%d",
	           sched_getaffinity(0, sizeof(set), &set) < 0 ? -1 : CPU_COUNT(&set));
	inside_key("cpus.online", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	inside_key("cpus.configured", "%ld", sysconf(_SC_NPROCESSORS_CONF));
	inside_key("processor.numa_node", "%ld",
	           syscall(SYS_getcpu, NULL, &node, NULL) < 0 ? -1L : (long)node);
	inside_key("processor.page", "%ld", sysconf(_SC_PAGESIZE));
	inside_key("processor.hwcap", "%lx", getauxval(AT_HWCAP));
	inside_key("processor.hwcap2", "%lx", getauxval(AT_HWCAP2));
	inside_key("processor.platform", "%s",
	           getauxval(AT_PLATFORM) != 0 ? (const char *)getauxval(AT_PLATFORM) : "none");
	inside_key("processor.signal_stack", "%lu", getauxval(AT_MINSIGSTKSZ));
#ifdef __x86_64__
	{
		unsigned a, b, c, d;
		char vendor[13] = "";

		__cpuid(0, a, b, c, d);
		memcpy(vendor, &b, 4);
		memcpy(vendor + 4, &d, 4);
		memcpy(vendor + 8, &c, 4);
		inside_key("processor.vendor", "%s, %u leaves", vendor, a);
		__cpuid(1, a, b, c, d);
		inside_key("processor.model", "%08x", a);
		inside_key("processor.features", "%08x %08x", c & ~CPUID_OSXSAVE, d);
		inside_key("processor.rdrand", "%s", (c & bit_RDRND) != 0 ? "there" : "none");
		inside_key("processor.rdtsc", "%s", (d & CPUID_TSC) != 0 ? "there" : "none");
		if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
			inside_key("processor.features7", "%08x %08x %08x", b, c, d);
	}
#endif
}

static void clocks(void)
{
	static const struct {
		const char *name;
		clockid_t clock;
		long unit; /* seconds: how exactly it is shown */
	} rows[] = {
		{ "clock.realtime", CLOCK_REALTIME, 1 },
		{ "clock.coarse", CLOCK_REALTIME_COARSE, 1 },
		{ "clock.tai", CLOCK_TAI, 1 },
		{ "monotonic.clock", CLOCK_MONOTONIC, 500 },
		{ "ticks.raw", CLOCK_MONOTONIC_RAW, 1 },
		{ "monotonic.boot", CLOCK_BOOTTIME, 500 },
	};
	struct timespec now;
	struct stat st;
	struct tms used;
	int fd;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (clock_gettime(rows[i].clock, &now) == 0)
			inside_key(rows[i].name, "%lld",
			           (long long)now.tv_sec / rows[i].unit * rows[i].unit);
	inside_key("clock.vdso", "%s", getauxval(AT_SYSINFO_EHDR) != 0 ? "there" : "none");
	inside_key("ticks.times", "%ld", (long)times(&used));
	fd = open(".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0 && fstat(fd, &st) == 0)
		inside_key("clock.file", "%lld", (long long)st.st_mtim.tv_sec);
	if (fd >= 0)
		(void)close(fd);
}

static void hex(const char *name, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	char text[65] = "";

	for (size_t i = 0; p != NULL && i < len && i < 32; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", p[i]);
	inside_key(name, "%s", text);
}

static void chance(void)
{
	unsigned char bytes[8] = { 0 };
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes));

	hex("random.urandom", bytes, got > 0 ? (size_t)got : 0);
	if (fd >= 0)
		(void)close(fd);
	got = getrandom(bytes, sizeof(bytes), 0);
	hex("random.getrandom", bytes, got > 0 ? (size_t)got : 0);
	hex("random.auxv", (const void *)getauxval(AT_RANDOM), 16);
}

static void addresses(void)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int local;

	inside_key("aslr.code", "%p", (void *)&addresses);
	inside_key("aslr.heap", "%lx", (unsigned long)sbrk(0));
	/* Below the page lie names and, on some processors, a part whose size is theirs. */
	inside_key("aslr.stack", "%lx", ((unsigned long)&local >> 21) << 21);
	inside_key("aslr.map", "%lx", ((unsigned long)map >> 21) << 21);
}

/*
 * Which system calls are there: one of each release that added some, by number, as
 * arch/x86/entry/syscalls/syscall_64.tbl has it; new ones have one number everywhere.
 */
static void calls(void)
{
	static const struct {
		const char *name;
		long call;
	} rows[] = {
		{ "syscalls.clone3", 435 },     { "syscalls.openat2", 437 },
		{ "syscalls.landlock", 444 },   { "syscalls.futex_waitv", 449 },
		{ "syscalls.mempolicy", 450 },  { "syscalls.cachestat", 451 },
		{ "syscalls.fchmodat2", 452 },  { "syscalls.map_shadow_stack", 453 },
		{ "syscalls.futex_wake", 454 }, { "syscalls.statmount", 457 },
		{ "syscalls.lsm_list", 461 },   { "syscalls.mseal", 462 },
		{ "syscalls.io_uring", 425 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* Arguments that nothing can be done with. */
		long got = syscall(rows[i].call, -1L, 0L, 0L, -1L, -1L, -1L);

		inside_key(rows[i].name, "%s", got < 0 && errno == ENOSYS ? "missing" : "there");
	}
}

void inside_machine(void)
{
	names();
	processors();
	memory();
	clocks();
	chance();
	addresses();
	calls();
}
