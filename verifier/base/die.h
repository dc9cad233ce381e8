/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of the program where nothing can be done: no memory, a library that fails at what
 * cannot fail. Never for a bad input, and never instead of an error that a caller could handle.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_DIE_H
#define ASSAY_BASE_DIE_H

/** Print "assay: WHAT" on stderr and end with status 2, trouble: never a match. */
void assay_die(const char *what) __attribute__((noreturn));

#endif
