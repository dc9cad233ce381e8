/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/vary/axes.h"

#include <string.h>

#include "base/memory.h"

#define NEW_VARIABLES 16 /* at most as many as all axes add */

/* A new text that lives as long as the variation. */
static char *keep(struct assay_variation *variation, const char *text)
{
	assay_strings_add(&variation->texts, text);
	return variation->texts.items[variation->texts.count - 1];
}

static void set_variable(struct assay_variation *variation, const char *name, const char *value)
{
	struct assay_build *build = &variation->manifest.build;
	unsigned i = 0;

	while (i < build->environment_count && strcmp(build->environment[i].name, name) != 0)
		i++;
	if (i == build->environment_count)
		build->environment[build->environment_count++].name = keep(variation, name);
	build->environment[i].value = keep(variation, value);
}

static const char *pick(unsigned round, const char *first, const char *second)
{
	return round == 1 ? first : second;
}

/* Another year, month, day, hour, minute and second; then one far away. */
static void vary_time(struct assay_variation *v, const struct assay_vary_host *host, unsigned round)
{
	const struct assay_clock_pin *pin =
		v->manifest.build.machine.clock; /* or at another rate */
	const struct assay_clock_pin host_clock = { ASSAY_CLOCK_OFFSET, host->now, 0 };

	v->clock = pin != NULL ? *pin : host_clock;
	v->clock.start += round == 1 ? UINT64_C(34410183) : UINT64_C(629683207);
	v->manifest.build.machine.clock = &v->clock;
}

/* Two days that are not the same for an hour of each day, without any file of time zones. */
static void vary_zone(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                      unsigned round)
{
	set_variable(v, "TZ", pick(round, "ABC-14", "XYZ+12"));
}

static void vary_locale(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                        unsigned round)
{
	set_variable(v, "LANG", pick(round, "et_EE.UTF-8", "tr_TR.UTF-8"));
	set_variable(v, "LANGUAGE", pick(round, "et_EE:et", "tr_TR:tr"));
	set_variable(v, "LC_ALL", pick(round, "et_EE.UTF-8", "tr_TR.UTF-8"));
}

static void vary_environment(struct assay_variation *v,
                             const struct assay_vary_host *host ASSAY_UNUSED, unsigned round)
{
	set_variable(v, "CAPTURE_ENVIRONMENT", pick(round, "i_capture_the_environment", "as do I"));
}

static void vary_path(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                      unsigned round)
{
	ASSAY_AUTO_FREE char *path =
		assay_asprintf("%s:%s", assay_build_variable(&v->manifest.build, "PATH"),
	                       pick(round, "/i/capture/the/path", "/as/do/I"));

	set_variable(v, "PATH", path);
}

static void vary_home(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                      unsigned round)
{
	const char *home = pick(round, "/nonexistent/second", "/nonexistent/3rd");

	set_variable(v, "HOME", home);
	v->manifest.build.user.home = keep(v, home);
}

static void vary_user(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                      unsigned round)
{
	struct assay_user *user = &v->manifest.build.user;

	user->uid = user->gid = round == 1 ? 22222 : 3333;
	user->name = keep(v, pick(round, "second-builder", "third"));
}

static void vary_umask(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                       unsigned round)
{
	uint32_t usual = v->manifest.build.umask == 0002 ? 0022 : 0002;

	v->manifest.build.umask = round == 1 ? usual : 0077;
}

static void vary_build_path(struct assay_variation *v,
                            const struct assay_vary_host *host ASSAY_UNUSED, unsigned round)
{
	v->manifest.build.path =
		keep(v, pick(round, "/second.build/longer/path-with.dots", "/3rd"));
}

static void vary_tmpdir(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                        unsigned round)
{
	set_variable(v, "TMPDIR", pick(round, "/dev/shm", "/dev/shm/."));
}

static void vary_hostname(struct assay_variation *v,
                          const struct assay_vary_host *host ASSAY_UNUSED, unsigned round)
{
	v->manifest.build.machine.hostname = keep(v, pick(round, "second-host.example", "third"));
}

static void vary_kernel(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                        unsigned round)
{
	struct assay_machine *machine = &v->manifest.build.machine;

	machine->kernel_release = keep(v, pick(round, "6.12.99-second", "5.10.1-third"));
	machine->kernel_version =
		keep(v, pick(round, "#2 SMP Wed Jan  1 01:02:03 UTC 2031", "#3 third"));
}

/* One less, or one more than one: as many as the host has at most. */
static void vary_cpus(struct assay_variation *v, const struct assay_vary_host *host, unsigned round)
{
	uint32_t *cpus = &v->manifest.build.machine.cpus;
	uint32_t more = *cpus < host->cpus ? *cpus + 1 : *cpus - 1;

	*cpus = *cpus == 1 ? 2 : round == 1 ? *cpus - 1 : more;
}

static void vary_random(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                        unsigned round)
{
	const struct assay_random_pin *pin = v->manifest.build.machine.random;

	v->random.seed = (pin != NULL ? pin->seed ^ 0x5a5a : 0) + round;
	v->manifest.build.machine.random = &v->random;
}

static void vary_memory(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                        unsigned round)
{
	v->manifest.build.machine.memory *= round == 1 ? 4 : 2;
}

static void vary_disk(struct assay_variation *v, const struct assay_vary_host *host ASSAY_UNUSED,
                      unsigned round)
{
	v->manifest.build.limits.disk *= round == 1 ? 2 : 3;
}

/* How wide it is; that there is one, the container sees to. */
static void vary_terminal(struct assay_variation *v,
                          const struct assay_vary_host *host ASSAY_UNUSED, unsigned round)
{
	set_variable(v, "COLUMNS", pick(round, "200", "132"));
	set_variable(v, "TERM", pick(round, "xterm-256color", "vt100"));
}

