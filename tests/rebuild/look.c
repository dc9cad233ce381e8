/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Look around: print what a program can see of the machine, its caller and its limits, a line
 * for each key. Runs inside the container, linked statically, so it needs no toolchain.
 *
 * Left out is what is not pinned: time of day, random numbers, the processor, inode and device
 * numbers, what the kernel says about processes beyond what is printed here.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void print_names(void)
{
	struct utsname u;
	char text[65] = "";

	(void)uname(&u);
	printf("uname: %s|%s|%s|%s|%s|%s\n", u.sysname, u.nodename, u.release, u.version, u.machine,
	       u.domainname);
	(void)gethostname(text, sizeof(text));
	printf("hostname: %s\n", text);
	(void)getdomainname(text, sizeof(text));
	printf("domainname: %s\n", text);
	printf("hostid: %lx\n", gethostid());
}

static void print_machine(void)
{
	struct sysinfo s;
	uint64_t mask[128] = { 0 };
	double load[3] = { -1, -1, -1 };
	long len;

	(void)sysinfo(&s);
	printf("sysinfo: up %ld load %lu %lu %lu ram %lu %lu %lu %lu swap %lu %lu procs %u high %lu %lu "
	       "unit %u\n",
	       s.uptime, s.loads[0], s.loads[1], s.loads[2], s.totalram, s.freeram, s.sharedram,
	       s.bufferram, s.totalswap, s.freeswap, (unsigned)s.procs, s.totalhigh, s.freehigh,
	       s.mem_unit);
	len = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	printf("affinity: %ld %" PRIx64 "\n", len, mask[0]);
	printf("affinity-short: %ld\n", syscall(SYS_sched_getaffinity, 0, 4, mask));
	printf("processors: %ld %ld\n", sysconf(_SC_NPROCESSORS_ONLN),
	       sysconf(_SC_NPROCESSORS_CONF));
	printf("pages: %ld %ld %ld\n", sysconf(_SC_PHYS_PAGES), sysconf(_SC_AVPHYS_PAGES),
	       sysconf(_SC_PAGESIZE));
	printf("sysconf: arg %ld child %ld open %ld\n", sysconf(_SC_ARG_MAX),
	       sysconf(_SC_CHILD_MAX), sysconf(_SC_OPEN_MAX));
	(void)getloadavg(load, 3);
	printf("loadavg: %.2f %.2f %.2f\n", load[0], load[1], load[2]);
}

static void print_clock(const char *name, clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	printf("%s: %s\n", name, t.tv_sec >= 999 && t.tv_sec < 1060 ? "just over 1000" : "wrong");
}

static void print_ids(void)
{
	gid_t groups[64];
	uid_t r, e, s;
	gid_t gr, ge, gs;

	(void)getresuid(&r, &e, &s);
	(void)getresgid(&gr, &ge, &gs);
	printf("uids: %u %u %u\ngids: %u %u %u\n", r, e, s, gr, ge, gs);
	printf("groups: %d\n", getgroups(64, groups));
	printf("pids: %d %d %d %d\n", getpid(), getppid(), getpgid(0), getsid(0));
	printf("login: %s\n", getlogin() != NULL ? getlogin() : "none");
}

static void print_limits(void)
{
	for (int i = 0; i < 16; i++) {
		struct rlimit l;

		(void)getrlimit(i, &l);
		printf("rlimit %d: %ju %ju\n", i, (uintmax_t)l.rlim_cur, (uintmax_t)l.rlim_max);
	}
}

static void print_process(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { 0 };
	mode_t mask = umask(0);
	int bounding = 0;

	printf("umask: %03o\n", mask);
	(void)umask(mask);
	printf("nice: %d\nscheduler: %d\nioprio: %ld\n", getpriority(PRIO_PROCESS, 0),
	       sched_getscheduler(0), syscall(SYS_ioprio_get, 1, 0));
	printf("timer-slack: %d\nthp-disable: %d\ndeath-signal: ", prctl(PR_GET_TIMERSLACK),
	       prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	(void)prctl(PR_GET_PDEATHSIG, &bounding);
	printf("%d\n", bounding);
	printf("no-new-privs: %d\nseccomp: %d\nsecurebits: %d\nkeepcaps: %d\ndumpable: %d\n",
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP),
	       prctl(PR_GET_SECUREBITS), prctl(PR_GET_KEEPCAPS), prctl(PR_GET_DUMPABLE));
	(void)syscall(SYS_capget, &header, caps);
	bounding = 0;
	for (int cap = 0; cap < 64; cap++)
		bounding += prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1;
	printf("capabilities: %x %x %x %x %x %x, bounding %d\n", caps[0].effective,
	       caps[1].effective, caps[0].permitted, caps[1].permitted, caps[0].inheritable,
	       caps[1].inheritable, bounding);
	printf("personality: %x\n", (unsigned)personality(0xffffffff));
}

