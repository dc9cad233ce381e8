/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Process 1 of the container. It keeps some capabilities in its user namespace, so that no
 * program of the build can trace or signal it, and it is not dumpable and hidden from /proc.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "rebuild/capabilities.h"
#include "rebuild/collect.h"
#include "rebuild/container.h"
#include "rebuild/cpus.h"
#include "rebuild/inside/embed.h"
#include "rebuild/job.h"
#include "rebuild/limits.h"
#include "rebuild/notify.h"
#include "rebuild/sources.h"
#include "rebuild/usage.h"
#include "rebuild/watch.h"

/* To kill, to see and answer programs, and to read outputs whatever their mode. */
#define OWN_CAPABILITIES                                                                           \
	(UINT64_C(1) << CAP_KILL | UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << CAP_DAC_OVERRIDE)

struct init {
	struct assay_container *container;
	struct assay_notify notify;
	struct assay_usage_watch watch;
	struct assay_watch sources;
	int signals;          /* SIGCHLD arrives here */
	uint64_t memory_peak; /* bytes */
	bool disk_full;       /* seen in this step */
	bool stopped;         /* by the launcher */
	enum assay_outcome outcome;
	unsigned step;
	int status; /* of the program that ended the build */
	char detail[512];
};

static void settle_outcome(struct init *init, enum assay_outcome outcome, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);

static void settle_outcome(struct init *init, enum assay_outcome outcome, const char *fmt, ...)
{
	va_list args;

	init->outcome = outcome;
	va_start(args, fmt);
	(void)vsnprintf(init->detail, sizeof(init->detail), fmt, args);
	va_end(args);
}

/* Let nothing live but init. What is killed becomes a child of init, if it was not one. */
static void kill_all(void)
{
	pid_t pid;

	do {
		(void)kill(-1, SIGKILL);
		pid = waitpid(-1, NULL, __WALL);
	} while (pid > 0 || errno == EINTR);
}

/*
 * Collect the dead, and let those that stopped for us go on. Return: whether wanted is among the
 * dead, with init->status as a shell tells it.
 */
static bool reap(struct init *init, pid_t wanted)
{
	bool found = false;
	int raw;
	pid_t pid;

	/* __WALL: a thread may have been stopped. */
	while ((pid = waitpid(-1, &raw, WNOHANG | __WALL)) > 0) {
		if (WIFSTOPPED(raw))
			assay_notify_stop(&init->notify, pid, raw, false);
		if (pid != wanted || WIFSTOPPED(raw))
			continue;
		init->status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
		found = true;
	}
	return found;
}

static void look_at_disk(struct init *init, const struct assay_build *build)
{
	struct statvfs fs;

	if (statvfs(build->path, &fs) == 0 && (fs.f_bavail == 0 || fs.f_favail == 0))
		init->disk_full = true;
}

/* Compare what is used with the limits. Return: whether the build goes on. */
static bool look(struct init *init, struct assay_usage *usage)
{
	const struct assay_build *build = &init->container->plan->manifest->build;
	struct assay_spent spent = { 0 };
	enum assay_outcome outcome;
	char text[256];

	assay_usage_get(&init->watch, usage);
	look_at_disk(init, build);
	if (usage->memory > init->memory_peak)
		init->memory_peak = usage->memory;
	spent.processes = usage->tasks;
	spent.memory = usage->memory > build->limits.memory ? assay_usage_exact(&init->watch) : 0;
	outcome = assay_limits_reached(&build->limits, &spent, text);
	if (outcome != ASSAY_OUTCOME_BUILT)
		settle_outcome(init, outcome, "%s", text);
	return init->outcome == ASSAY_OUTCOME_BUILT;
}

/* The launcher speaks only to stop us; when it is gone, so are we, and all with us. */
static void hear_launcher(struct init *init)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_message message;

	if (assay_message_receive(init->container->control, &message, NULL, &err) <= 0)
		_exit(1);
	init->stopped = true;
}

