/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/span.h"

bool assay_span_is_fill(struct assay_span span, uint8_t value)
{
	/* If the first byte is right and every byte equals the one before it, all are right. */
	if (span.len == 0)
		return true;
	return span.ptr[0] == value && memcmp(span.ptr, span.ptr + 1, span.len - 1) == 0;
}
