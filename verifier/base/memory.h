/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation that ends the program with a message when there is no memory. Sizes that come from
 * input are checked against a limit before they get here.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_MEMORY_H
#define ASSAY_BASE_MEMORY_H

#include <stddef.h>

#include "base/compiler.h"

/** Return: zeroed memory for n elements of size bytes; never NULL. Owner: caller frees. */
void *assay_calloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/** Grow or shrink to n elements of size bytes; new bytes are not zeroed. Never NULL. */
void *assay_realloc(void *p, size_t n, size_t size) __attribute__((returns_nonnull));

char *assay_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *assay_strndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));
char *assay_asprintf(const char *fmt, ...) ASSAY_PRINTF(1, 2) __attribute__((returns_nonnull));

/**
 * Make room for one more element behind *array, doubling as needed.
 *
 * In: *array of *cap elements of size bytes, count of them in use
 */
void assay_grow(void *array, size_t *cap, size_t count, size_t size);

#endif
