/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"

static void *checked(void *p)
{
	if (p == NULL)
		assay_die("out of memory");
	return p;
}

void *assay_calloc(size_t n, size_t size)
{
	return checked(calloc(n > 0 ? n : 1, size > 0 ? size : 1));
}

void *assay_realloc(void *p, size_t n, size_t size)
{
	return checked(reallocarray(p, n > 0 ? n : 1, size > 0 ? size : 1));
}

char *assay_strdup(const char *s)
{
	return checked(strdup(s));
}

char *assay_strndup(const char *s, size_t len)
{
	return checked(strndup(s, len));
}

char *assay_asprintf(const char *fmt, ...)
{
	char *out = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&out, fmt, args);
	va_end(args);
	return checked(len < 0 ? NULL : out);
}

void assay_grow(void *array, size_t *cap, size_t count, size_t size)
{
	void **p = array;

	if (count < *cap)
		return;
	*cap = *cap == 0 ? 8 : *cap * 2;
	*p = assay_realloc(*p, *cap, size);
}
