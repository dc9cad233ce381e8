/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one error convention: functions return 0 or -1 (or 1/0/-1 where "nothing more" is an
 * answer) and take a struct assay_error * last. It is untouched on success and holds its text
 * itself, so there is nothing to free.
 *
 * Layer: base. Only cli/ prints errors.
 */
#ifndef ASSAY_BASE_ERROR_H
#define ASSAY_BASE_ERROR_H

#include <stdint.h>

#include "base/compiler.h"

enum assay_errc {
	ASSAY_E_NONE,
	ASSAY_E_USAGE,  /* the caller asked for something that makes no sense */
	ASSAY_E_SYSTEM, /* a system call failed; sys_errno says how */
	ASSAY_E_FORMAT, /* an input is malformed; offset says where, if known */
	ASSAY_E_LIMIT,  /* a stated limit was reached */
	ASSAY_E_TOOL,   /* a program that we run failed */
	ASSAY_E_PIN,    /* an input does not match its pin: exit status 8 */
	ASSAY_E_TRUST,  /* a signature or policy check failed: exit status 9 */
};

struct assay_error {
	enum assay_errc code;
	int sys_errno;   /* 0 when no system call is to blame */
	uint64_t offset; /* bytes into the input, when code is FORMAT */
	char text[1024]; /* one sentence without a newline; may hold quoted input */
};

/* clang-format off */
#define ASSAY_ERROR_INIT { .code = ASSAY_E_NONE }
/* clang-format on */

/**
 * Fill in an error.
 *
 * Return: -1, always, so that a function can end in `return assay_fail(…)`
 */
int assay_fail(struct assay_error *err, enum assay_errc code, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);

/** As assay_fail, with the place in the input in bytes. */
int assay_fail_at(struct assay_error *err, enum assay_errc code, uint64_t offset, const char *fmt,
                  ...) ASSAY_PRINTF(4, 5);

/** As assay_fail with ASSAY_E_SYSTEM; appends strerror(errno). Return: -1 */
int assay_fail_errno(struct assay_error *err, const char *fmt, ...) ASSAY_PRINTF(2, 3);

/** Put a place ("FILE: ") in front of an error on its way up. Return: -1 */
int assay_fail_in(struct assay_error *err, const char *fmt, ...) ASSAY_PRINTF(2, 3);

/* The static analyzer sees one file at a time, and not that all of these return -1. */
#if defined(__clang_analyzer__) && !defined(ASSAY_BASE_ERROR_C)
#define assay_fail(...) (assay_fail(__VA_ARGS__), -1)
#define assay_fail_at(...) (assay_fail_at(__VA_ARGS__), -1)
#define assay_fail_errno(...) (assay_fail_errno(__VA_ARGS__), -1)
#define assay_fail_in(...) (assay_fail_in(__VA_ARGS__), -1)
#endif

#endif
