/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The program that runs inside a container before the build and says what can be seen there:
 * static, without anything of the toolchain, and without the rest of assay.
 *
 * Layer:  rebuild, but a program of its own. Its text goes to the launcher, which knows from the
 *         first word of a key, the row of the pins table, whether it must be the same everywhere.
 * Limits: sees what system calls, /proc and instructions tell; opens no sockets, since each would
 *         be counted as the build's.
 */
#ifndef ASSAY_REBUILD_INSIDE_KEYS_H
#define ASSAY_REBUILD_INSIDE_KEYS_H

/**
 * Print one key of the environment. Names are "PIN.WHAT" with a key of the pins table in front;
 * the value is formatted as by printf, and its bytes may be anything.
 */
void inside_key(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Print a file's text as a key: itself when it is short, else its size and a checksum. */
void inside_file(const char *name, const char *path);

void inside_process(int own_fd); /* what a process inherits; own_fd: of the program, not listed */
void inside_machine(void);       /* kernel, processor, memory, clocks, random numbers */
void inside_files(void);         /* folders, file systems, /proc */

#endif
