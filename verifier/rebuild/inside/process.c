/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a process has from those that started it. */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rebuild/inside/keys.h"

#define FDS_MAX 4096 /* descriptors looked at: the limit that builds have */

static void ids(void)
{
	gid_t groups[64];
	uid_t uid[3];
	gid_t gid[3];
	char list[1024] = "none";
	int count = getgroups(64, groups);

	if (getresuid(&uid[0], &uid[1], &uid[2]) == 0)
		inside_key("user.uid", "%u %u %u", uid[0], uid[1], uid[2]);
	if (getresgid(&gid[0], &gid[1], &gid[2]) == 0)
		inside_key("user.gid", "%u %u %u", gid[0], gid[1], gid[2]);
	for (int i = 0, len = 0; i < count; i++)
		len += snprintf(list + len, sizeof(list) - (size_t)len, "%u ", groups[i]);
	inside_key("groups.list", "%s", list);
	inside_key("user.secure", "%lu", getauxval(AT_SECURE));
	inside_key("user.no_new_privs", "%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	inside_key("user.seccomp", "%d", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	inside_key("user.dumpable", "%d", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	inside_file("user.uid_map", "/proc/self/uid_map");
	inside_file("user.gid_map", "/proc/self/gid_map");
	inside_file("user.setgroups", "/proc/self/setgroups");
	inside_file("proc-pid.loginuid", "/proc/self/loginuid");
}

static void session(void)
{
	inside_key("pids.pid", "%d", getpid());
	inside_key("pids.parent", "%d", getppid());
	inside_key("session.group", "%d", getpgid(0));
	inside_key("session.id", "%d", getsid(0));
	inside_key("session.terminal", "%s",
	           open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 ? "none" : "yes");
	inside_key("nice.value", "%d", getpriority(PRIO_PROCESS, 0));
	inside_key("scheduler.policy", "%d", sched_getscheduler(0));
	inside_key("scheduler.io", "%ld", syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0));
	inside_key("scheduler.timer_slack", "%d", prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	inside_file("scheduler.oom_score", "/proc/self/oom_score_adj");
	inside_file("proc-pid.autogroup", "/proc/self/autogroup");
}

/* Limits in the order of include/uapi/asm-generic/resource.h. */
static void limits(void)
{
	static const char *const names[] = { "cpu",      "fsize", "data",   "stack",
		                             "core",     "rss",   "nproc",  "nofile",
		                             "memlock",  "as",    "locks",  "sigpending",
		                             "msgqueue", "nice",  "rtprio", "rttime" };
	struct rlimit limit;
	char name[32];

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(name, sizeof(name), "rlimits.%s", names[i]);
		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			inside_key(name, "%lld %lld", (long long)limit.rlim_cur,
			           (long long)limit.rlim_max);
	}
}

static void signals(void)
{
	char ignored[512] = "", blocked[512] = "";
	int i_len = 0, b_len = 0;
	struct sigaction action;
	sigset_t mask;

	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int sig = 1; sig < _NSIG; sig++) {
		if (sigaction(sig, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			i_len += snprintf(ignored + i_len, sizeof(ignored) - (size_t)i_len, "%d ",
			                  sig);
		if (sigismember(&mask, sig) == 1)
			b_len += snprintf(blocked + b_len, sizeof(blocked) - (size_t)b_len, "%d ",
			                  sig);
	}
	inside_key("signals.ignored", "%s", ignored);
	inside_key("signals.blocked", "%s", blocked);
}

static void descriptor(int fd)
{
	char name[32];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return;
	(void)snprintf(name, sizeof(name), "descriptors.%d", fd);
	inside_key(name, "type %o flags %o terminal %d", st.st_mode & S_IFMT,
	           (unsigned)fcntl(fd, F_GETFL), isatty(fd));
}

/* The kernel's list saves asking for each number; without one, each number is asked for. */
static void descriptors(int own_fd)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	for (int fd = 0; dir == NULL && fd < FDS_MAX; fd++)
		if (fd != own_fd)
			descriptor(fd);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *end;
		long fd = strtol(entry->d_name, &end, 10);

		if (end != entry->d_name && *end == '\0' && fd != own_fd && fd != dirfd(dir))
			descriptor((int)fd);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static void environment(void)
{
	char name[256];

	for (char **e = environ; *e != NULL; e++) {
		(void)snprintf(name, sizeof(name), "environment.%.*s", (int)strcspn(*e, "="), *e);
		inside_key(name, "%s", *e + strcspn(*e, "=") + (strchr(*e, '=') != NULL));
	}
}

void inside_process(int own_fd)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	descriptors(own_fd);
	session();
	ids();
	limits();
	signals();
	environment();
	inside_key("umask.value", "%04o", mask);
	inside_key("aslr.personality", "%x", (unsigned)personality(0xffffffff));
}
