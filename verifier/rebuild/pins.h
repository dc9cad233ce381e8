/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of what a build can see of the machine, the caller and the moment: how each is
 * pinned, from which level on, and what is not.
 *
 * Layer:  rebuild.
 * Limits: a level is a promise about rows, not about programs: no level pins the processor's own
 *         instructions.
 */
#ifndef ASSAY_REBUILD_PINS_H
#define ASSAY_REBUILD_PINS_H

#include <stdbool.h>

#include "base/strings.h"
#include "model/manifest.h"

/** What a row needs beyond namespaces. */
enum assay_pin_level {
	ASSAY_PIN_L0,   /* namespaces and process attributes */
	ASSAY_PIN_L1,   /* system calls answered by init */
	ASSAY_PIN_L2,   /* where the manifest asks: programs are changed at their start */
	ASSAY_PIN_NONE, /* not pinned by these levels: always in the record */
};

/** Rows that a host may be unable to pin, or that are looked up by name elsewhere. */
enum assay_pin_id {
	ASSAY_PIN_ASLR,
	ASSAY_PIN_CLOCK,
	ASSAY_PIN_CPUS,
	ASSAY_PIN_DESCRIPTORS,
	ASSAY_PIN_DEVICES,
	ASSAY_PIN_ENVIRONMENT,
	ASSAY_PIN_EVENTS,
	ASSAY_PIN_FILES,
	ASSAY_PIN_GROUPS,
	ASSAY_PIN_HOSTNAME,
	ASSAY_PIN_INODES,
	ASSAY_PIN_IPC,
	ASSAY_PIN_MONOTONIC,
	ASSAY_PIN_NETWORK,
	ASSAY_PIN_NICE,
	ASSAY_PIN_OWNER,
	ASSAY_PIN_PIDS,
	ASSAY_PIN_PROC,
	ASSAY_PIN_PROC_PID,
	ASSAY_PIN_PROCESSOR,
	ASSAY_PIN_RANDOM,
	ASSAY_PIN_RLIMITS,
	ASSAY_PIN_SCHEDULER,
	ASSAY_PIN_SESSION,
	ASSAY_PIN_SIGNALS,
	ASSAY_PIN_SYSCALLS,
	ASSAY_PIN_SYSINFO,
	ASSAY_PIN_TICKS,
	ASSAY_PIN_UMASK,
	ASSAY_PIN_UNAME,
	ASSAY_PIN_USER,
	ASSAY_PIN_COUNT,
};

struct assay_pin {
	const char *key;
	enum assay_pin_level level;
	const char *manifest; /* the key that sets it; NULL: a constant of ours */
	const char *how;      /* how it is pinned, or why it is not */
	const char *unless;   /* level L2: what holds where the manifest does not ask */
};

extern const struct assay_pin assay_pins[ASSAY_PIN_COUNT];

/**
 * Add the rows that no host pins or that the manifest leaves alone, and without notifications
 * those that need them.
 */
void assay_pins_unpinned(const struct assay_machine *machine, bool notify,
                         struct assay_strings *unpinned);

/** The level that a build reaches: static text. */
const char *assay_pins_level(const struct assay_machine *machine, bool notify);

#endif
