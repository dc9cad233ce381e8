/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "base/buffer.h"
#include "base/file.h"
#include "rebuild/filter.h"
#include "rebuild/identity.h"
#include "rebuild/inside/embed.h"
#include "rebuild/message.h"
#include "rebuild/notify.h"
#include "rebuild/rlimits.h"
#include "rebuild/trace.h"
#include "rebuild/tree.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h */
#endif

#define PROBE_MS 3000       /* a probe that takes longer hangs; ours */
#define PROBE_PROCESSES 512 /* what manifests typically allow */

int assay_probe_run(assay_probe_fn *probe, const char *store, struct assay_error *err)
{
	struct assay_error told = ASSAY_ERROR_INIT;
	struct pollfd end = { .events = POLLIN };
	int ends[2], failed;
	ssize_t got = -1;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return assay_fail_errno(err, "make a socket");
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		failed = probe(store, &told);
		_exit(send(ends[1], &told, sizeof(told), MSG_NOSIGNAL) < 0 || failed < 0);
	}
	(void)close(ends[1]);
	end.fd = ends[0];
	if (pid > 0 && poll(&end, 1, PROBE_MS) > 0)
		got = recv(ends[0], &told, sizeof(told), 0);
	(void)close(ends[0]);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	if (got != (ssize_t)sizeof(told))
		return assay_fail(err, ASSAY_E_SYSTEM, "trying it did not come to an end");
	if (told.code == ASSAY_E_NONE)
		return 0;
	*err = told;
	return -1;
}

static int write_text(const char *path, const char *text, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	return assay_write_full(fd, assay_span_of_str(text), err) < 0
	               ? assay_fail_in(err, "%s", path)
	               : 0;
}

/* Into a user namespace, and others, as ourselves. */
static int enter(int namespaces, struct assay_error *err)
{
	char uids[32], gids[32];

	(void)snprintf(uids, sizeof(uids), "1 %u 1", geteuid());
	(void)snprintf(gids, sizeof(gids), "1 %u 1", getegid());
	if (unshare(CLONE_NEWUSER | namespaces) < 0)
		return assay_fail_errno(err, "unshare");
	if (write_text("/proc/self/uid_map", uids, err) < 0 ||
	    write_text("/proc/self/setgroups", "deny", err) < 0)
		return -1;
	return write_text("/proc/self/gid_map", gids, err);
}

int assay_probe_user(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	struct assay_identity identity;

	return assay_identity_choose(&identity, err) < 0 ? -1 : enter(0, err);
}

int assay_probe_network(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	return enter(CLONE_NEWNET, err);
}

int assay_probe_ipc(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	return enter(CLONE_NEWIPC, err);
}

int assay_probe_hostname(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	if (enter(CLONE_NEWUTS, err) < 0)
		return -1;
	return sethostname("assay", 5) < 0 ? assay_fail_errno(err, "sethostname") : 0;
}

/* Fork; what the child's function says is what counts. */
static int in_child(int (*function)(struct assay_error *err), struct assay_error *err)
{
	struct assay_error *told;
	int status;
	pid_t pid;

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		return assay_fail_errno(err, "mmap");
	pid = fork();
	if (pid == 0)
		_exit(function(told) < 0);
	if (pid < 0)
		return assay_fail_errno(err, "fork");
	if (waitpid(pid, &status, 0) < 0)
		return assay_fail_errno(err, "wait");
	if (status == 0)
		return 0;
	*err = *told;
	return err->code != ASSAY_E_NONE ? -1 : assay_fail(err, ASSAY_E_SYSTEM, "it was killed");
}

static int check_pid(struct assay_error *err)
{
	return getpid() == 1 ? 0 : assay_fail(err, ASSAY_E_SYSTEM, "process 1 has another number");
}

int assay_probe_pids(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	return enter(CLONE_NEWPID | CLONE_NEWCGROUP, err) < 0 ? -1 : in_child(check_pid, err);
}

