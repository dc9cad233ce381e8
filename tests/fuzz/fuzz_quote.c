/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever goes in, what base/quote writes is printable, can be read back, and stays itself. */
#include <string.h>

#include "base/quote.h"
#include "fuzz.h"

static unsigned hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = strchr(digits, c);

	fuzz_assert(c != '\0' && found != NULL);
	return (unsigned)(found - digits);
}

/* Undo the quoting. */
static void unquote(const struct assay_buffer *in, struct assay_buffer *out)
{
	for (size_t i = 0; i < in->len; i++) {
		char byte = in->ptr[i];

		if (byte == '\\' && in->ptr[i + 1] == 'x') {
			byte = (char)(hex_digit(in->ptr[i + 2]) << 4 | hex_digit(in->ptr[i + 3]));
			i += 3;
		} else if (byte == '\\') {
			fuzz_assert(in->ptr[i + 1] == '\\');
			i++;
		}
		assay_buffer_add(out, &byte, 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ASSAY_AUTO_BUFFER struct assay_buffer quoted = { 0 }, back = { 0 };

	assay_quote(&quoted, assay_span_of(data, size));
	for (size_t i = 0; i < quoted.len; i++)
		fuzz_assert((unsigned char)quoted.ptr[i] >= 0x20 && quoted.ptr[i] != 0x7f);
	unquote(&quoted, &back);
	fuzz_assert(assay_span_equal(assay_buffer_span(&back), assay_span_of(data, size)));
	return 0;
}
