/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The launcher: starts the container, takes its log, watches the clock, and writes down how it
 * ended.
 */
#include "rebuild/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/libarchive.h"
#include "base/memory.h"
#include "rebuild/container.h"
#include "rebuild/interrupts.h"
#include "rebuild/limits.h"
#include "rebuild/log.h"
#include "rebuild/runtime/runtime.h"
#include "rebuild/survey.h"
#include "rebuild/tree.h"
#include "rebuild/watch.h"

/* How long init may take to report after it was told to stop; then it is killed. Ours. */
#define GRACE_MS 2000
#define NEVER UINT64_MAX
#define LOG_BLOCK 16384 /* bytes of output that are taken at once; ours */
#define ANNOUNCE_MS 200 /* between two lines of output that are shown; ours */
#define REDRAW_MS 1000  /* between two looks at how long it takes; ours */

struct launch {
	const struct assay_rebuild_request *request;
	struct assay_plan plan;
	struct assay_container container;
	struct assay_log log;
	struct assay_build_record *record;
	json_t *survey; /* what can be seen inside, when init has told; owned */
	int control;    /* our end of the socket; -1 when init's is closed */
	int output;     /* read end of the build's standard output and error; -1 at its end */
	int terminal;   /* the end of a terminal that nobody types at */
	struct assay_interrupts interrupts;
	pid_t stage;           /* also the process group of stage and init */
	uint64_t started;      /* milliseconds of the monotonic clock */
	uint64_t silent_since; /* NEVER: no step is running */
	uint64_t kill_at;      /* NEVER: not told to stop */
	uint64_t announced;    /* when the last line of output was last shown to somebody */
	uint32_t step, steps;  /* the one that runs, of how many */
	bool ended;            /* init told us how */
	bool stopped;          /* we told init to stop */
};

static void launch_fini(struct launch *launch)
{
	assay_cleanup_close(&launch->control);
	assay_cleanup_close(&launch->output);
	assay_cleanup_close(&launch->container.control);
	assay_cleanup_close(&launch->container.log);
	assay_cleanup_close(&launch->container.terminal);
	assay_cleanup_close(&launch->terminal);
	assay_cleanup_close(&launch->container.tree);
	assay_interrupts_end(&launch->interrupts);
	assay_filter_fini(&launch->container.filter);
	json_decref(launch->survey);
	assay_log_fini(&launch->log);
	assay_plan_fini(&launch->plan);
}

static void set_outcome(struct launch *launch, enum assay_outcome outcome, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);

static void set_outcome(struct launch *launch, enum assay_outcome outcome, const char *fmt, ...)
{
	struct assay_build_record *record = launch->record;
	va_list args;

	record->outcome = outcome;
	free(record->detail);
	va_start(args, fmt);
	if (vasprintf(&record->detail, fmt, args) < 0)
		record->detail = NULL;
	va_end(args);
}

/* --- Before the start --- */

static int make_channels(struct launch *launch, struct assay_error *err)
{
	int sockets[2], pipe_ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return assay_fail_errno(err, "make a socket");
	launch->control = sockets[0];
	launch->container.control = sockets[1];
	if (pipe2(pipe_ends, O_CLOEXEC) < 0)
		return assay_fail_errno(err, "make a pipe");
	launch->output = pipe_ends[0];
	launch->container.log = pipe_ends[1];
	return fcntl(launch->output, F_SETFL, O_NONBLOCK) < 0 ? assay_fail_errno(err, "make a pipe")
	                                                      : 0;
}

static void unpinned(struct launch *launch, enum assay_pin_id pin, const char *why)
{
	assay_strings_printf(&launch->record->unpinned, "%s: %s", assay_pins[pin].key, why);
}

/* Init unpacks; what is in reach of it then are the libraries of the container. */
static int ready_unpacking(const struct assay_manifest *manifest, struct assay_error *err)
{
	for (size_t i = 0; i < manifest->sources_count; i++)
		if (manifest->sources[i].unpack == ASSAY_UNPACK_TAR)
			return assay_archive(err) == NULL ? -1 : 0;
	return 0;
}

