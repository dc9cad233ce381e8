/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rebuild/doctor.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/memory.h"
#include "rebuild/hindrance.h"
#include "rebuild/probe.h"

#define MEMINFO_MAX 65536 /* bytes; ours */

static const char elsewhere[] =
	"allow it where this process is contained (container manager, seccomp filter, security "
	"module), or run assay outside of it";

/*
 * How each row is tried. Without these a build cannot run: required. Rows that are not here
 * depend on nothing but a process's own attributes.
 */
static const struct {
	enum assay_pin_id pin;
	assay_probe_fn *probe;
	bool required;
	const char *todo;
} trials[] = {
	{ ASSAY_PIN_USER, assay_probe_user, true, elsewhere },
	{ ASSAY_PIN_FILES, assay_probe_files, true, elsewhere },
	{ ASSAY_PIN_DEVICES, assay_probe_files, true, elsewhere },
	{ ASSAY_PIN_PIDS, assay_probe_pids, true, elsewhere },
	{ ASSAY_PIN_PROC, assay_probe_proc, true,
	  "the host's /proc is partly covered, as in a container, so a fresh one is refused: uncover "
	  "it (podman and docker: --security-opt unmask=ALL or systempaths=unconfined)" },
	{ ASSAY_PIN_NETWORK, assay_probe_network, true, elsewhere },
	{ ASSAY_PIN_IPC, assay_probe_ipc, true, elsewhere },
	{ ASSAY_PIN_HOSTNAME, assay_probe_hostname, true, elsewhere },
	{ ASSAY_PIN_MONOTONIC, assay_probe_monotonic, true,
	  "use a kernel with CONFIG_TIME_NS (Debian's have it)" },
	{ ASSAY_PIN_UNAME, assay_probe_notify, false,
	  "run assay where no other seccomp listener is (LXD, systemd-nspawn and some container "
	  "managers have one) and kernel.yama.ptrace_scope is below 3" },
	{ ASSAY_PIN_SYSINFO, assay_probe_notify, false, "as for uname" },
	{ ASSAY_PIN_CPUS, assay_probe_notify, false, "as for uname" },
	{ ASSAY_PIN_EVENTS, assay_probe_notify, false, "as for uname" },
	{ ASSAY_PIN_CLOCK, assay_probe_start, false,
	  "as for uname; and allow ptrace(2), which some container managers' filters refuse" },
	{ ASSAY_PIN_RANDOM, assay_probe_start, false, "as for clock" },
	{ ASSAY_PIN_ASLR, assay_probe_aslr, true, elsewhere },
	{ ASSAY_PIN_RLIMITS, assay_probe_rlimits, false,
	  "raise the hard limits (ulimit -H, limits.conf(5), systemd's Limit settings)" },
	{ ASSAY_PIN_NICE, assay_probe_nice, false, "start assay without nice(1)" },
	{ ASSAY_PIN_SCHEDULER, assay_probe_scheduler, false, "start assay without chrt(1)" },
	{ ASSAY_PIN_SYSCALLS, assay_probe_syscalls, false, "use Linux 6.1 or later" },
	{ ASSAY_PIN_OWNER, assay_probe_owner, false,
	  "as root: keep the store on a file system with id-mapped mounts (ext4, xfs, btrfs); as a "
	  "user: use a store of your own" },
};

void assay_diagnosis_fini(struct assay_diagnosis *diagnosis)
{
	for (size_t i = 0; i < ASSAY_PIN_COUNT; i++)
		free(diagnosis->pins[i].why);
	*diagnosis = (struct assay_diagnosis){ 0 };
}

/* What one trial found, also for later rows with the same probe. */
static void judge(struct assay_diagnosis *out, size_t trial, const char *store)
{
	struct assay_checkup *row = &out->pins[trials[trial].pin];
	struct assay_error err = ASSAY_ERROR_INIT;
	const struct assay_hindrance *hindrance;

	for (size_t i = 0; i < trial; i++) {
		const struct assay_checkup *before = &out->pins[trials[i].pin];

		if (trials[i].probe != trials[trial].probe)
			continue;
		row->state = before->state;
		row->why = before->why != NULL ? assay_strdup(before->why) : NULL;
		row->todo = row->state == ASSAY_NOT_PINNED ? trials[trial].todo : NULL;
		return;
	}
	if (assay_probe_run(trials[trial].probe, store, &err) == 0)
		return;
	row->state = ASSAY_NOT_PINNED;
	row->todo = trials[trial].todo;
	hindrance = trials[trial].todo == elsewhere ? assay_hindrance_find(geteuid() == 0) : NULL;
	if (hindrance == NULL) {
		row->why = assay_strdup(err.text);
		return;
	}
	row->why = assay_asprintf("%s: %s is %s", err.text, hindrance->name, hindrance->value);
	row->todo = hindrance->todo;
}

static void conclude(struct assay_diagnosis *out)
{
	out->level = "L1";
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(trials); i++) {
		if (out->pins[trials[i].pin].state == ASSAY_PINNED)
			continue;
		if (trials[i].required) {
			out->level = NULL;
			return;
		}
		if (trials[i].probe == assay_probe_notify)
			out->level = "L0";
	}
}

uint64_t assay_doctor_memory(void)
{
	static const char label[] = "MemAvailable:";
	ASSAY_AUTO_CLOSE int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ASSAY_AUTO_FREE char *text = assay_calloc(1, MEMINFO_MAX);
	const char *line;

	if (fd < 0 || read(fd, text, MEMINFO_MAX - 1) <= 0)
		return 0;
	line = strstr(text, label);
	return line == NULL ? 0 : strtoull(line + strlen(label), NULL, 10) * 1024;
}

int assay_doctor(const char *store, struct assay_diagnosis *out, struct assay_error *err)
{
	struct utsname name;
	cpu_set_t cpus;

	for (size_t i = 0; i < ASSAY_PIN_COUNT; i++) {
		if (assay_pins[i].level == ASSAY_PIN_NONE)
			out->pins[i].state = ASSAY_NEVER;
		if (assay_pins[i].level == ASSAY_PIN_L2)
			out->pins[i].state = ASSAY_ON_REQUEST;
	}
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(trials); i++)
		judge(out, i, store);
	conclude(out);
	if (uname(&name) == 0)
		(void)snprintf(out->kernel, sizeof(out->kernel), "%s", name.release);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		out->cpus = (uint32_t)CPU_COUNT(&cpus);
	out->memory = assay_doctor_memory();
	return assay_disk_free(store, &out->disk, err);
}
