/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/quote.h"
#include "rebuild/beneath.h"
#include "rebuild/collect.h"
#include "rebuild/inside/embed.h"
#include "rebuild/interrupts.h"
#include "rebuild/inventory.h"
#include "rebuild/pins.h"
#include "rebuild/sources.h"
#include "rebuild/survey.h"

#define INSIDE "inside" /* our program, for a moment in /tmp */

static const char *const names[] = { "crun", "runc" };

bool assay_runtime_known(const char *name)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* What such a runtime does not pin, or not as our own container does. */
static const struct {
	enum assay_pin_id pin;
	const char *why;
} gaps[] = {
	{ ASSAY_PIN_ASLR, "addresses are randomised: a bundle cannot say otherwise" },
	{ ASSAY_PIN_CPUS, "affinity and sched_getaffinity(2) are the host's" },
	{ ASSAY_PIN_DEVICES, "/dev is the runtime's" },
	{ ASSAY_PIN_EVENTS, "refused sockets are not counted" },
	{ ASSAY_PIN_FILES, "build folder and /tmp are on the host's file system" },
	{ ASSAY_PIN_GROUPS, "groups are the runtime's" },
	{ ASSAY_PIN_MONOTONIC, "no time namespace" },
	{ ASSAY_PIN_NETWORK, "lo may be up, and sockets are not refused" },
	{ ASSAY_PIN_NICE, "the caller's" },
	{ ASSAY_PIN_OWNER, "toolchain files belong to whoever has the store" },
	{ ASSAY_PIN_PIDS, "each step is process 1 of a container" },
	{ ASSAY_PIN_PROC, "files that a runtime lets nobody cover are hidden" },
	{ ASSAY_PIN_RLIMITS, "those without a limit are the caller's" },
	{ ASSAY_PIN_SCHEDULER, "the caller's" },
	{ ASSAY_PIN_SESSION, "the runtime's" },
	{ ASSAY_PIN_SIGNALS, "the runtime's" },
	{ ASSAY_PIN_SYSCALLS, "all that the kernel has" },
};

static void tell_gaps(struct assay_runtime *runtime)
{
	struct assay_strings *unpinned = &runtime->record->unpinned;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(gaps); i++)
		assay_strings_printf(unpinned, "%s: %s: %s", assay_pins[gaps[i].pin].key,
		                     runtime->request->runtime, gaps[i].why);
	if (!runtime->is_root)
		assay_strings_printf(unpinned, "%s: %s: root of a user namespace",
		                     assay_pins[ASSAY_PIN_USER].key, runtime->request->runtime);
	assay_pins_unpinned(&runtime->request->manifest->build.machine, false, unpinned);
	assay_strings_printf(&runtime->record->events,
	                     "%s: limits of memory, processes and disk are not watched",
	                     runtime->request->runtime);
}

static int prepare(struct assay_runtime *runtime, struct assay_error *err)
{
	const struct assay_rebuild_request *request = runtime->request;
	const struct assay_machine *machine = &request->manifest->build.machine;

	if (!assay_runtime_known(request->runtime))
		return assay_fail(err, ASSAY_E_USAGE, "no runtime is called \"%s\": runc or crun",
		                  request->runtime);
	if (machine->clock != NULL || machine->random != NULL || request->others != 0)
		return assay_fail(err, ASSAY_E_SYSTEM,
		                  "the manifest pins the clock or random numbers, and %s cannot",
		                  request->runtime);
	runtime->record->log_path = assay_strdup(request->log_path);
	runtime->record->level = "L0";
	assay_plan_make(request->manifest, &runtime->plan);
	tell_gaps(runtime);
	return assay_log_open(&runtime->log, request->log_path, request->manifest->build.limits.log,
	                      err) < 0 ||
	                       assay_runtime_furnish(runtime, err) < 0 ||
	                       assay_runtime_hand_over(runtime, err) < 0
	               ? -1
	               : 0;
}

static bool going_on(const struct assay_runtime *runtime)
{
	return runtime->record->outcome == ASSAY_OUTCOME_BUILT;
}

