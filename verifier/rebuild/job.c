/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/job.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/capabilities.h"
#include "rebuild/notify.h"
#include "rebuild/rlimits.h"

#define TIMER_SLACK 50000 /* nanoseconds, the default of a new system: prctl(2) */
#define OOM_SCORE "1000"  /* the first to go; everybody may raise it: proc(5) */
#define ODD_FILE 7        /* a descriptor that a careless caller leaves open; ours */
#define STACK_SIZE 262144 /* bytes, of a program before execve(2); only what is used is there */

/* Descriptors of a process before it is a program; ASSAY_JOB_RESULT is the next. */
enum {
	SOCKET = 3,
	PROGRAM
};

static int write_self(const char *path, const char *text, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	return assay_write_full(fd, assay_span_of_str(text), err) < 0
	               ? assay_fail_in(err, "%s", path)
	               : 0;
}

/*
 * A user namespace of its own, below init's. What it maps is the same for every caller, so
 * /proc/self/uid_map tells nothing of who that is; and no mount or process of init's namespace
 * is within reach of whatever rights somebody might gain in this one.
 */
static int nest(const struct assay_user *user, struct assay_error *err)
{
	char uids[64], gids[64];

	(void)snprintf(uids, sizeof(uids), "%u %u 1", user->uid, user->uid);
	(void)snprintf(gids, sizeof(gids), "%u %u 1", user->gid, user->gid);
	if (unshare(CLONE_NEWUSER) < 0)
		return assay_fail_errno(err, "make the build's own user namespace");
	if (write_self("/proc/self/uid_map", uids, err) < 0 ||
	    write_self("/proc/self/setgroups", "deny", err) < 0)
		return -1;
	return write_self("/proc/self/gid_map", gids, err);
}

