/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/attribute.h"

#include <inttypes.h>

#include "base/quote.h"

#define STRINGS_MAX 4096 /* bytes of strings that are shown as such */
#define SHOWN 64         /* bytes of a value that are shown as hexadecimal digits */

/* Strings, each with a NUL at its end: how a device tree has them. */
static bool is_strings(struct assay_span bytes)
{
	if (bytes.len < 2 || bytes.len > STRINGS_MAX || bytes.ptr[0] == '\0' ||
	    bytes.ptr[bytes.len - 1] != '\0')
		return false;
	while (bytes.len > 0) {
		size_t len = strlen((const char *)bytes.ptr);

		if (len == 0 || assay_quote_plain(assay_span_sub(bytes, 0, len)) != len)
			return false;
		bytes = assay_span_sub(bytes, len + 1, bytes.len);
	}
	return true;
}

/* "one", "two" */
static void say_strings(struct assay_buffer *out, struct assay_span bytes)
{
	const char *before = "\"";

	while (bytes.len > 0) {
		size_t len = strlen((const char *)bytes.ptr);

		assay_buffer_add_str(out, before);
		assay_quote(out, assay_span_sub(bytes, 0, len));
		assay_buffer_add_str(out, "\"");
		bytes = assay_span_sub(bytes, len + 1, bytes.len);
		before = ", \"";
	}
}

static void say_bytes(struct assay_buffer *out, struct assay_span bytes)
{
	if (is_strings(bytes)) {
		say_strings(out, bytes);
		return;
	}
	if (assay_quote_plain(bytes) == bytes.len) {
		assay_quote(out, bytes);
		return;
	}
	assay_buffer_add_str(out, "0x");
	assay_buffer_add_hex(out, assay_span_sub(bytes, 0, SHOWN));
	if (bytes.len > SHOWN)
		assay_buffer_printf(out, "… (%zu bytes)", bytes.len);
}

void assay_attribute_say(struct assay_buffer *out, const struct assay_attribute *attribute)
{
	uint64_t number = attribute->number;

	switch (attribute->form) {
	case ASSAY_FORM_NUMBER:
	case ASSAY_FORM_TIME:
	case ASSAY_FORM_ENTRY:
		assay_buffer_printf(out, "%" PRIu64, number);
		return;
	case ASSAY_FORM_HEX:
		assay_buffer_printf(out, "0x%" PRIx64, number);
		return;
	case ASSAY_FORM_OCTAL:
		assay_buffer_printf(out, "%04" PRIo64, number);
		return;
	case ASSAY_FORM_DEVICE:
		assay_buffer_printf(out, "%" PRIu64 ",%" PRIu64, number >> 32, number & 0xffffffff);
		return;
	case ASSAY_FORM_TEXT:
		say_bytes(out, attribute->bytes);
		return;
	}
}
