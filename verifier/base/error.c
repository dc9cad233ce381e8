/* SPDX-License-Identifier: GPL-3.0-or-later */
#define ASSAY_BASE_ERROR_C
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

ASSAY_PRINTF(4, 0)
static void fill(struct assay_error *err, enum assay_errc code, uint64_t offset, const char *fmt,
                 va_list args)
{
	err->code = code;
	err->sys_errno = 0;
	err->offset = offset;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
}

int assay_fail(struct assay_error *err, enum assay_errc code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(err, code, 0, fmt, args);
	va_end(args);
	return -1;
}

int assay_fail_at(struct assay_error *err, enum assay_errc code, uint64_t offset, const char *fmt,
                  ...)
{
	va_list args;

	va_start(args, fmt);
	fill(err, code, offset, fmt, args);
	va_end(args);
	return -1;
}

int assay_fail_errno(struct assay_error *err, const char *fmt, ...)
{
	int saved = errno;
	size_t len;
	va_list args;

	va_start(args, fmt);
	fill(err, ASSAY_E_SYSTEM, 0, fmt, args);
	va_end(args);
	err->sys_errno = saved;
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(saved));
	return -1;
}

int assay_fail_in(struct assay_error *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	size_t len;
	va_list args;

	memcpy(inner, err->text, sizeof(inner));
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %.*s",
	               (int)(sizeof(err->text) - len), inner);
	return -1;
}