static int prepare(struct launch *launch, struct assay_error *err)
{
	const struct assay_rebuild_request *request = launch->request;
	const struct assay_user *user = &request->manifest->build.user;
	const struct assay_machine *machine = &request->manifest->build.machine;
	bool notify = assay_filter_can_notify();
	struct assay_error old = ASSAY_ERROR_INIT;
	char why[256];

	if (!notify && (machine->clock != NULL || machine->random != NULL))
		return assay_fail(
			err, ASSAY_E_SYSTEM,
			"the manifest pins the clock or random numbers, and this host cannot "
			"(`assay doctor' says more)");
	launch->record->log_path = assay_strdup(request->log_path);
	assay_plan_make(request->manifest, &launch->plan);
	assay_others_plan(request->others, &launch->plan);
	/* First of all: it is also what readies the digests, whose library reads files of the host. */
	if (assay_log_open(&launch->log, request->log_path, request->manifest->build.limits.log,
	                   err) < 0 ||
	    ready_unpacking(request->manifest, err) < 0 ||
	    assay_identity_choose(&launch->container.identity, err) < 0 ||
	    assay_filter_make(user, notify ? machine : NULL, &launch->container.filter, err) < 0 ||
	    make_channels(launch, err) < 0)
		return -1;
	if (request->others & ASSAY_OTHER_TERMINAL) {
		launch->container.terminal = assay_others_terminal(&launch->terminal);
		if (launch->container.terminal < 0)
			return assay_fail_errno(err, "make a terminal to vary: `vary --except "
			                             "terminal' does without");
	}
	launch->container.request = request;
	launch->container.plan = &launch->plan;
	assay_tree_mapped(request->tree, &launch->container.identity, &launch->container.tree, why);
	if (why[0] != '\0')
		unpinned(launch, ASSAY_PIN_OWNER, why);
	if (!assay_filter_has_calls(&old))
		unpinned(launch, ASSAY_PIN_SYSCALLS, old.text);
	launch->record->level = assay_pins_level(machine, notify);
	assay_pins_unpinned(machine, notify, &launch->record->unpinned);
	return assay_interrupts_begin(&launch->interrupts, err);
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * Close what the container does not need, in the stage: it may have been opened by anybody in
 * this program, a build that runs beside this one among them. 0, 1 and 2 stay, for messages of
 * a sanitizer; the build never sees them.
 */
static void close_others(const struct launch *launch)
{
	const struct assay_container *container = &launch->container;
	unsigned kept = 0;
	unsigned count = launch->request->look ? 0 : launch->request->manifest->sources_count;
	int *keep = assay_calloc(count + 4, sizeof(*keep)), from = 3;

	for (unsigned i = 0; i < count; i++)
		keep[kept++] = launch->request->sources[i];
	keep[kept++] = container->control;
	keep[kept++] = container->log;
	if (container->terminal >= 0)
		keep[kept++] = container->terminal;
	if (container->tree >= 0)
		keep[kept++] = container->tree;
	qsort(keep, kept, sizeof(*keep), by_number);
	for (unsigned i = 0; i < kept; i++) {
		if (keep[i] > from)
			(void)close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
		if (keep[i] >= from)
			from = keep[i] + 1;
	}
	(void)close_range((unsigned)from, ~0U, 0);
	free(keep);
}

static int start(struct launch *launch, struct assay_error *err)
{
	launch->started = assay_clock_monotonic_ms();
	launch->stage = fork();
	if (launch->stage < 0)
		return assay_fail_errno(err, "fork");
	if (launch->stage == 0) {
		close_others(launch);
		assay_stage_main(&launch->container);
	}
	/* Only the container's ends must keep its channels open. */
	(void)close(launch->container.control);
	(void)close(launch->container.log);
	launch->container.control = launch->container.log = -1;
	return 0;
}

/* --- While it runs --- */

/* Tell init to end the build; how it ended is decided here. */
static void stop(struct launch *launch)
{
	struct assay_message message = { .type = ASSAY_MSG_STOP };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	if (launch->stopped)
		return;
	launch->stopped = true;
	launch->kill_at = assay_clock_monotonic_ms() + GRACE_MS;
	if (launch->control < 0 || assay_message_send(launch->control, &message, -1, &ignored) < 0)
		launch->kill_at = 0;
}

static int open_output(const struct launch *launch, const char *name, int flags,
                       struct assay_error *err)
{
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", launch->request->output_dir, name);
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0644);

	return fd < 0 ? assay_fail_errno(err, "open %s", path) : fd;
}

