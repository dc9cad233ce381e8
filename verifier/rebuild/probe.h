/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Try what a container needs, each thing in a child of its own.
 *
 * Layer: rebuild.
 */
#ifndef ASSAY_REBUILD_PROBE_H
#define ASSAY_REBUILD_PROBE_H

#include "base/error.h"

/** A thing to try. Runs in a child, which ends with it. Return: 0 it works, -1 why not */
typedef int assay_probe_fn(const char *store, struct assay_error *err);

assay_probe_fn assay_probe_user;  /* a user namespace with one id mapped */
assay_probe_fn assay_probe_files; /* own mounts, tmpfs, devices, another root */
assay_probe_fn assay_probe_proc;  /* a fresh /proc */
assay_probe_fn assay_probe_pids;  /* PID and cgroup namespaces */
assay_probe_fn assay_probe_network;
assay_probe_fn assay_probe_ipc;
assay_probe_fn assay_probe_hostname;
assay_probe_fn assay_probe_monotonic; /* time namespace with offsets */
assay_probe_fn assay_probe_notify;    /* filter, question, answer, all of it */
assay_probe_fn assay_probe_start;     /* a program changed at its start: trace.h */
assay_probe_fn assay_probe_aslr;
assay_probe_fn assay_probe_rlimits;
assay_probe_fn assay_probe_nice;
assay_probe_fn assay_probe_scheduler;
assay_probe_fn assay_probe_syscalls; /* all system calls of the level that is shown */
assay_probe_fn assay_probe_owner;    /* id-mapped mounts where they are needed */

/** Run a probe in a child. Return: as the probe */
ASSAY_CHECKED int assay_probe_run(assay_probe_fn *probe, const char *store,
                                  struct assay_error *err);

#endif
