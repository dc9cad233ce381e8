/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include <stdarg.h>

#include "base/memory.h"

void assay_buffer_fini(struct assay_buffer *buf)
{
	free(buf->ptr);
	*buf = (struct assay_buffer){ 0 };
}

static void reserve(struct assay_buffer *buf, size_t more)
{
	size_t cap = buf->cap > 0 ? buf->cap : 64;

	while (cap - buf->len <= more)
		cap *= 2;
	if (cap != buf->cap)
		buf->ptr = assay_realloc(buf->ptr, cap, 1);
	buf->cap = cap;
}

void assay_buffer_add(struct assay_buffer *buf, const void *ptr, size_t len)
{
	reserve(buf, len);
	if (len > 0)
		memcpy(buf->ptr + buf->len, ptr, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}

void assay_buffer_add_str(struct assay_buffer *buf, const char *s)
{
	assay_buffer_add(buf, s, strlen(s));
}

void assay_buffer_add_hex(struct assay_buffer *buf, struct assay_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		assay_buffer_printf(buf, "%02x", bytes.ptr[i]);
}

void assay_buffer_printf(struct assay_buffer *buf, const char *fmt, ...)
{
	va_list args, again;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len > 0) {
		reserve(buf, (size_t)len);
		(void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

const char *assay_buffer_str(const struct assay_buffer *buf)
{
	return buf->ptr != NULL ? buf->ptr : "";
}

struct assay_bytes assay_buffer_steal(struct assay_buffer *buf)
{
	struct assay_bytes bytes = { (uint8_t *)buf->ptr, buf->len };

	*buf = (struct assay_buffer){ 0 };
	return bytes;
}