/* Init wants to write an output: make its file. */
static int give_file(struct launch *launch, uint32_t index, struct assay_error *err)
{
	const struct assay_manifest *manifest = launch->request->manifest;
	struct assay_message message = { .type = ASSAY_MSG_FILE, .index = index };
	ASSAY_AUTO_FREE char *path = NULL;
	ASSAY_AUTO_CLOSE int fd = -1;

	if (index >= manifest->outputs_count)
		return assay_fail(err, ASSAY_E_SYSTEM, "init asks for an output that is none");
	path = assay_asprintf("%s/%s", launch->request->output_dir, manifest->outputs[index].name);
	if (unlink(path) < 0 && errno != ENOENT)
		return assay_fail_errno(err, "replace %s", path);
	fd = open_output(launch, manifest->outputs[index].name, O_WRONLY | O_CREAT | O_EXCL, err);
	return fd < 0 ? -1 : assay_message_send(launch->control, &message, fd, err);
}

/* Init wrote an output: what counts is what is in the file now. */
static int take_output(struct launch *launch, uint32_t index, struct assay_error *err)
{
	const struct assay_manifest *manifest = launch->request->manifest;
	struct assay_build_record *record = launch->record;
	struct assay_built_output *output;
	ASSAY_AUTO_CLOSE int fd = -1;

	if (index != record->output_count || index >= manifest->outputs_count)
		return assay_fail(err, ASSAY_E_SYSTEM, "init reports an output that is none");
	fd = open_output(launch, manifest->outputs[index].name, O_RDONLY, err);
	if (fd < 0)
		return -1;
	assay_grow(&record->outputs, &record->output_cap, record->output_count,
	           sizeof(*record->outputs));
	output = &record->outputs[record->output_count++];
	*output = (struct assay_built_output){
		.name = assay_strdup(manifest->outputs[index].name),
	};
	return assay_sha256_fd(fd, &output->sha256, &output->size, err);
}

static int begin_step(struct launch *launch, const struct assay_message *message)
{
	launch->silent_since = assay_clock_monotonic_ms();
	launch->step = message->index;
	launch->steps = message->count;
	assay_progress_tell(launch->request->progress, ASSAY_STAGE_BUILD, message->index,
	                    message->count, message->text);
	return 0;
}

static void end(struct launch *launch, const struct assay_message *message)
{
	launch->ended = true;
	launch->silent_since = NEVER;
	launch->record->step = message->index;
	launch->record->exit_status = message->status;
	launch->record->memory_peak = message->count;
	if (launch->stopped || message->outcome == ASSAY_OUTCOME_BUILT)
		return;
	set_outcome(launch,
	            message->outcome <= ASSAY_OUTCOME_BAD_OUTPUT
	                    ? (enum assay_outcome)message->outcome
	                    : ASSAY_OUTCOME_FAILED,
	            "%s", message->text);
}

/* What init tells about the sources. */
static int take_sources(struct launch *launch, const struct assay_message *message, int fd,
                        struct assay_error *err)
{
	struct assay_inventory *sources = &launch->record->sources;

	if (message->type == ASSAY_MSG_SOURCES)
		return assay_watch_take_inventory(fd, sources, err);
	if (message->type == ASSAY_MSG_USED) {
		int unknown = assay_watch_take_used(fd, sources, err);

		if (unknown > 0)
			assay_strings_printf(&launch->record->events,
			                     "opened sources could not be watched: all count as "
			                     "opened (fs.inotify.max_user_watches)");
		return unknown < 0 ? -1 : 0;
	}
	return assay_fail(err, ASSAY_E_SYSTEM, "init speaks of %" PRIu32, message->type);
}

static int handle_message(struct launch *launch, const struct assay_message *message, int fd,
                          struct assay_error *err)
{
	struct assay_message reply = { .type = ASSAY_MSG_MAPPED };

	switch (message->type) {
	case ASSAY_MSG_UNSHARED:
		if (assay_identity_map(&launch->container.identity,
		                       &launch->request->manifest->build.user, launch->stage,
		                       err) < 0)
			return -1;
		return assay_message_send(launch->control, &reply, -1, err);
	case ASSAY_MSG_UNPINNED:
		if (message->index < ASSAY_PIN_COUNT)
			unpinned(launch, (enum assay_pin_id)message->index, message->text);
		return 0;
	case ASSAY_MSG_SURVEY:
		return assay_survey_read(fd, &launch->survey, err);
	case ASSAY_MSG_STEP:
		return begin_step(launch, message);
	case ASSAY_MSG_REFUSAL:
		assay_strings_printf(&launch->record->events, "%s refused (%" PRIu64 " times)",
		                     message->text, message->count);
		return 0;
	case ASSAY_MSG_WANT:
		return give_file(launch, message->index, err);
	case ASSAY_MSG_OUTPUT:
		return take_output(launch, message->index, err);
	case ASSAY_MSG_ENDED:
		end(launch, message);
		return 0;
	case ASSAY_MSG_TROUBLE:
		*err = message->error;
		return -1;
	default:
		return take_sources(launch, message, fd, err);
	}
}

