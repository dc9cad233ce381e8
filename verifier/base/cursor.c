/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cursor.h"

#include <inttypes.h>

int assay_cursor_seek(struct assay_cursor *cur, uint64_t offset, struct assay_error *err)
{
	if (offset > cur->span.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, offset,
		                     "offset %" PRIu64 " is past the end (%zu bytes)", offset,
		                     cur->span.len);
	cur->pos = (size_t)offset;
	return 0;
}

int assay_cursor_take(struct assay_cursor *cur, uint64_t len, struct assay_span *out,
                      struct assay_error *err)
{
	if (len > assay_cursor_left(cur))
		return assay_fail_at(err, ASSAY_E_FORMAT, cur->pos,
		                     "cut short: %" PRIu64 " bytes wanted at offset %zu, %zu left",
		                     len, cur->pos, assay_cursor_left(cur));
	*out = assay_span_sub(cur->span, cur->pos, len);
	cur->pos += (size_t)len;
	return 0;
}

uint64_t assay_load(const uint8_t *ptr, size_t width, bool big_endian)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): ptr has width bytes */
		value = value << 8 | ptr[big_endian ? i : width - 1 - i];
	return value;
}

static int take_number(struct assay_cursor *cur, size_t width, uint64_t *out,
                       struct assay_error *err)
{
	struct assay_span span;

	if (assay_cursor_take(cur, width, &span, err) < 0)
		return -1;
	*out = assay_load(span.ptr, width, cur->big_endian);
	return 0;
}

#define DEFINE_READER(name, type)                                                                  \
	int name(struct assay_cursor *cur, type *out, struct assay_error *err)                     \
	{                                                                                          \
		uint64_t value;                                                                    \
                                                                                                   \
		if (take_number(cur, sizeof(type), &value, err) < 0)                               \
			return -1;                                                                 \
		*out = (type)value;                                                                \
		return 0;                                                                          \
	}

DEFINE_READER(assay_cursor_u8, uint8_t)
DEFINE_READER(assay_cursor_u16, uint16_t)
DEFINE_READER(assay_cursor_u32, uint32_t)
DEFINE_READER(assay_cursor_u64, uint64_t)

void assay_store(uint8_t *ptr, size_t width, bool big_endian, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		ptr[big_endian ? width - 1 - i : i] = (uint8_t)(value >> (8 * i));
}
