/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header, and the structure block token by token. */
#include <inttypes.h>

#include "base/cursor.h"
#include "formats/image/fdt.h"

#define HEADER 40
#define VERSION 17
#define COMPATIBLE 16 /* what version 17 says that it can be read as */
#define PROPERTY 12   /* bytes in front of a value: token, length, name */
#define ALIGN 4

static uint32_t get(struct assay_span span, uint64_t at)
{
	return (uint32_t)assay_load(span.ptr + at, 4, true);
}

/* Whether a block lies behind the header and in front of the end, and is aligned. */
static bool is_block(const struct fdt_header *header, uint32_t at, uint32_t size, uint32_t align)
{
	return at >= HEADER && at % align == 0 && at <= header->total && size <= header->total - at;
}

int fdt_header_read(struct assay_span span, struct fdt_header *out, struct assay_error *err)
{
	if (span.len < HEADER)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short in the header");
	*out = (struct fdt_header){
		.span = span,
		.total = get(span, 4),
		.structure_at = get(span, 8),
		.strings_at = get(span, 12),
		.reserved_at = get(span, 16),
		.strings_size = get(span, 32),
		.structure_size = get(span, 36),
	};
	if (get(span, 20) != VERSION || get(span, 24) != COMPATIBLE)
		return assay_fail_at(err, ASSAY_E_FORMAT, 20, "version %" PRIu32 ", not 17",
		                     get(span, 20));
	if (out->total < HEADER || out->total > span.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, 4, "cut short: %" PRIu32 " bytes in all",
		                     out->total);
	if (!is_block(out, out->structure_at, out->structure_size, 4) ||
	    !is_block(out, out->strings_at, out->strings_size, 1) ||
	    !is_block(out, out->reserved_at, 16, 8))
		return assay_fail_at(err, ASSAY_E_FORMAT, 8, "a block that is not inside");
	return 0;
}

/* Text with its NUL, which stands before end. Out: *name without it */
static int take_text(struct assay_span span, uint64_t at, uint64_t end, struct assay_span *name,
                     struct assay_error *err)
{
	struct assay_span rest = assay_span_sub(span, at, end - at);
	const uint8_t *nul = rest.len > 0 ? memchr(rest.ptr, '\0', rest.len) : NULL;

	if (nul == NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a name without an end");
	*name = assay_span_of(rest.ptr, (size_t)(nul - rest.ptr));
	if (name->len > FDT_NAME_MAX)
		return assay_fail_at(err, ASSAY_E_LIMIT, at, "a name of %zu bytes", name->len);
	return 0;
}

static int take_property(const struct fdt_header *header, uint64_t left, struct fdt_token *out,
                         struct assay_error *err)
{
	struct assay_span span = header->span;
	uint64_t strings_end = (uint64_t)header->strings_at + header->strings_size, size, name;

	if (left < PROPERTY)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->at, "cut short in a property");
	size = get(span, out->at + 4);
	name = get(span, out->at + 8);
	if (size > left - PROPERTY)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->at, "a value past its block");
	if (name >= header->strings_size)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->at, "a name past its block");
	out->name_at = header->strings_at + name;
	out->value = assay_span_sub(span, out->at + PROPERTY, size);
	out->length = PROPERTY + size;
	if (take_text(span, out->name_at, strings_end, &out->name, err) < 0)
		return -1;
	if (out->name.len == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->at, "a property without a name");
	return 0;
}

static int take_token(const struct fdt_header *header, uint64_t end, struct fdt_token *out,
                      struct assay_error *err)
{
	out->length = ALIGN;
	switch (out->kind) {
	case FDT_BEGIN:
		if (take_text(header->span, out->at + 4, end, &out->name, err) < 0)
			return -1;
		out->length = 4 + out->name.len + 1;
		return 0;
	case FDT_PROPERTY:
		return take_property(header, end - out->at, out, err);
	case FDT_END:
	case FDT_NOP:
	case FDT_LAST:
		return 0;
	}
	return assay_fail_at(err, ASSAY_E_FORMAT, out->at, "unknown token %u", (unsigned)out->kind);
}

int fdt_next(const struct fdt_header *header, uint64_t *at, struct fdt_token *out,
             struct assay_error *err)
{
	uint64_t end = (uint64_t)header->structure_at + header->structure_size;

	if (*at > end || end - *at < 4)
		return assay_fail_at(err, ASSAY_E_FORMAT, *at, "a tree without an end");
	*out = (struct fdt_token){ .kind = (enum fdt_kind)get(header->span, *at), .at = *at };
	if (take_token(header, end, out, err) < 0)
		return -1;
	out->padding = -out->length % ALIGN;
	if (out->padding > end - *at - out->length)
		return assay_fail_at(err, ASSAY_E_FORMAT, *at, "cut short in the padding");
	out->length += out->padding;
	*at += out->length;
	return out->kind != FDT_LAST;
}