struct attention {
	struct pollfd polls[4]; /* launcher, signals, questions, time to look at limits */
};

/* Take what came in. Return: whether the program still runs and may. */
static bool handle(struct init *init, struct assay_started *started, struct attention *attention)
{
	struct signalfd_siginfo info;

	if (attention->polls[2].revents & POLLIN)
		assay_notify_answer(&init->notify, started->answers);
	else if (attention->polls[2].revents != 0)
		attention->polls[2].fd = -1; /* nobody is left to ask */
	if (attention->polls[1].revents != 0 && read(init->signals, &info, sizeof(info)) > 0 &&
	    reap(init, started->pid))
		return false;
	if (attention->polls[0].revents != 0) {
		hear_launcher(init);
		return false;
	}
	return true;
}

/*
 * Look at limits some milliseconds from now. A timer of its own, not a timeout of each wait: setting
 * one up costs as much as an answer does.
 */
static void look_later(const struct attention *attention, int ms)
{
	const struct itimerspec when = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };

	(void)timerfd_settime(attention->polls[3].fd, 0, &when, NULL);
}

/* Wait for the program, and answer it meanwhile. */
static void attend(struct init *init, struct assay_started *started)
{
	ASSAY_AUTO_CLOSE int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct attention attention = {
		.polls = { { .fd = init->container->control, .events = POLLIN },
		           { .fd = init->signals, .events = POLLIN },
		           { .fd = started->answers, .events = POLLIN },
		           { .fd = timer, .events = POLLIN } },
	};
	const struct assay_limits *limits = &init->container->plan->manifest->build.limits;
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_usage usage = { 0 };
	bool running = true;
	int ready = 0;

	look_later(&attention, ASSAY_LOOK_MIN_MS);
	while (running) {
		if (timer >= 0)
			ready = poll(attention.polls, ASSAY_ARRAY_LEN(attention.polls), -1);
		if (timer < 0 || (ready < 0 && errno != EINTR)) {
			(void)assay_fail_errno(&err, "init cannot watch the build");
			assay_container_fail(init->container, &err);
		}
		if (ready > 0 && attention.polls[3].revents != 0) {
			if (!look(init, &usage))
				return;
			look_later(&attention, assay_limits_next_look(limits, usage.memory));
		}
		if (ready > 0)
			running = handle(init, started, &attention);
	}
}

static void use(struct init *init, uint64_t capabilities)
{
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_capabilities_use(capabilities, &err) < 0)
		assay_container_fail(init->container, &err);
}

/*
 * Run a program to its end. What it leaves running is killed, so that it cannot race with the
 * next step or with the collection of outputs.
 */
static void run(struct init *init, const struct assay_job *job)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_started started;
	struct assay_usage usage;

	init->disk_full = false;
	if (assay_job_start(init->container, job, &started, &err) < 0) {
		if (err.code != ASSAY_E_TOOL)
			assay_container_fail(init->container, &err);
		init->status = err.sys_errno == ENOENT ? 127 : 126; /* as a shell tells it */
		settle_outcome(init, ASSAY_OUTCOME_FAILED, "%s", err.text);
		kill_all();
		return;
	}
	if (started.stopped != 0)
		assay_notify_stop(&init->notify, started.pid, started.stopped, true);
	/* What we ask the kernel in the name of programs must be refused where it is to them. */
	use(init, OWN_CAPABILITIES & ~(UINT64_C(1) << CAP_DAC_OVERRIDE));
	attend(init, &started);
	use(init, OWN_CAPABILITIES);
	/* While what it left is still there: did it end because there was no more room? */
	if (init->outcome == ASSAY_OUTCOME_BUILT && !init->stopped && look(init, &usage) &&
	    init->status != 0 && init->disk_full)
		settle_outcome(init, ASSAY_OUTCOME_LIMIT_DISK,
		               "the disk of %" PRIu64 " bytes is full: build.limits.disk",
		               init->container->plan->manifest->build.limits.disk);
	kill_all();
	if (started.answers >= 0)
		(void)close(started.answers);
}

