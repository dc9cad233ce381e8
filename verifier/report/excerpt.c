/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/excerpt.h"

#include "base/quote.h"

#define HEX_MAX 24 /* bytes in a line */
#define TEXT_MIN 4 /* printable bytes in a row that are worth being called text */

static bool is_text(struct assay_span span)
{
	for (size_t i = 0; i < span.len; i++)
		if (span.ptr[i] != '\n' && span.ptr[i] != '\t' &&
		    (span.ptr[i] < 0x20 || span.ptr[i] > 0x7e))
			return false;
	return true;
}

/* Without the NULs at the end that fill up fields of fixed size. */
static struct assay_span difference(const struct assay_excerpt *excerpt)
{
	struct assay_span out = assay_span_sub(assay_span_of_bytes(&excerpt->bytes),
	                                       excerpt->before, excerpt->length);

	while (out.len > 1 && out.ptr[out.len - 1] == '\0')
		out.len--;
	return out;
}

/* The difference with the rest of its line around it, at most 40 characters before. */
static struct assay_span line_around(const struct assay_excerpt *excerpt)
{
	const uint8_t *p = excerpt->bytes.ptr;
	size_t start = excerpt->before, end = excerpt->before + difference(excerpt).len;

	while (start > 0 && excerpt->before - start < 40 && p[start - 1] >= 0x20 &&
	       p[start - 1] <= 0x7e)
		start--;
	while (end < excerpt->bytes.len && p[end] >= 0x20 && p[end] <= 0x7e)
		end++;
	return assay_span_of(p + start, end - start);
}

static void add_hex(struct assay_buffer *out, struct assay_span span)
{
	for (size_t i = 0; i < span.len && i < HEX_MAX; i++)
		assay_buffer_printf(out, "%s%02x", i > 0 ? " " : "", span.ptr[i]);
	if (span.len > HEX_MAX)
		assay_buffer_add_str(out, " ...");
}

void assay_excerpt_add(struct assay_buffer *out, const char *label,
                       const struct assay_excerpt *excerpt, const struct assay_excerpt *other)
{
	if (excerpt->length == 0 && other->length == 0)
		return;
	assay_buffer_add_str(out, label);
	if (excerpt->bytes.ptr == NULL || excerpt->length == 0)
		assay_buffer_add_str(out, "(nothing)");
	else if (is_text(difference(excerpt)) && is_text(difference(other)) &&
	         line_around(excerpt).len >= TEXT_MIN) {
		assay_buffer_add_str(out, "\"");
		assay_quote(out, line_around(excerpt));
		assay_buffer_add_str(out, "\"");
	} else
		add_hex(out, difference(excerpt));
	assay_buffer_add_str(out, "\n");
}
