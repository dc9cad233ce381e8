/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/strings.h"

#include <stdarg.h>
#include <string.h>

#include "base/memory.h"

void assay_strings_fini(struct assay_strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct assay_strings){ 0 };
}

static void append(struct assay_strings *list, char *owned)
{
	/* One slot more than asked for keeps room for the NULL behind the last item. */
	assay_grow(&list->items, &list->cap, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = owned;
	list->items[list->count] = NULL;
}

void assay_strings_add(struct assay_strings *list, const char *s)
{
	append(list, assay_strdup(s));
}

void assay_strings_printf(struct assay_strings *list, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	append(list, len < 0 ? assay_strdup("") : text);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void assay_strings_sort(struct assay_strings *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->items, list->count, sizeof(*list->items), by_bytes);
	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 && strcmp(list->items[kept - 1], list->items[i]) == 0)
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	list->items[kept] = NULL;
}

bool assay_strings_has(const struct assay_strings *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], s) == 0)
			return true;
	return false;
}