/* What a program sees in such a container; and whether the runtime can make one here at all. */
static int look_around(struct assay_runtime *runtime, struct assay_error *err)
{
	static const char *const argv[] = { "/tmp/" INSIDE, "1" };
	ASSAY_AUTO_CLOSE int program = assay_beneath_create(runtime->dir, "tmp/" INSIDE, 0755);
	ASSAY_AUTO_CLOSE int result = memfd_create("survey", MFD_CLOEXEC);
	const struct assay_runtime_step step = { argv, ASSAY_ARRAY_LEN(argv), ".", -1, result };
	ASSAY_AUTO_JSON json_t *survey = NULL;
	char said[512] = "";
	int status;

	if (program < 0 || result < 0)
		return assay_fail_errno(err, "make a program for the container");
	if (assay_write_full(program, assay_inside_program(), err) < 0 || fchmod(program, 0755) < 0)
		return assay_fail_errno(err, "make a program for the container");
	assay_cleanup_close(&program); /* or the kernel says that it is being written to */
	program = -1;
	status = assay_runtime_run(runtime, &step, err);
	(void)unlinkat(runtime->dir, "tmp/" INSIDE, 0);
	if (status < 0 || !going_on(runtime))
		return status < 0 ? -1 : 0;
	if (status != 0) {
		ASSAY_AUTO_FREE char *quoted = NULL;

		if (pread(result, said, sizeof(said) - 1, 0) > 0)
			said[strcspn(said, "\n")] = '\0';
		quoted = assay_quoted(said);
		return assay_fail(err, ASSAY_E_SYSTEM, "%s cannot make a container here: %s",
		                  runtime->request->runtime, quoted);
	}
	if (assay_survey_read(result, &survey, err) < 0)
		return -1;
	assay_survey_take(survey, runtime->record);
	return 0;
}

static void fail_step(struct assay_runtime *runtime, int status, char *text)
{
	struct assay_build_record *record = runtime->record;

	record->exit_status = status;
	if (status == 0 || !going_on(runtime)) {
		free(text);
		return;
	}
	record->outcome = ASSAY_OUTCOME_FAILED;
	record->detail = text;
}

static int run_patch(struct assay_runtime *runtime, unsigned index, struct assay_error *err)
{
	const struct assay_source *source = &runtime->request->manifest->sources[index];
	ASSAY_AUTO_FREE char *strip = assay_asprintf("-p%" PRIu32, source->strip);
	ASSAY_AUTO_FREE char *quoted = assay_quoted(source->name);
	const char *argv[] = { "/usr/bin/patch",          "--batch", "--forward", "--fuzz=0",
		               "--no-backup-if-mismatch", strip };
	const struct assay_runtime_step step = { argv, ASSAY_ARRAY_LEN(argv), source->into,
		                                 runtime->request->sources[index], -1 };
	int status;

	if (assay_runtime_hand_over(runtime, err) < 0)
		return -1;
	status = assay_runtime_run(runtime, &step, err);
	if (status < 0)
		return -1;
	fail_step(runtime, status,
	          assay_asprintf("patch %s does not apply: status %d", quoted, status));
	return 0;
}

static int place_sources(struct assay_runtime *runtime, struct assay_error *err)
{
	const struct assay_manifest *manifest = runtime->request->manifest;

	for (unsigned i = 0; i < manifest->sources_count && going_on(runtime); i++) {
		if (assay_runtime_place(runtime, i, err) < 0)
			return -1;
		if (manifest->sources[i].unpack == ASSAY_UNPACK_PATCH &&
		    run_patch(runtime, i, err) < 0)
			return -1;
	}
	if (!going_on(runtime))
		return 0;
	return assay_inventory_take(runtime->build, NULL, &runtime->record->sources, err) < 0 ||
	                       assay_runtime_hand_over(runtime, err) < 0 ||
	                       assay_sources_settle_in(runtime->build, &manifest->build, 0, err) < 0
	               ? -1
	               : 0;
}

