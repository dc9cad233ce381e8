/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/quote.h"

/* The child's side between fork and exec. Any failure ends in status 127. */
static void __attribute__((noreturn))
become(const struct assay_process *process, char **env, int out, int diag)
{
	int null = open("/dev/null", O_RDONLY);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(diag, 2) < 0)
		_exit(127);
	if (process->cwd != NULL && chdir(process->cwd) < 0)
		_exit(127);
	environ = env;
	(void)execvp(process->argv[0], (char *const *)(uintptr_t)process->argv);
	(void)dprintf(2, "%s: %s\n", process->argv[0], strerror(errno));
	_exit(127);
}

static void keep_variables(const char *const *names, struct assay_strings *env)
{
	for (size_t i = 0; names != NULL && names[i] != NULL; i++)
		if (getenv(names[i]) != NULL)
			assay_strings_printf(env, "%s=%s", names[i], getenv(names[i]));
}

static void make_env(const struct assay_process *process, struct assay_strings *env)
{
	static const char *const kept[] = { "PATH", "HOME", NULL };

	keep_variables(kept, env);
	keep_variables(process->keep, env);
	assay_strings_add(env, "LC_ALL=C");
	for (size_t i = 0; process->env != NULL && process->env[i] != NULL; i++)
		assay_strings_add(env, process->env[i]);
}

static int drain(int fd, struct assay_buffer *buf)
{
	char block[8192];
	ssize_t got = read(fd, block, sizeof(block));

	if (got > 0)
		assay_buffer_add(buf, block, (size_t)got);
	return got > 0 || (got < 0 && errno == EINTR);
}

/* Take both streams until both are closed. Return: -1 on too much output or too long. */
static int pump(const struct assay_process *process, int fds[2], struct assay_buffer *bufs[2],
                struct assay_error *err)
{
	uint64_t end = assay_clock_monotonic_ms() + process->timeout_ms;
	struct pollfd polls[2] = { { .fd = fds[0], .events = POLLIN },
		                   { .fd = fds[1], .events = POLLIN } };

	while (polls[0].fd >= 0 || polls[1].fd >= 0) {
		uint64_t now = assay_clock_monotonic_ms();
		int wait = process->timeout_ms == 0 ? -1 : now >= end ? 0 : (int)(end - now);

		if (poll(polls, 2, wait) == 0)
			return assay_fail(err, ASSAY_E_LIMIT,
			                  "%s: still running after %" PRIu64 " ms",
			                  process->argv[0], process->timeout_ms);
		for (int i = 0; i < 2; i++) {
			if (polls[i].revents != 0 && !drain(polls[i].fd, bufs[i]))
				polls[i].fd = -1;
			if (bufs[i]->len > process->output_max)
				return assay_fail(err, ASSAY_E_LIMIT,
				                  "%s: printed more than %" PRIu64 " bytes",
				                  process->argv[0], process->output_max);
		}
	}
	return 0;
}

/* The last line that says something, for the error's text. */
static char *last_line(struct assay_buffer *diag)
{
	char *line;

	while (diag->len > 0 && diag->ptr[diag->len - 1] == '\n')
		diag->ptr[--diag->len] = '\0';
	line = diag->len > 0 ? strrchr(diag->ptr, '\n') : NULL;
	return assay_quoted(line != NULL ? line + 1 : assay_buffer_str(diag));
}

static int judge(const struct assay_process *process, int status, struct assay_buffer *diag,
                 struct assay_error *err)
{
	ASSAY_AUTO_FREE char *line = NULL;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	line = last_line(diag);
	if (WIFSIGNALED(status))
		return assay_fail(err, ASSAY_E_TOOL, "%s: killed by signal %d: %s",
		                  process->argv[0], WTERMSIG(status), line);
	return assay_fail(err, ASSAY_E_TOOL, "%s: exit status %d: %s", process->argv[0],
	                  WEXITSTATUS(status), line);
}

int assay_process_run(const struct assay_process *process, struct assay_buffer *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer diag = { 0 };
	ASSAY_AUTO_STRINGS struct assay_strings env = { 0 };
	struct assay_buffer *bufs[2] = { out, &diag };
	int stdout_pipe[2], stderr_pipe[2], fds[2], status = 0, pumped;
	pid_t pid;

	make_env(process, &env);
	if (pipe2(stdout_pipe, O_CLOEXEC) < 0)
		return assay_fail_errno(err, "pipe");
	if (pipe2(stderr_pipe, O_CLOEXEC) < 0) {
		(void)assay_fail_errno(err, "pipe");
		(void)close(stdout_pipe[0]);
		(void)close(stdout_pipe[1]);
		return -1;
	}
	pid = fork();
	if (pid == 0)
		become(process, env.items, stdout_pipe[1], stderr_pipe[1]);
	(void)close(stdout_pipe[1]);
	(void)close(stderr_pipe[1]);
	fds[0] = stdout_pipe[0];
	fds[1] = stderr_pipe[0];
	pumped = pid < 0 ? assay_fail_errno(err, "fork") : pump(process, fds, bufs, err);
	if (pumped < 0 && pid > 0)
		(void)kill(pid, SIGKILL);
	(void)close(fds[0]);
	(void)close(fds[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pumped < 0 ? -1 : judge(process, status, &diag, err);
}
