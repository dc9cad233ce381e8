/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program is given at its start and would read the clock and random numbers from without
 * asking the kernel: the address of the vDSO and sixteen random bytes. Init stops a program for a
 * moment between execve(2) and its first instruction, and changes both on its stack.
 *
 * Layer:  rebuild. Runs in init.
 * Source: ptrace(2), PTRACE_SEIZE and "execve(2) under ptrace"; vdso(7); getauxval(3); the layout
 *         of a new stack: System V ABI, AMD64 supplement 1.0, 3.4.1, the same on AArch64.
 * Limits: a program that runs under a debugger of the build keeps what the kernel gave it.
 */
#ifndef ASSAY_REBUILD_TRACE_H
#define ASSAY_REBUILD_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/manifest.h"

/** Watch a process that is about to call execve(2) and waits for our leave. Return: false: cannot */
bool assay_trace_begin(pid_t pid);

/**
 * Take a stop that waitpid(2) told, and let the process go on. Call it for every one.
 *
 * In:     first  the process asked for it itself, with PTRACE_TRACEME
 * Return: 1 a new program was changed, 0 it was another stop, -1 a new program kept what it had
 */
int assay_trace_stop(pid_t pid, int status, bool first, const struct assay_machine *machine);

#endif