static void tell_step(const struct init *init, const char *text)
{
	const struct assay_plan *plan = init->container->plan;
	struct assay_message message = { .type = ASSAY_MSG_STEP,
		                         .index = init->step,
		                         .count = plan->manifest->build.steps_count };
	struct assay_error err = ASSAY_ERROR_INIT;

	(void)snprintf(message.text, sizeof(message.text), "%s", text);
	if (assay_message_send(init->container->control, &message, -1, &err) < 0)
		assay_container_fail(init->container, &err);
}

static bool going_on(const struct init *init)
{
	return init->outcome == ASSAY_OUTCOME_BUILT && !init->stopped;
}

/* Apply a patch with the toolchain's patch(1): a step before the first. */
static void run_patch(struct init *init, unsigned index)
{
	const struct assay_source *source = &init->container->plan->manifest->sources[index];
	ASSAY_AUTO_FREE char *strip = assay_asprintf("-p%" PRIu32, source->strip);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(source->name);
	const char *argv[] = { "/usr/bin/patch",          "--batch", "--forward", "--fuzz=0",
		               "--no-backup-if-mismatch", strip,     NULL };
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_job job = { .argv = (char *const *)(uintptr_t)argv, .cwd = source->into };

	job.input = assay_source_patch(init->container, index, &err);
	if (job.input < 0)
		assay_container_fail(init->container, &err);
	tell_step(init, source->name);
	run(init, &job);
	(void)close(job.input);
	if (going_on(init) && init->status != 0)
		settle_outcome(init, ASSAY_OUTCOME_FAILED, "patch %s does not apply: status %d",
		               quoted, init->status);
}

/* What a program of the build sees, told by one of ours: before there is anything of the build. */
static void look_around(struct init *init)
{
	char number[] = { '0' + ASSAY_JOB_RESULT, '\0' }, name[] = "inside";
	char *argv[] = { name, number, NULL };
	struct assay_message message = { .type = ASSAY_MSG_SURVEY };
	ASSAY_AUTO_CLOSE int program = memfd_create("inside", MFD_CLOEXEC);
	ASSAY_AUTO_CLOSE int result = memfd_create("survey", MFD_CLOEXEC);
	struct assay_job job = {
		.argv = argv, .cwd = ".", .input = -1, .program = program, .result = result
	};
	struct assay_error err = ASSAY_ERROR_INIT;

	if (program < 0 || result < 0)
		(void)assay_fail_errno(&err, "memory for a look inside the container");
	else if (assay_write_full(program, assay_inside_program(), &err) == 0)
		run(init, &job);
	if (err.code == ASSAY_E_NONE && (init->status != 0 || !going_on(init)) && !init->stopped)
		(void)assay_fail(&err, ASSAY_E_SYSTEM, "look inside the container: %s, status %d",
		                 init->detail[0] != '\0' ? init->detail : "it failed",
		                 init->status);
	if (err.code != ASSAY_E_NONE ||
	    (!init->stopped &&
	     assay_message_send(init->container->control, &message, result, &err) < 0))
		assay_container_fail(init->container, &err);
}

/* What is there, with its digests; then its times; then how all of that is before the first step. */
static int settle_sources(struct init *init, struct assay_error *err)
{
	const struct assay_build *build = &init->container->plan->manifest->build;
	struct assay_message message = { .type = ASSAY_MSG_SOURCES };
	ASSAY_AUTO_CLOSE int list = assay_sources_inventory(init->container, err);

	if (list < 0 || assay_message_send(init->container->control, &message, list, err) < 0)
		return -1;
	return assay_watch_list(&init->sources, build->path, err) < 0 ||
	                       assay_sources_settle(init->container, err) < 0 ||
	                       assay_watch_begin(&init->sources, build->path, err) < 0
	               ? -1
	               : 0;
}