static void print_signals(void)
{
	sigset_t blocked;

	(void)sigprocmask(SIG_SETMASK, NULL, &blocked);
	printf("signals not default:");
	for (int i = 1; i < 65; i++) {
		struct sigaction action = { 0 };

		if (sigaction(i, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			printf(" %d", i);
	}
	printf("\nsignals blocked:");
	for (int i = 1; i < 65; i++)
		if (sigismember(&blocked, i) == 1)
			printf(" %d", i);
	printf("\n");
}

static void print_addresses(void)
{
	int local;

	printf("addresses: stack %p code %p break %p vdso %lx\n", (void *)&local,
	       (void *)&print_addresses, sbrk(0), getauxval(AT_SYSINFO_EHDR));
	printf("auxiliary: clktck %ld secure %ld flags %ld execfn %s\n", getauxval(AT_CLKTCK),
	       getauxval(AT_SECURE), getauxval(AT_FLAGS), (const char *)getauxval(AT_EXECFN));
}

static void print_files(void)
{
	char cwd[4096] = "";
	struct stat st;

	printf("cwd: %s\n", getcwd(cwd, sizeof(cwd)));
	for (int i = 0; i < 1024; i++)
		if (fstat(i, &st) == 0)
			printf("descriptor %d: type %o flags %o tty %d\n", i, st.st_mode & S_IFMT,
			       fcntl(i, F_GETFL), isatty(i));
	printf("terminal: %s\n", open("/dev/tty", O_RDWR) < 0 ? strerror(errno) : "there");
	for (char **e = environ; *e != NULL; e++)
		printf("environment: %s\n", *e);
}

static void print_place(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) < 0 || statfs(path, &fs) < 0) {
		printf("place %s: %s\n", path, strerror(errno));
		return;
	}
	printf("place %s: mode %o owner %u:%u type %lx block %ld blocks %lu inodes %lu flags %lx\n",
	       path, st.st_mode, st.st_uid, st.st_gid, (unsigned long)fs.f_type, fs.f_bsize,
	       fs.f_type == 0x01021994 ? fs.f_blocks : 0, fs.f_type == 0x01021994 ? fs.f_files : 0,
	       (unsigned long)fs.f_flags);
}

static void print_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	printf("folder %s:", path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strspn(entry->d_name, "0123456789") != strlen(entry->d_name))
			printf(" %s", entry->d_name);
	printf("\n");
	if (dir != NULL)
		(void)closedir(dir);
}

static void print_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[4096];

	if (f == NULL)
		printf("file %s: %s\n", path, strerror(errno));
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		printf("file %s: %s%s", path, line, strchr(line, '\n') == NULL ? "\n" : "");
	if (f != NULL)
		(void)fclose(f);
}

static void print_sockets(void)
{
	static const int families[] = { AF_UNIX,   AF_INET, AF_INET6, AF_NETLINK,
		                        AF_PACKET, AF_ALG,  AF_VSOCK };

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		int fd = socket(families[i], i == 0 ? SOCK_STREAM : SOCK_DGRAM, 0);

		printf("socket %d: %s\n", families[i], fd < 0 ? strerror(errno) : "made");
		if (fd >= 0)
			(void)close(fd);
	}
}

