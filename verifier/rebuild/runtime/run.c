/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One container: its config.json, the runtime, and what it prints. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "rebuild/interrupts.h"
#include "rebuild/limits.h"
#include "rebuild/runtime/runtime.h"

#define LOOK_MS 200               /* between two looks at the clock; ours */
#define BLOCK 16384               /* bytes of output that are taken at once; ours */
#define DELETE_MS UINT64_C(30000) /* that a runtime may take to kill a container; ours */

static const char container_name[] = "assay-build";

/* A container while it runs. */
struct running {
	struct assay_runtime *runtime;
	pid_t pid;  /* of the runtime's own process */
	int output; /* -1 at its end */
	uint64_t silent_since;
	bool stopped;
};

static int write_config(const struct assay_runtime *runtime, const struct assay_runtime_step *step,
                        struct assay_error *err)
{
	ASSAY_AUTO_JSON json_t *json = assay_runtime_config(runtime, step);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_json_pretty(json, &text);
	return assay_file_write(runtime->dir, "config.json", assay_buffer_span(&text), 0644, err);
}

static void become_runtime(const struct assay_runtime *runtime, int input, int output)
{
	const char *name = runtime->request->runtime;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (fchdir(runtime->dir) < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 ||
	    dup2(output, 2) < 0)
		_exit(126);
	(void)umask(022);
	(void)execlp(name, name, "--root", "state", "run", "--bundle", ".", container_name, NULL);
	dprintf(2, "%s: %s\n", name, strerror(errno));
	_exit(127);
}

static int begin(struct running *running, const struct assay_runtime_step *step,
                 struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), write_end = -1;
	int ends[2];

	if (nothing < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return assay_fail_errno(err, "make a pipe");
	running->output = ends[0];
	write_end = ends[1];
	running->pid = fork();
	if (running->pid < 0)
		return assay_fail_errno(err, "fork");
	if (running->pid == 0)
		become_runtime(running->runtime, step->input >= 0 ? step->input : nothing,
		               write_end);
	return 0;
}

/* Kill the container with all in it; its runtime then ends. */
static void stop(struct running *running)
{
	const struct assay_runtime *runtime = running->runtime;
	ASSAY_AUTO_FREE char *state = assay_asprintf("%s/state", runtime->request->runtime_dir);
	const char *argv[] = { runtime->request->runtime,
		               "--root",
		               state,
		               "delete",
		               "--force",
		               container_name,
		               NULL };
	const struct assay_process process = { .argv = argv,
		                               .timeout_ms = DELETE_MS,
		                               .output_max = BLOCK };
	ASSAY_AUTO_BUFFER struct assay_buffer out = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	if (running->stopped)
		return;
	running->stopped = true;
	if (assay_process_run(&process, &out, &ignored) < 0)
		(void)kill(running->pid, SIGKILL);
}

static void settle_outcome(struct running *running, enum assay_outcome outcome, char *text)
{
	struct assay_build_record *record = running->runtime->record;

	record->outcome = outcome;
	free(record->detail);
	record->detail = text;
	stop(running);
}

static void look(struct running *running)
{
	const struct assay_runtime *runtime = running->runtime;
	uint64_t now = assay_clock_monotonic_ms();
	const struct assay_spent spent = { .running_ms = now - runtime->started,
		                           .silent_ms = now - running->silent_since,
		                           .log = runtime->log.size };
	uint32_t signal = assay_interrupts_take(runtime->interrupts);
	enum assay_outcome outcome;
	char text[256];

	if (running->stopped)
		return;
	if (signal != 0) {
		settle_outcome(running, ASSAY_OUTCOME_INTERRUPTED,
		               assay_asprintf("stopped by signal %" PRIu32, signal));
		return;
	}
	outcome = assay_limits_reached(&runtime->request->manifest->build.limits, &spent, text);
	if (outcome != ASSAY_OUTCOME_BUILT)
		settle_outcome(running, outcome, assay_strdup(text));
}

static int take_output(struct running *running, int to, struct assay_error *err)
{
	char block[BLOCK];
	ssize_t got = read(running->output, block, sizeof(block));

	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0) {
		assay_cleanup_close(&running->output);
		running->output = -1;
		return 0;
	}
	running->silent_since = assay_clock_monotonic_ms();
	return to >= 0 ? assay_write_full(to, assay_span_of(block, (size_t)got), err)
	               : assay_log_add(&running->runtime->log, block, (size_t)got, err);
}

/* Until nobody has its output open any more. */
static int attend(struct running *running, int to, struct assay_error *err)
{
	while (running->output >= 0) {
		struct pollfd polls[] = { { .fd = running->output, .events = POLLIN },
			                  { .fd = running->runtime->interrupts->fd,
			                    .events = POLLIN } };

		if (poll(polls, ASSAY_ARRAY_LEN(polls), LOOK_MS) < 0 && errno != EINTR)
			return assay_fail_errno(err, "wait for the container");
		if (polls[0].revents != 0 && take_output(running, to, err) < 0)
			return -1;
		look(running);
	}
	return 0;
}

int assay_runtime_run(struct assay_runtime *runtime, const struct assay_runtime_step *step,
                      struct assay_error *err)
{
	struct running running = { .runtime = runtime,
		                   .output = -1,
		                   .silent_since = assay_clock_monotonic_ms() };
	int status = 0, failed;

	if (write_config(runtime, step, err) < 0 || begin(&running, step, err) < 0)
		return -1;
	failed = attend(&running, step->output, err);
	if (failed < 0)
		stop(&running);
	assay_cleanup_close(&running.output);
	while (waitpid(running.pid, &status, 0) < 0 && errno == EINTR)
		;
	if (failed < 0)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
