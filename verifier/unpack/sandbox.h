/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Locks a process in: from then on it can compute on memory that it has, start threads, and write
 * to one descriptor. It cannot open anything, talk to anybody, start a program or signal another.
 *
 * Layer:  unpack; private to this folder.
 * Source: seccomp(2), setrlimit(2), prctl(2), close_range(2).
 * Limits: in builds with sanitizers there is no filter of system calls and no limit on memory,
 *         because their runtimes need both.
 */
#ifndef ASSAY_UNPACK_SANDBOX_H
#define ASSAY_UNPACK_SANDBOX_H

#include <stdint.h>

#include "base/error.h"

#define ASSAY_SANDBOX_FD 3 /* the one descriptor that stays open, for writing */

/**
 * Lock the calling process in, for good. It must have one thread only.
 *
 * In:     output becomes ASSAY_SANDBOX_FD; memory in bytes of address space, cpu in seconds
 * Errors: ASSAY_E_SYSTEM  this host cannot: the process must not go on
 */
ASSAY_CHECKED int assay_sandbox_enter(int output, uint64_t memory, uint64_t cpu,
                                      struct assay_error *err);

#endif