/* However the build ended: what of the sources it opened. */
static void tell_used(const struct init *init)
{
	const struct assay_build *build = &init->container->plan->manifest->build;
	struct assay_message message = { .type = ASSAY_MSG_USED };
	ASSAY_AUTO_CLOSE int list = memfd_create("used", MFD_CLOEXEC);
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (init->sources.scan.count == 0)
		return; /* the build never got so far */
	if (list < 0)
		(void)assay_fail_errno(&err, "memory for what the build opened");
	if (list < 0 || assay_watch_end(&init->sources, build->path, &text, &err) < 0 ||
	    assay_write_full(list, assay_buffer_span(&text), &err) < 0 ||
	    assay_message_send(init->container->control, &message, list, &err) < 0)
		assay_container_fail(init->container, &err);
}

static void place_sources(struct init *init)
{
	const struct assay_manifest *manifest = init->container->plan->manifest;
	struct assay_error err = ASSAY_ERROR_INIT;

	for (unsigned i = 0; i < manifest->sources_count && going_on(init); i++) {
		if (manifest->sources[i].unpack == ASSAY_UNPACK_PATCH)
			run_patch(init, i);
		else if (assay_source_place(init->container, i, &err) < 0)
			assay_container_fail(init->container, &err);
	}
	if (going_on(init) && settle_sources(init, &err) < 0)
		assay_container_fail(init->container, &err);
}

static void run_steps(struct init *init)
{
	const struct assay_build *build = &init->container->plan->manifest->build;

	for (unsigned i = 0; i < build->steps_count && going_on(init); i++) {
		ASSAY_AUTO_STRINGS struct assay_strings argv = { 0 };
		struct assay_job job = { .cwd = build->steps[i].cwd, .input = -1 };

		for (unsigned k = 0; k < build->steps[i].argv_count; k++)
			assay_strings_add(&argv, build->steps[i].argv[k]);
		job.argv = argv.items;
		init->step = i;
		/* NOLINTNEXTLINE: a manifest's step has at least one word */
		tell_step(init, argv.items[0]);
		run(init, &job);
		if (going_on(init) && init->status != 0)
			settle_outcome(init, ASSAY_OUTCOME_FAILED, "step %u: exit status %d", i + 1,
			               init->status);
	}
}

/* Ask the launcher for a file to write output i to. */
static int want_output(const struct init *init, unsigned i, struct assay_error *err)
{
	struct assay_message message = { .type = ASSAY_MSG_WANT, .index = i };
	int fd = -1, got;

	if (assay_message_send(init->container->control, &message, -1, err) < 0)
		return -1;
	got = assay_message_receive(init->container->control, &message, &fd, err);
	if (got <= 0 || message.type != ASSAY_MSG_FILE || fd < 0)
		_exit(1); /* stopped, or the launcher cannot go on and knows why */
	return fd;
}

static void collect_outputs(struct init *init)
{
	const struct assay_manifest *manifest = init->container->plan->manifest;
	struct assay_error err = ASSAY_ERROR_INIT;

	for (unsigned i = 0; i < manifest->outputs_count && going_on(init); i++) {
		struct assay_message message = { .type = ASSAY_MSG_OUTPUT, .index = i };
		ASSAY_AUTO_CLOSE int fd = want_output(init, i, &err);

		if (fd < 0)
			assay_container_fail(init->container, &err);
		if (assay_collect(&manifest->build, &manifest->outputs[i], fd, &err) == 0) {
			if (assay_message_send(init->container->control, &message, -1, &err) < 0)
				assay_container_fail(init->container, &err);
		} else if (err.code == ASSAY_E_FORMAT) {
			settle_outcome(init, ASSAY_OUTCOME_BAD_OUTPUT, "%s", err.text);
		} else {
			assay_container_fail(init->container, &err);
		}
	}
}