static int run_steps(struct assay_runtime *runtime, struct assay_error *err)
{
	const struct assay_build *build = &runtime->request->manifest->build;

	for (unsigned i = 0; i < build->steps_count && going_on(runtime); i++) {
		const struct assay_runtime_step step = { (const char *const *)build->steps[i].argv,
			                                 build->steps[i].argv_count,
			                                 build->steps[i].cwd, -1, -1 };
		int status;

		runtime->record->step = i;
		assay_progress_tell(runtime->request->progress, ASSAY_STAGE_BUILD, i,
		                    build->steps_count, step.argv[0]);
		status = assay_runtime_run(runtime, &step, err);
		if (status < 0)
			return -1;
		fail_step(runtime, status,
		          assay_asprintf("step %u: exit status %d", i + 1, status));
	}
	return 0;
}

/* Nothing of the build lives any more: what lies in its folder does not change. */
static int collect_one(struct assay_runtime *runtime, const struct assay_output *output,
                       struct assay_error *err)
{
	struct assay_build_record *record = runtime->record;
	ASSAY_AUTO_FREE char *path =
		assay_asprintf("%s/%s", runtime->request->output_dir, output->name);
	struct assay_built_output built = { .name = NULL };
	ASSAY_AUTO_CLOSE int fd = -1;

	if (unlink(path) < 0 && errno != ENOENT)
		return assay_fail_errno(err, "replace %s", path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return assay_fail_errno(err, "open %s", path);
	if (assay_collect_from(runtime->build, &runtime->request->manifest->build, output, fd,
	                       err) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0 ||
	    assay_sha256_fd(fd, &built.sha256, &built.size, err) < 0) {
		(void)unlink(path);
		return -1;
	}
	built.name = assay_strdup(output->name);
	assay_grow(&record->outputs, &record->output_cap, record->output_count,
	           sizeof(*record->outputs));
	record->outputs[record->output_count++] = built;
	return 0;
}

static int collect(struct assay_runtime *runtime, struct assay_error *err)
{
	const struct assay_manifest *manifest = runtime->request->manifest;
	struct assay_error wrong = ASSAY_ERROR_INIT;

	for (unsigned i = 0; i < manifest->outputs_count && going_on(runtime); i++) {
		if (collect_one(runtime, &manifest->outputs[i], &wrong) == 0)
			continue;
		if (wrong.code != ASSAY_E_FORMAT) {
			*err = wrong;
			return -1;
		}
		runtime->record->outcome = ASSAY_OUTCOME_BAD_OUTPUT;
		runtime->record->detail = assay_strdup(wrong.text);
	}
	return 0;
}

static int finish(struct assay_runtime *runtime, struct assay_error *err)
{
	struct assay_build_record *record = runtime->record;

	record->wall_ms = assay_clock_monotonic_ms() - runtime->started;
	record->log_size = runtime->log.size;
	record->log_tail = assay_log_tail(&runtime->log, ASSAY_LOG_LINES);
	assay_strings_sort(&record->unpinned);
	assay_strings_sort(&record->events);
	return assay_log_finish(&runtime->log, &record->log_sha256, err);
}

static int carry_out(struct assay_runtime *runtime, struct assay_error *err)
{
	if (prepare(runtime, err) < 0 || assay_interrupts_begin(runtime->interrupts, err) < 0 ||
	    look_around(runtime, err) < 0 || place_sources(runtime, err) < 0 ||
	    run_steps(runtime, err) < 0 || collect(runtime, err) < 0)
		return -1;
	return finish(runtime, err);
}

int assay_runtime_rebuild(const struct assay_rebuild_request *request,
                          struct assay_build_record *record, struct assay_error *err)
{
	struct assay_interrupts interrupts = { .fd = -1 };
	struct assay_runtime runtime = { .request = request,
		                         .record = record,
		                         .dir = -1,
		                         .build = -1,
		                         .is_root = geteuid() == 0,
		                         .started = assay_clock_monotonic_ms(),
		                         .interrupts = &interrupts };
	int result = carry_out(&runtime, err);

	assay_interrupts_end(&interrupts);
	assay_strings_fini(&runtime.entries);
	assay_log_fini(&runtime.log);
	assay_plan_fini(&runtime.plan);
	assay_cleanup_close(&runtime.build);
	assay_cleanup_close(&runtime.dir);
	return result;
}
