/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What /proc, uname(2) and sysinfo(2) tell about the machine: functions of the manifest alone.
 *
 * Layer:  rebuild. Pure.
 * Source: proc(5), uname(2), sysinfo(2).
 * Limits: files about processes (/proc/PID) are the kernel's own. What CPUID tells is not what
 *         /proc/cpuinfo tells: the processor cannot be pinned from here.
 */
#ifndef ASSAY_REBUILD_PROC_H
#define ASSAY_REBUILD_PROC_H

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "rebuild/plan.h"

/** Add all pinned files below proc/ to a plan. */
void assay_proc_plan(struct assay_plan *plan);

/** What uname(2) answers inside. */
void assay_proc_uname(const struct assay_machine *machine, struct utsname *out);

/** What sysinfo(2) answers inside. */
void assay_proc_sysinfo(const struct assay_machine *machine, struct sysinfo *out);

#endif