static void tell_refusals(const struct init *init)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_message message = { .type = ASSAY_MSG_REFUSAL };

	for (unsigned i = 0; i < init->notify.refusal_count; i++) {
		const struct assay_refusal *row = &init->notify.refusals[i];
		ASSAY_AUTO_FREE char *comm = assay_quoted(row->comm);
		const char *family = assay_refusal_family(row);
		char number[16];

		(void)snprintf(number, sizeof(number), "%d", row->family);
		(void)snprintf(message.text, sizeof(message.text), "%s: %s(%s)", comm,
		               assay_refusal_call(row), family != NULL ? family : number);
		message.count = row->count;
		if (assay_message_send(init->container->control, &message, -1, &err) < 0)
			assay_container_fail(init->container, &err);
	}
	if (init->notify.more == 0)
		return;
	(void)snprintf(message.text, sizeof(message.text), "sockets of further programs");
	message.count = init->notify.more;
	if (assay_message_send(init->container->control, &message, -1, &err) < 0)
		assay_container_fail(init->container, &err);
}

/* Programs under a debugger of the build: nobody else can watch their start. */
static void tell_unchanged(const struct init *init)
{
	static const char why[] = "programs under a debugger of the build had the host's";
	const struct assay_machine *machine = &init->container->plan->manifest->build.machine;

	if (init->notify.unchanged && machine->clock != NULL)
		assay_container_unpinned(init->container, ASSAY_PIN_CLOCK, "%s", why);
	if (init->notify.unchanged && machine->random != NULL)
		assay_container_unpinned(init->container, ASSAY_PIN_RANDOM, "%s", why);
}

static void tell_end(const struct init *init)
{
	struct assay_error err = ASSAY_ERROR_INIT;
	struct assay_message message = { .type = ASSAY_MSG_ENDED,
		                         .index = init->step,
		                         .status = init->status,
		                         .outcome = init->outcome,
		                         .count = init->memory_peak };

	(void)snprintf(message.text, sizeof(message.text), "%s", init->detail);
	if (assay_message_send(init->container->control, &message, -1, &err) < 0)
		_exit(1);
}

static int begin_answers(struct init *init, struct assay_error *err)
{
	const struct assay_build *build = &init->container->plan->manifest->build;
	struct stat disk;

	if (!init->container->filter.notify)
		return 0;
	if (assay_notify_init(&init->notify, &build->machine, err) < 0)
		return -1;
	if (stat(build->path, &disk) < 0)
		return assay_fail_errno(err, "look at %s", build->path);
	init->notify.disk = disk.st_dev;
	return 0;
}

/* Protect ourselves: from the death of the launcher, and from the build. */
static int begin(struct init *init, struct assay_error *err)
{
	struct pollfd launcher = { .fd = init->container->control };
	const struct assay_build *build = &init->container->plan->manifest->build;
	assay_others others = init->container->request->others;
	sigset_t all;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&launcher, 1, 0) != 0)
		_exit(1); /* it died before we asked to be told */
	(void)prctl(PR_SET_NAME, "init");
	(void)umask(022); /* of sources; programs get the manifest's */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return assay_fail_errno(err, "protect init");
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)sigemptyset(&all);
	(void)sigaddset(&all, SIGCHLD);
	init->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (init->signals < 0)
		return assay_fail_errno(err, "watch for the ends of programs");
	assay_usage_open(&init->watch);
	if (assay_cpus_take(others & ASSAY_OTHER_PARALLELISM ? 1 : build->machine.cpus, err) < 0 ||
	    assay_root_make(init->container, err) < 0)
		return -1;
	assay_others_burn(others, build->path);
	if (assay_capabilities_keep(OWN_CAPABILITIES, err) < 0)
		return -1;
	return begin_answers(init, err);
}

void assay_init_main(struct assay_container *container)
{
	struct init *init = assay_calloc(1, sizeof(*init)); /* too large for a stack */
	struct assay_error err = ASSAY_ERROR_INIT;

	init->container = container;
	if (begin(init, &err) < 0)
		assay_container_fail(container, &err);
	look_around(init);
	if (!container->request->look) {
		place_sources(init);
		run_steps(init);
		tell_used(init);
		collect_outputs(init);
	}
	tell_refusals(init);
	tell_unchanged(init);
	tell_end(init);
	_exit(0);
}