static int drop_rights(struct assay_error *err)
{
	if (assay_capabilities_keep(0, err) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return assay_fail_errno(err, "set no_new_privs");
	return 0;
}

/* All signals as after boot. SIGKILL and SIGSTOP, and those of the C library, cannot be set. */
static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < _NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A job is nice, does not die of a closed pipe, and has few descriptors and little stack. */
static void set_others(assay_others others)
{
	const struct rlimit files = { 256, 512 }, stack = { 4194304, RLIM_INFINITY };

	if (others & ASSAY_OTHER_LIMITS) {
		(void)setrlimit(RLIMIT_NOFILE, &files);
		(void)setrlimit(RLIMIT_STACK, &stack);
	}
	if (others & ASSAY_OTHER_PROCESS) {
		(void)setpriority(PRIO_PROCESS, 0, 5);
		(void)signal(SIGPIPE, SIG_IGN);
	}
}

static int set_attributes(const struct assay_build *build, assay_others others,
                          struct assay_error *err)
{
	if (setsid() < 0)
		return assay_fail_errno(err, "make a session");
	(void)syscall(SYS_set_mempolicy, 0, NULL, 0);
	(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK, 0, 0, 0);
	(void)umask((mode_t)build->umask);
	if (personality(others & ASSAY_OTHER_ADDRESSES ? 0 : ADDR_NO_RANDOMIZE) < 0)
		return assay_fail_errno(err, "fix addresses");
	assay_rlimits_set(build->limits.processes);
	reset_signals();
	set_others(others);
	return write_self("/proc/self/oom_score_adj", OOM_SCORE, err);
}

/* What a program reads: its own input, the terminal of a build that has one, or nothing. */
static int open_input(const struct assay_container *container, const struct assay_job *job)
{
	if (job->input >= 0)
		return job->input;
	if (container->terminal >= 0)
		return container->terminal;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int set_files(const struct assay_container *container, const struct assay_job *job,
                     struct assay_error *err)
{
	const char *build = container->plan->manifest->build.path;
	ASSAY_AUTO_FREE char *cwd = assay_asprintf("%s/%s", build, job->cwd);
	int input = open_input(container, job);

	if (input < 0)
		return assay_fail_errno(err, "open /dev/null");
	if (dup2(input, 0) < 0 || dup2(container->log, 1) < 0 || dup2(container->log, 2) < 0)
		return assay_fail_errno(err, "set standard input and output");
	/* A link of ours to the plain name: "." would stay visible in /proc/PID/cwd otherwise. */
	if (strcmp(job->cwd, ".") == 0 ? chdir(build) < 0 : chdir(cwd) < 0)
		return assay_fail_errno(err, "%s", cwd);
	return 0;
}

/* Init, which waits for us, cannot be asked for its leave as it is for all later programs. */
static void run_file(const struct assay_plan *plan, const char *file, char *const *argv)
{
	(void)syscall(SYS_execve, file, argv, plan->environment.items, 0, 0, ASSAY_NOTIFY_EXEC);
}

/* As execvp(3), but the PATH is the plan's, and errors are those that a shell would tell. */
static void find_and_run(const struct assay_plan *plan, const struct assay_job *job)
{
	char *const *argv = job->argv;
	const char *path = "";
	int told = ENOENT;

	if (job->program > 0) {
		(void)syscall(SYS_execveat, PROGRAM, "", argv, plan->environment.items,
		              AT_EMPTY_PATH, ASSAY_NOTIFY_EXEC);
		return;
	}
	if (strchr(argv[0], '/') != NULL) {
		run_file(plan, argv[0], argv);
		return;
	}
	for (size_t i = 0; i < plan->environment.count; i++)
		if (strncmp(plan->environment.items[i], "PATH=", 5) == 0)
			path = plan->environment.items[i] + 5;
	for (; *path != '\0'; path += strspn(path, ":")) {
		size_t len = strcspn(path, ":");
		ASSAY_AUTO_FREE char *file = assay_asprintf("%.*s/%s", (int)len, path, argv[0]);

		run_file(plan, file, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			told = errno;
		path += len;
	}
	errno = told;
}

static int install_filter(const struct assay_container *container, const struct assay_job *job,
                          int socket, struct assay_error *err)
{
	int fd = assay_filter_load(&container->filter, job->argv == NULL);

	if (fd < 0)
		return assay_fail_errno(err, "load the system call filter");
	/* A helper asks nothing: its descriptor is closed, and what init would answer is ENOSYS. */
	if (container->filter.notify && job->argv != NULL && assay_fd_send(socket, fd) < 0)
		return assay_fail_errno(err, "hand over the system call notifications");
	return 0;
}

/*
 * Nothing but standard input and output may reach the program, or stay in a helper, and the file
 * that it writes to if it has one.
 */
static int close_files(const struct assay_job *job, assay_others others, int *socket,
                       struct assay_error *err)
{
	const int wanted[] = { *socket, job->program, job->result };
	int high[ASSAY_ARRAY_LEN(wanted)], number = SOCKET;

	/* First out of the way of each other. */
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(wanted); i++)
		high[i] = wanted[i] > 0 ? fcntl(wanted[i], F_DUPFD, ASSAY_JOB_RESULT + 1) : 0;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(wanted); i++, number++) {
		if (high[i] < 0 || (high[i] > 0 && dup2(high[i], number) < 0))
			return assay_fail_errno(err, "move a descriptor");
		if (high[i] > 0 && number != ASSAY_JOB_RESULT &&
		    fcntl(number, F_SETFD, FD_CLOEXEC) < 0)
			return assay_fail_errno(err, "mark a descriptor");
		if (high[i] == 0)
			(void)close(number);
	}
	*socket = SOCKET;
	if (close_range(ASSAY_JOB_RESULT + 1, ~0U, 0) < 0)
		return assay_fail_errno(err, "close descriptors");
	if ((others & ASSAY_OTHER_PROCESS) != 0 && job->argv != NULL && dup2(0, ODD_FILE) < 0)
		return assay_fail_errno(err, "open a descriptor more");
	return 0;
}

/* Whether programs are changed at their start: see trace.h. */
static bool is_changed(const struct assay_machine *machine)
{
	return machine->clock != NULL || machine->random != NULL;
}

static int become(const struct assay_container *container, const struct assay_job *job, int *socket,
                  struct assay_error *err)
{
	const struct assay_build *build = &container->plan->manifest->build;

	/*
	 * Init's files in /proc are nobody's, ours must be writable for a moment. Nothing else runs
	 * beside init now that could make use of it. A program's memory is its own from execve(2)
	 * on, and dumpable; init's, which it has until then, must not be.
	 */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (set_attributes(build, container->request->others, err) < 0 ||
	    set_files(container, job, err) < 0 || nest(&build->user, err) < 0)
		return -1;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return assay_fail_errno(err, "protect init");
	if (drop_rights(err) < 0 || install_filter(container, job, *socket, err) < 0 ||
	    close_files(job, container->request->others, socket, err) < 0)
		return -1;
	if (job->argv == NULL)
		return job->help(job->context, err);
	/* Stop at the start of the program, where init changes what it is given. */
	if (is_changed(&build->machine) && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		return assay_fail_errno(err, "let init watch the start of a program");
	find_and_run(container->plan, job);
	(void)assay_fail_errno(err, "%s", job->argv[0]);
	err->code = ASSAY_E_TOOL;
	return -1;
}

struct child {
	const struct assay_container *container;
	const struct assay_job *job;
	int socket;
};

static int run_child(void *context)
{
	struct child *child = context;
	struct assay_error err = ASSAY_ERROR_INIT;

	if (become(child->container, child->job, &child->socket, &err) < 0)
		_exit(send(child->socket, &err, sizeof(err), MSG_NOSIGNAL) < 0);
	_exit(0);
}

/*
 * A program's process has init's memory until execve(2), and init stands still until then: so it
 * costs no copy. A helper, which reads what may be hostile, gets memory of its own. Return: pid, -1
 */
static pid_t start_child(struct child *child)
{
	char *stack;
	pid_t pid;

	if (child->job->help != NULL) {
		pid = fork();
		if (pid == 0)
			(void)run_child(child);
		return pid;
	}
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return -1;
	pid = clone(run_child, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, child);
	(void)munmap(stack, STACK_SIZE);
	return pid;
}

/* Return: 0 when the other side ended without an error, -1 with the error it sent. */
static int hear_error(int socket, struct assay_error *err)
{
	struct assay_error told;
	ssize_t got;

	do
		got = recv(socket, &told, sizeof(told), 0);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return 0;
	if (got != (ssize_t)sizeof(told))
		return assay_fail(err, ASSAY_E_SYSTEM, "a process of the container said %zd bytes",
		                  got);
	told.text[sizeof(told.text) - 1] = '\0';
	*err = told;
	return -1;
}

/* The program is there when its end of the socket is closed, by execve(2). */
static int await_program(const struct assay_container *container, struct assay_started *out,
                         struct assay_error *err)
{
	/* A single byte carries the descriptor; an error is longer. */
	if (container->filter.notify && recv(out->socket, NULL, 0, MSG_PEEK | MSG_TRUNC) == 1) {
		out->answers = assay_fd_receive(out->socket);
		if (out->answers < 0)
			return assay_fail(err, ASSAY_E_SYSTEM, "no system call notifications came");
		assay_notify_tune(out->answers);
	}
	if (hear_error(out->socket, err) < 0)
		return -1;
	if (is_changed(&container->plan->manifest->build.machine) &&
	    (waitpid(out->pid, &out->stopped, __WALL) < 0 || !WIFSTOPPED(out->stopped)))
		return assay_fail(err, ASSAY_E_SYSTEM, "a program did not wait at its start");
	return 0;
}

int assay_job_start(const struct assay_container *container, const struct assay_job *job,
                    struct assay_started *out, struct assay_error *err)
{
	struct child child = { .container = container, .job = job };
	int ends[2], failed = 0;

	*out = (struct assay_started){ .pid = -1, .socket = -1, .answers = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return assay_fail_errno(err, "make a socket");
	child.socket = ends[1];
	out->pid = start_child(&child);
	(void)close(ends[1]);
	out->socket = ends[0];
	if (out->pid < 0)
		failed = assay_fail_errno(err, "fork");
	else if (job->argv != NULL)
		failed = await_program(container, out, err);
	if (failed < 0 || job->argv != NULL) {
		(void)close(out->socket);
		out->socket = -1;
	}
	return failed;
}

int assay_job_helped(const struct assay_started *started, struct assay_error *err)
{
	int failed = hear_error(started->socket, err), status = 0;

	(void)close(started->socket);
	if (waitpid(started->pid, &status, 0) < 0)
		return assay_fail_errno(err, "wait for a helper");
	if (failed == 0 && WIFSIGNALED(status))
		return assay_fail(err, ASSAY_E_SYSTEM, "a helper was killed by signal %d",
		                  WTERMSIG(status));
	if (failed == 0 && WEXITSTATUS(status) != 0)
		return assay_fail(err, ASSAY_E_SYSTEM, "a helper failed without a word");
	return failed;
}