/*
 * From the same start a clock that runs, and much faster than the host's. One that stands would show
 * the same, but many builds fail with it: configure compares the times of files.
 */
static void vary_clock_rate(struct assay_variation *v, const struct assay_vary_host *host,
                            unsigned round)
{
	const struct assay_clock_pin *pin = v->manifest.build.machine.clock;

	v->clock = (struct assay_clock_pin){ .mode = ASSAY_CLOCK_OFFSET,
		                             .start = pin != NULL ? pin->start : host->now,
		                             .rate = round == 1 ? 60 : 25 };
	v->manifest.build.machine.clock = &v->clock;
}

/* What the container alone can change, the same way in both rounds. */
#define BOTH(other)                                                                                \
	{                                                                                          \
		other, other                                                                       \
	}

const struct assay_axis assay_axis_table[] = {
	{ "addresses", "addresses of memory, order of pointers", NULL,
	  BOTH(ASSAY_OTHER_ADDRESSES) },
	{ "build-path", "the folder in which it is built", vary_build_path, { 0 } },
	{ "clock-rate", "how long something took", vary_clock_rate, { 0 } },
	{ "cpus", "the number of processors", vary_cpus, { 0 } },
	{ "directory-order",
	  "the order in which folders are listed",
	  NULL,
	  { ASSAY_OTHER_ORDER_DOWN, ASSAY_OTHER_ORDER_UP } },
	{ "disk", "how much room the build folder has", vary_disk, { 0 } },
	{ "environment", "environment variables", vary_environment, { 0 } },
	{ "home", "the home folder", vary_home, { 0 } },
	{ "hostname", "the name of the machine", vary_hostname, { 0 } },
	{ "inodes", "numbers of files", NULL, BOTH(ASSAY_OTHER_INODES) },
	{ "kernel", "release and version of the kernel", vary_kernel, { 0 } },
	{ "limits", "resource limits of processes", NULL, BOTH(ASSAY_OTHER_LIMITS) },
	{ "locale", "language, and how text is sorted and written", vary_locale, { 0 } },
	{ "memory", "how much memory the machine has", vary_memory, { 0 } },
	{ "parallelism", "which of several jobs is done first", NULL,
	  BOTH(ASSAY_OTHER_PARALLELISM) },
	{ "path", "where programs are searched", vary_path, { 0 } },
	{ "pids", "numbers of processes", NULL, BOTH(ASSAY_OTHER_PIDS) },
	{ "process", "what a process inherits: niceness, signals, descriptors", NULL,
	  BOTH(ASSAY_OTHER_PROCESS) },
	{ "processor", "model and abilities of the processor", NULL, BOTH(ASSAY_OTHER_PROCESSOR) },
	{ "random",
	  "random numbers, names of temporary files, order of hash tables",
	  vary_random,
	  { 0 } },
	{ "shell", "which shell /bin/sh is", NULL, BOTH(ASSAY_OTHER_SHELL) },
	{ "source-times", "times of source files", NULL, BOTH(ASSAY_OTHER_SOURCE_TIMES) },
	{ "state", "load, uptime and identity of the machine", NULL, BOTH(ASSAY_OTHER_STATE) },
	{ "terminal", "a terminal, and how wide it is", vary_terminal, BOTH(ASSAY_OTHER_TERMINAL) },
	{ "time", "the time of day or the date", vary_time, { 0 } },
	{ "tmpdir", "the folder for temporary files", vary_tmpdir, { 0 } },
	{ "umask", "modes of new files", vary_umask, { 0 } },
	{ "user", "name and number of the user", vary_user, { 0 } },
	{ "zone", "the time zone", vary_zone, { 0 } },
};
const unsigned assay_axis_count = ASSAY_ARRAY_LEN(assay_axis_table);

assay_axes assay_axes_find(const char *name, size_t len)
{
	for (unsigned i = 0; i < assay_axis_count; i++)
		if (strlen(assay_axis_table[i].name) == len &&
		    strncmp(assay_axis_table[i].name, name, len) == 0)
			return (assay_axes)1 << i;
	return 0;
}

assay_axes assay_axes_possible(const struct assay_manifest *manifest,
                               const struct assay_vary_host *host)
{
	assay_axes all = ((assay_axes)1 << assay_axis_count) - 1;

	if (manifest->build.machine.cpus == 1 && host->cpus < 2)
		all &= ~assay_axes_find("cpus", strlen("cpus"));
	if (!host->terminal)
		all &= ~assay_axes_find("terminal", strlen("terminal"));
	if (manifest->build.machine.cpus == 1)
		all &= ~assay_axes_find("parallelism", strlen("parallelism"));
	return all;
}

void assay_variation_make(const struct assay_manifest *manifest, assay_axes axes,
                          const struct assay_vary_host *host, unsigned round,
                          struct assay_variation *out)
{
	unsigned count = manifest->build.environment_count;

	out->manifest = *manifest;
	out->environment = assay_calloc(count + NEW_VARIABLES, sizeof(*out->environment));
	memcpy(out->environment, manifest->build.environment, count * sizeof(*out->environment));
	out->manifest.build.environment = out->environment;
	for (unsigned i = 0; i < assay_axis_count; i++)
		if (axes >> i & 1) {
			out->others |= assay_axis_table[i].others[round - 1];
			if (assay_axis_table[i].apply != NULL)
				assay_axis_table[i].apply(out, host, round);
		}
}

void assay_variation_fini(struct assay_variation *variation)
{
	free(variation->environment);
	assay_strings_fini(&variation->texts);
	*variation = (struct assay_variation){ 0 };
}