static int hear(struct launch *launch, struct assay_error *err)
{
	ASSAY_AUTO_CLOSE int fd = -1;
	struct assay_message message;
	int got = assay_message_receive(launch->control, &message, &fd, err);

	if (got > 0)
		return handle_message(launch, &message, fd, err);
	(void)close(launch->control);
	launch->control = -1;
	return got;
}

/* Stop the build when it has taken too long, or said too much: that counts after its end, too. */
static void check_limits(struct launch *launch)
{
	uint64_t now = assay_clock_monotonic_ms();
	struct assay_spent spent = { .log = launch->log.size };
	enum assay_outcome outcome;
	char text[256];

	if (launch->stopped)
		return;
	if (!launch->ended)
		spent.running_ms = now - launch->started;
	if (!launch->ended && launch->silent_since != NEVER)
		spent.silent_ms = now - launch->silent_since;
	outcome = assay_limits_reached(&launch->request->manifest->build.limits, &spent, text);
	if (outcome == ASSAY_OUTCOME_BUILT)
		return;
	set_outcome(launch, outcome, "%s", text);
	stop(launch);
}

static int take_log(struct launch *launch, struct assay_error *err)
{
	char block[LOG_BLOCK];
	ssize_t got = read(launch->output, block, sizeof(block));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0) {
		(void)close(launch->output);
		launch->output = -1;
		return 0;
	}
	if (launch->silent_since != NEVER)
		launch->silent_since = assay_clock_monotonic_ms();
	if (assay_log_add(&launch->log, block, (size_t)got, err) < 0)
		return -1;
	check_limits(launch);
	return 0;
}

static void look_at_clock(struct launch *launch)
{
	if (assay_clock_monotonic_ms() >= launch->kill_at) {
		(void)kill(-launch->stage, SIGKILL);
		launch->kill_at = NEVER;
	}
	check_limits(launch);
}

/* Show that the build is alive: the last line that it printed, now and then. */
static void announce(struct launch *launch)
{
	const struct assay_progress *progress = launch->request->progress;
	uint64_t now = assay_clock_monotonic_ms();
	ASSAY_AUTO_FREE char *line = NULL;

	if (progress == NULL || launch->silent_since == NEVER ||
	    now - launch->announced < ANNOUNCE_MS)
		return;
	launch->announced = now;
	line = assay_log_tail(&launch->log, 1);
	line[strcspn(line, "\n")] = '\0';
	assay_progress_tell(progress, ASSAY_STAGE_BUILD, launch->step, launch->steps, line);
}

/* Milliseconds until look_at_clock or announce has something to do. */
static int next_look(const struct launch *launch)
{
	const struct assay_limits *limits = &launch->request->manifest->build.limits;
	uint64_t now = assay_clock_monotonic_ms(), next = launch->kill_at;

	if (!launch->stopped && !launch->ended) {
		uint64_t wall = launch->started + (uint64_t)limits->wall * 1000;

		next = wall < next ? wall : next;
		if (launch->silent_since != NEVER &&
		    launch->silent_since + (uint64_t)limits->silence * 1000 < next)
			next = launch->silent_since + (uint64_t)limits->silence * 1000;
	}
	if (launch->request->progress != NULL && next > now + REDRAW_MS)
		next = now + REDRAW_MS;
	if (next == NEVER)
		return -1;
	return next <= now ? 0 : next - now > 1000000 ? 1000000 : (int)(next - now);
}

static void take_interrupt(struct launch *launch)
{
	uint32_t signal = assay_interrupts_take(&launch->interrupts);

	if (signal == 0 || launch->stopped)
		return;
	set_outcome(launch, ASSAY_OUTCOME_INTERRUPTED, "stopped by signal %" PRIu32, signal);
	stop(launch);
}

