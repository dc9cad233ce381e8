/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/stream/skippable.h"

#include "base/cursor.h"

#define SKIPPABLE 0x184d2a50u /* to …5f */
#define HEADER 8              /* magic, and the bytes behind it */

uint32_t assay_magic_of(struct assay_span span)
{
	return span.len >= 4 ? (uint32_t)assay_load(span.ptr, 4, false) : 0;
}

static bool is_skippable(struct assay_span span)
{
	return (assay_magic_of(span) & 0xfffffff0u) == SKIPPABLE;
}

static int read_skippable(struct assay_contents *out, struct assay_error *err)
{
	struct assay_span rest = assay_contents_rest(out);

	if (rest.len < HEADER || assay_load(rest.ptr + 4, 4, false) > rest.len - HEADER)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in a frame");
	(void)assay_contents_part(out, 0, ASSAY_ROLE_FIXED, "skippable frame",
	                          HEADER + assay_load(rest.ptr + 4, 4, false));
	return 0;
}

int assay_frames_read(struct assay_budget *budget, struct assay_contents *out,
                      bool (*is_frame)(struct assay_span span), assay_read_frame *read_frame,
                      struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = budget, .packed = out->span.len };
	int result = 0;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_STREAM, err) < 0)
		return -1;
	while (result == 0) {
		if (is_frame(assay_contents_rest(out)))
			result = read_frame(out, &sink, err);
		else if (is_skippable(assay_contents_rest(out)))
			result = read_skippable(out, err);
		else
			break;
	}
	if (result == 0)
		assay_contents_stream(out, &sink);
	return result;
}
