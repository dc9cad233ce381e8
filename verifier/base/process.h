/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Run another program (apt-get, for one) with a known environment and take what it prints.
 *
 * Layer: base. Not for builds: those run in rebuild/'s container.
 */
#ifndef ASSAY_BASE_PROCESS_H
#define ASSAY_BASE_PROCESS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/strings.h"

struct assay_process {
	const char *const *argv; /* argv[0] is looked up in PATH */
	const char *const *env;  /* "KEY=value", added to PATH, HOME, LC_ALL=C; may be NULL */
	const char *const *keep; /* names of variables that are passed on as well; may be NULL */
	const char *cwd;         /* NULL: where we are */
	uint64_t timeout_ms;     /* 0: none. The child is killed when it is over. */
	uint64_t output_max;     /* bytes of stdout and stderr each; more is an error */
};

/**
 * Run a program to its end. stdin is /dev/null; LC_ALL is C.
 *
 * Out:    *out what it printed on stdout; its stderr ends up in the error's text
 * Return: 0 only if it exited with 0
 * Errors: ASSAY_E_TOOL   it cannot be run, failed, or was killed; the text has the last line of
 *                        what it said
 *         ASSAY_E_LIMIT  too much output, or too long
 */
ASSAY_CHECKED int assay_process_run(const struct assay_process *process, struct assay_buffer *out,
                                    struct assay_error *err);

#endif
