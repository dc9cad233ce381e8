/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/attribute.h"

#include <inttypes.h>

#include "base/quote.h"

#define SHOWN 64 /* bytes of a value that are shown as hexadecimal digits */

static void say_bytes(struct assay_buffer *out, struct assay_span bytes)
{
	if (assay_quote_plain(bytes) == bytes.len) {
		assay_quote(out, bytes);
		return;
	}
	assay_buffer_add_str(out, "0x");
	for (size_t i = 0; i < bytes.len && i < SHOWN; i++)
		assay_buffer_printf(out, "%02x", bytes.ptr[i]);
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
