/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list of strings: argument vectors, sorted name lists.
 *
 * Layer: base.
 */
#ifndef ASSAY_BASE_STRINGS_H
#define ASSAY_BASE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

/** Zero-initialise. items, when not NULL, ends in a NULL pointer, as execve(2) wants it. Owned. */
struct assay_strings {
	char **items;
	size_t count;
	size_t cap;
};

void assay_strings_fini(struct assay_strings *list);
#define ASSAY_AUTO_STRINGS ASSAY_AUTO(assay_strings_fini)

void assay_strings_add(struct assay_strings *list, const char *s);
void assay_strings_printf(struct assay_strings *list, const char *fmt, ...) ASSAY_PRINTF(2, 3);

/** Sort by bytes and drop duplicates. */
void assay_strings_sort(struct assay_strings *list);
bool assay_strings_has(const struct assay_strings *list, const char *s);

#endif
