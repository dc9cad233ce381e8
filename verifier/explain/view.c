/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/view.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"

static void get_bytes(const struct assay_excerpt *excerpt, struct assay_view_side *out)
{
	out->len = excerpt->bytes.len < ASSAY_VIEW_MAX ? excerpt->bytes.len : ASSAY_VIEW_MAX;
	if (out->len > 0)
		memcpy(out->bytes, excerpt->bytes.ptr, out->len);
	out->start = excerpt->before < out->len ? excerpt->before : out->len;
	out->end =
		excerpt->length < out->len - out->start ? out->start + excerpt->length : out->len;
}

static unsigned digit(uint8_t byte)
{
	return (unsigned)(byte <= '9' ? byte - '0' : toupper(byte) - 'A' + 10);
}

/*
 * The run of hexadecimal digits around the difference, as bytes. skip: how many digits at its
 * start belong to something else: the "1" of "S1".
 */
static bool get_digits(struct assay_view_side *side, size_t skip)
{
	size_t first = side->start, last = side->end, count = 0;
	struct assay_view_side out = { 0 };

	for (size_t i = first; i < last; i++)
		if (!isxdigit(side->bytes[i]))
			return false;
	while (first > 0 && isxdigit(side->bytes[first - 1]))
		first--;
	while (last < side->len && isxdigit(side->bytes[last]))
		last++;
	first += skip;
	if (first > side->start || last < first + 2)
		return false;
	for (; first + 2 * count + 1 < last; count++)
		out.bytes[count] = (uint8_t)(digit(side->bytes[first + 2 * count]) << 4 |
		                             digit(side->bytes[first + 2 * count + 1]));
	out.len = count;
	out.start = (side->start - first) / 2;
	out.end = (side->end - first + 1) / 2;
	out.end = out.end < count ? out.end : count;
	*side = out;
	return true;
}

bool assay_view_get(const struct assay_finding *finding, unsigned index, struct assay_view *out)
{
	*out = (struct assay_view){ .digits = index > 0 };
	get_bytes(&finding->delivered, &out->delivered);
	get_bytes(&finding->rebuilt, &out->rebuilt);
	if (out->delivered.len == 0 || out->rebuilt.len == 0)
		return false;
	return index == 0 ||
	       (get_digits(&out->delivered, index - 1) && get_digits(&out->rebuilt, index - 1));
}
