/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fuzz target: one file fuzz_NAME.c with one function, which is built twice. With replay.c it
 * is a test that runs over corpus/NAME; with libFuzzer (--enable-fuzzers) it looks for more.
 *
 * Every target claims something of its own beside "does not crash".
 */
#ifndef ASSAY_TESTS_FUZZ_FUZZ_H
#define ASSAY_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** Return: 0, always (libFuzzer reserves the other values) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Like assert(3), but there in every build. */
#define fuzz_assert(condition)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__,         \
			              #condition);                                                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
