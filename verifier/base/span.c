/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/span.h"

#include "base/spool.h"

void assay_bytes_fini(struct assay_bytes *bytes)
{
	if (bytes->spool != NULL)
		assay_spool_release(bytes->spool, bytes->ptr, bytes->len);
	else
		free(bytes->ptr);
	*bytes = (struct assay_bytes){ 0 };
}

bool assay_span_is_fill(struct assay_span span, uint8_t value)
{
	/* If the first byte is right and every byte equals the one before it, all are right. */
	if (span.len == 0)
		return true;
	return span.ptr[0] == value && memcmp(span.ptr, span.ptr + 1, span.len - 1) == 0;
}

bool assay_span_line(struct assay_span *text, struct assay_span *line)
{
	const uint8_t *end;

	if (text->len == 0)
		return false;
	end = memchr(text->ptr, '\n', text->len);
	*line = assay_span_sub(*text, 0, end != NULL ? (size_t)(end - text->ptr) : text->len);
	*text = assay_span_sub(*text, line->len + 1, text->len);
	return true;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool assay_span_parse_hex(struct assay_span text, uint8_t *out, size_t len)
{
	if (text.len % 2 != 0 || text.len / 2 != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

size_t assay_span_common_start(struct assay_span a, struct assay_span b)
{
	const size_t block = 4096; /* bytes; equal runs are long */
	size_t len = a.len < b.len ? a.len : b.len, i = 0;

	while (len - i >= block && memcmp(a.ptr + i, b.ptr + i, block) == 0)
		i += block;
	while (i < len && a.ptr[i] == b.ptr[i])
		i++;
	return i;
}

size_t assay_span_common_end(struct assay_span a, struct assay_span b, size_t max)
{
	size_t len = a.len < b.len ? a.len : b.len, i = 0;

	if (max > len)
		max = len;
	while (i < max && a.ptr[a.len - 1 - i] == b.ptr[b.len - 1 - i])
		i++;
	return i;
}