static int mount_base(struct assay_error *err)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return assay_fail_errno(err, "make mounts private");
	if (mount("assay", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
		return assay_fail_errno(err, "mount a tmpfs on /tmp");
	return chdir("/tmp") < 0 ? assay_fail_errno(err, "/tmp") : 0;
}

static int mount_proc(struct assay_error *err)
{
	if (mount_base(err) < 0)
		return -1;
	if (mkdir("proc", 0755) < 0 ||
	    mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=invisible") <
	            0)
		return assay_fail_errno(err, "mount a fresh /proc");
	return mount("/dev/null", "proc/version", NULL, MS_BIND, NULL) < 0
	               ? assay_fail_errno(err, "mount over /proc/version")
	               : 0;
}

int assay_probe_proc(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	return enter(CLONE_NEWNS | CLONE_NEWPID, err) < 0 ? -1 : in_child(mount_proc, err);
}

static int try_devices(struct assay_error *err)
{
	static const char *const devices[] = { "null", "zero", "full", "random", "urandom" };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(devices); i++) {
		ASSAY_AUTO_CLOSE int fd = -1;
		char path[32];

		(void)snprintf(path, sizeof(path), "/dev/%s", devices[i]);
		if (mknod(devices[i], S_IFREG | 0644, 0) < 0 ||
		    mount(path, devices[i], NULL, MS_BIND, NULL) < 0)
			return assay_fail_errno(err, "mount %s", path);
		fd = open(devices[i], O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return assay_fail_errno(err, "open %s in a mount namespace", path);
	}
	return 0;
}

static int try_store(const char *store, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	struct statvfs fs;

	fd = assay_tree_plain(store, err);
	if (fd < 0 || assay_tree_protect(fd, err) < 0)
		return -1;
	if (statvfs(store, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "the store is on a file system mounted noexec");
	return 0;
}

int assay_probe_files(const char *store, struct assay_error *err)
{
	if (enter(CLONE_NEWNS, err) < 0 || try_store(store, err) < 0 || mount_base(err) < 0 ||
	    try_devices(err) < 0)
		return -1;
	if (mkdir("root", 0755) < 0 || mount("root", "root", NULL, MS_BIND, NULL) < 0 ||
	    chdir("root") < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0)
		return assay_fail_errno(err, "change the root");
	return 0;
}

static int no_more(struct assay_error *err ASSAY_UNUSED)
{
	return 0;
}

int assay_probe_monotonic(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	if (enter(CLONE_NEWTIME, err) < 0 ||
	    write_text("/proc/self/timens_offsets", "monotonic 1 0\nboottime 1 0\n", err) < 0)
		return -1;
	return in_child(no_more, err);
}

/* The asking side: as a program of a build, with the filter that it has. */
static int ask(const struct assay_filter *filter, const struct assay_machine *machine, int socket)
{
	struct utsname name;
	int fd;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = assay_filter_load(filter, false);
	if (fd < 0 || assay_fd_send(socket, fd) < 0)
		return -1;
	(void)close(fd);
	return uname(&name) < 0 || strcmp(name.release, machine->kernel_release) != 0 ? -1 : 0;
}

int assay_probe_notify(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	static char name[] = "assay";
	const struct assay_machine machine = {
		.hostname = name, .kernel_release = name, .kernel_version = name, .cpus = 1
	};
	const struct assay_user user = { .uid = 1, .gid = 1 };
	struct assay_filter filter = { 0 };
	struct assay_notify notify;
	int ends[2], answers, status;
	pid_t pid;

	if (!assay_filter_can_notify())
		return assay_fail(err, ASSAY_E_SYSTEM, "seccomp(2) gives us no notifications");
	if (enter(0, err) < 0 || assay_filter_make(&user, &machine, &filter, err) < 0 ||
	    assay_notify_init(&notify, &machine, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return assay_fail_errno(err, "make a socket");
	pid = fork();
	if (pid == 0)
		_exit(ask(&filter, &machine, ends[1]) < 0);
	(void)close(ends[1]);
	answers = pid < 0 ? -1 : assay_fd_receive(ends[0]);
	if (answers < 0)
		return assay_fail(err, ASSAY_E_SYSTEM, "the system call filter cannot be loaded");
	assay_notify_answer(&notify, answers);
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		return assay_fail(err, ASSAY_E_SYSTEM, "an answer to uname(2) did not arrive");
	return 0;
}

/* A program that asks to be watched, and asks the kernel nothing. */
static int start_program(int program)
{
	char name[] = "inside", *argv[] = { name, NULL }, *env[] = { NULL };
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 &&
	    ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		(void)syscall(SYS_execveat, program, "", argv, env, AT_EMPTY_PATH);
	return 1;
}

int assay_probe_start(const char *store, struct assay_error *err)
{
	const struct assay_machine machine = {
		.clock = &(struct assay_clock_pin){ .mode = ASSAY_CLOCK_FIXED },
		.random = &(struct assay_random_pin){ .seed = 0 },
	};
	ASSAY_AUTO_CLOSE int program = memfd_create("inside", MFD_CLOEXEC);
	int status;
	pid_t pid;

	if (assay_probe_notify(store, err) < 0)
		return -1;
	if (program < 0)
		return assay_fail_errno(err, "memory for a program");
	if (assay_write_full(program, assay_inside_program(), err) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		_exit(start_program(program));
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		return assay_fail(err, ASSAY_E_SYSTEM, "a program cannot be watched at its start");
	status = assay_trace_stop(pid, status, true, &machine);
	(void)kill(pid, SIGKILL);
	return status > 0 ? 0
	                  : assay_fail(err, ASSAY_E_SYSTEM,
	                               "a program cannot be changed at its start");
}

int assay_probe_aslr(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	return personality(ADDR_NO_RANDOMIZE) < 0 ? assay_fail_errno(err, "personality") : 0;
}

int assay_probe_rlimits(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer names = { 0 };
	uint32_t low = assay_rlimits_raise(PROBE_PROCESSES);

	for (size_t i = 0; i < ASSAY_RLIMITS; i++) {
		struct rlimit want = assay_rlimit_wanted(&assay_rlimits[i], PROBE_PROCESSES), now;

		if ((low >> i & 1) == 0 ||
		    getrlimit((__rlimit_resource_t)assay_rlimits[i].resource, &now) < 0)
			continue;
		assay_buffer_printf(&names, " %s %" PRIu64 " (wanted %" PRIu64 ")",
		                    assay_rlimits[i].name, (uint64_t)now.rlim_max,
		                    (uint64_t)want.rlim_max);
	}
	return names.len == 0 ? 0
	                      : assay_fail(err, ASSAY_E_SYSTEM, "hard limits are too low:%s",
	                                   assay_buffer_str(&names));
}

int assay_probe_nice(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	int value = getpriority(PRIO_PROCESS, 0);

	return setpriority(PRIO_PROCESS, 0, 0) < 0
	               ? assay_fail_errno(err, "the nice value is %d and cannot be lowered", value)
	               : 0;
}

int assay_probe_scheduler(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	struct sched_param other = { 0 };

	return sched_setscheduler(0, SCHED_OTHER, &other) < 0
	               ? assay_fail_errno(err, "the scheduling policy cannot be left")
	               : 0;
}

int assay_probe_owner(const char *store, struct assay_error *err)
{
	struct assay_identity identity;
	char why[256];
	int fd;

	if (assay_identity_choose(&identity, err) < 0)
		return -1;
	assay_tree_mapped(store, &identity, &fd, why);
	return why[0] != '\0' ? assay_fail(err, ASSAY_E_SYSTEM, "%s", why) : 0;
}

int assay_probe_syscalls(const char *store ASSAY_UNUSED, struct assay_error *err)
{
	return assay_filter_has_calls(err) ? 0 : -1;
}