/* Until init is gone: its end of the socket is closed when it has ended, never before. */
static int watch(struct launch *launch, struct assay_error *err)
{
	while (launch->control >= 0) {
		struct pollfd polls[] = { { .fd = launch->control, .events = POLLIN },
			                  { .fd = launch->output, .events = POLLIN },
			                  { .fd = launch->interrupts.fd, .events = POLLIN } };

		if (poll(polls, ASSAY_ARRAY_LEN(polls), next_look(launch)) < 0 && errno != EINTR)
			return assay_fail_errno(err, "wait for the container");
		if (polls[1].revents != 0 && take_log(launch, err) < 0)
			return -1;
		if (polls[0].revents != 0 && hear(launch, err) < 0)
			return -1;
		if (polls[2].revents != 0)
			take_interrupt(launch);
		look_at_clock(launch);
		announce(launch);
	}
	return 0;
}

/* --- After the end --- */

/*
 * Whatever happened: leave no process behind. The stage ends before init is a child of ours or
 * leaves it to us in its process group; and the kernel lets init end only after every process of
 * its namespace: pid_namespaces(7).
 */
static void clear(struct launch *launch, int *status)
{
	struct rusage usage;
	pid_t pid;

	(void)kill(launch->stage, SIGKILL);
	while (waitpid(launch->stage, status, 0) < 0 && errno == EINTR)
		;
	(void)kill(-launch->stage, SIGKILL);
	do {
		pid = wait4(-launch->stage, status, 0, &usage);
		if (pid > 0)
			launch->record->cpu_ms = (uint64_t)usage.ru_utime.tv_sec * 1000 +
			                         (uint64_t)usage.ru_utime.tv_usec / 1000 +
			                         (uint64_t)usage.ru_stime.tv_sec * 1000 +
			                         (uint64_t)usage.ru_stime.tv_usec / 1000;
	} while (pid > 0 || errno == EINTR);
}

static int finish(struct launch *launch, int status, struct assay_error *err)
{
	struct assay_build_record *record = launch->record;

	while (launch->output >= 0) {
		uint64_t before = launch->log.size;

		if (take_log(launch, err) < 0)
			return -1;
		if (launch->log.size == before)
			break; /* its end */
	}
	record->wall_ms = assay_clock_monotonic_ms() - launch->started;
	record->log_size = launch->log.size;
	record->log_tail = assay_log_tail(&launch->log, ASSAY_LOG_LINES);
	assay_strings_sort(&record->unpinned);
	assay_strings_sort(&record->events);
	if (launch->survey != NULL)
		assay_survey_take(launch->survey, record);
	if (assay_log_finish(&launch->log, &record->log_sha256, err) < 0)
		return assay_fail_in(err, "%s", record->log_path);
	if (launch->ended || launch->stopped)
		return 0;
	return assay_fail(err, ASSAY_E_SYSTEM, "the container ended unexpectedly (%s %d)",
	                  WIFSIGNALED(status) ? "killed by signal" : "status",
	                  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* Whatever was begun for an output that was not taken must not look like one. */
static void drop_unfinished(const struct launch *launch)
{
	const struct assay_manifest *manifest = launch->request->manifest;

	for (size_t i = launch->record->output_count; i < manifest->outputs_count; i++) {
		ASSAY_AUTO_FREE char *path = assay_asprintf("%s/%s", launch->request->output_dir,
		                                            manifest->outputs[i].name);

		(void)unlink(path);
	}
}

int assay_rebuild(const struct assay_rebuild_request *request, struct assay_build_record *record,
                  struct assay_error *err)
{
	ASSAY_AUTO(launch_fini)
	struct launch launch = {
		.request = request,
		.record = record,
		.control = -1,
		.output = -1,
		.interrupts = { .fd = -1 },
		.terminal = -1,
		.silent_since = NEVER,
		.kill_at = NEVER,
		.container = { .control = -1, .log = -1, .terminal = -1, .tree = -1 },
	};
	const struct assay_profile_pin *profile = request->manifest->build.profile;
	int status = 0, failed;

	if (profile != NULL)
		record->profile = assay_strdup(profile->sha256);
	if (request->runtime != NULL)
		return assay_runtime_rebuild(request, record, err);
	if (prepare(&launch, err) < 0 || start(&launch, err) < 0)
		return -1;
	failed = watch(&launch, err);
	clear(&launch, &status);
	drop_unfinished(&launch);
	return failed < 0 ? -1 : finish(&launch, status, err);
}