/* Calls that are refused, and how. */
static void print_refusals(void)
{
	static const struct rlimit none = { 0, 0 };
	const struct {
		const char *name;
		long call, a, b, c;
	} calls[] = {
		{ "unshare", SYS_unshare, CLONE_NEWUSER, 0, 0 },
		{ "clone", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0 },
		{ "clone3", SYS_clone3, 0, 0, 0 },
		{ "setns", SYS_setns, -1, 0, 0 },
		{ "mount", SYS_mount, 0, 0, 0 },
		{ "keyctl", SYS_keyctl, 0, 0, 0 },
		{ "bpf", SYS_bpf, 0, 0, 0 },
		{ "perf_event_open", SYS_perf_event_open, 0, 0, 0 },
		{ "userfaultfd", SYS_userfaultfd, 0, 0, 0 },
		{ "io_uring_setup", SYS_io_uring_setup, 1, 0, 0 },
		{ "syslog", SYS_syslog, 10, 0, 0 },
		{ "chroot", SYS_chroot, (long)"/", 0, 0 },
		{ "sched_setaffinity", SYS_sched_setaffinity, 0, 8,
		  (long)"\377\377\377\377\377\377\377" },
		{ "new call", 9999, 0, 0, 0 },
		{ "x32 call", 0x40000000 + SYS_getpid, 0, 0, 0 },
		{ "kill init", SYS_kill, 1, SIGKILL, 0 },
		{ "trace init", SYS_ptrace, 16, 1, 0 },
		{ "limit init", SYS_prlimit64, 1, RLIMIT_NOFILE, (long)&none },
		{ "limits of init", SYS_prlimit64, 1, RLIMIT_NOFILE, 0 },
		{ "own limits", SYS_prlimit64, 0, RLIMIT_NOFILE, 0 },
		{ "renice init", SYS_setpriority, PRIO_PROCESS, 1, 19 },
		{ "chown root", SYS_fchownat, AT_FDCWD, (long)".", 0 },
		{ "setuid 0", SYS_setuid, 0, 0, 0 },
		{ "personality", SYS_personality, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		long got = syscall(calls[i].call, calls[i].a, calls[i].b, calls[i].c, 0, 0);

		printf("call %s: %s\n", calls[i].name, got < 0 ? strerror(errno) : "works");
	}
	printf("personality still: %x\n", (unsigned)personality(0xffffffff));
	printf("chown other: %s\n", chown(".", 0, 0) < 0 ? strerror(errno) : "works");
	printf("chown same: %s\n", chown(".", 1000, (gid_t)-1) < 0 ? strerror(errno) : "works");
	printf("chown none: %s\n",
	       lchown(".", (uid_t)-1, (gid_t)-1) < 0 ? strerror(errno) : "works");
	printf("chgrp other: %s\n", chown(".", (uid_t)-1, 7) < 0 ? strerror(errno) : "works");
}

int main(void)
{
	static const char *const places[] = {
		"/",     "/bin", "/etc", "/tmp",  "/dev",  "/dev/shm",
		"/proc", ".",    "/sys", "/root", "/home", "/dev/pts"
	};
	static const char *const files[] = {
		"/etc/passwd",
		"/etc/group",
		"/proc/version",
		"/proc/cpuinfo",
		"/proc/meminfo",
		"/proc/uptime",
		"/proc/loadavg",
		"/proc/cmdline",
		"/proc/stat",
		"/proc/swaps",
		"/proc/filesystems",
		"/proc/partitions",
		"/proc/modules",
		"/proc/interrupts",
		"/proc/kallsyms",
		"/proc/diskstats",
		"/proc/vmstat",
		"/proc/net/dev",
		"/proc/net/route",
		"/proc/net/if_inet6",
		"/proc/self/uid_map",
		"/proc/self/gid_map",
		"/proc/self/setgroups",
		"/proc/self/oom_score_adj",
		"/proc/self/limits",
		"/proc/self/timerslack_ns",
		"/proc/sys/kernel/osrelease",
		"/proc/sys/kernel/version",
		"/proc/sys/kernel/hostname",
		"/proc/sys/kernel/random/boot_id",
		"/proc/sys/kernel/random/uuid",
		"/proc/sys/kernel/pid_max",
		"/proc/sys/kernel/ostype",
		"/proc/1/comm",
	};

	/* Only what is written at once is in order with other programs. */
	(void)setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	print_ids(); /* first: later the helpers of the C library may have forked */
	print_names();
	print_machine();
	print_clock("monotonic", CLOCK_MONOTONIC);
	print_clock("boottime", CLOCK_BOOTTIME);
	print_limits();
	print_process();
	print_signals();
	print_addresses();
	print_files();
	print_sockets();
	print_refusals();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		print_place(places[i]);
	print_folder("/");
	print_folder("/dev");
	print_folder(".");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		print_file(files[i]);
	return 0;
}
