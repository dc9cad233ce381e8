/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/sink.h"

#include <inttypes.h>

#include "base/memory.h"

#define FIRST_ROOM ((size_t)1 << 16)
#define ROOM_MAX ((size_t)1 << 20) /* so that limits are looked at often enough */

static int check_limits(const struct assay_sink *sink, struct assay_error *err)
{
	const struct assay_unpack_limits *limits = &sink->budget->limits;

	if (sink->budget->bytes >= limits->bytes)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %" PRIu64 " bytes unpacked",
		                  limits->bytes);
	if (sink->bytes.len > limits->ratio_from && sink->bytes.len / limits->ratio > sink->packed)
		return assay_fail(err, ASSAY_E_LIMIT,
		                  "unpacks to more than %" PRIu64 " times its size", limits->ratio);
	return 0;
}

int assay_sink_room(struct assay_sink *sink, struct assay_bytes *room, struct assay_error *err)
{
	uint64_t left;

	if (check_limits(sink, err) < 0)
		return -1;
	if (sink->bytes.len == sink->cap) {
		sink->cap = sink->cap == 0 ? FIRST_ROOM : sink->cap + sink->cap / 2;
		sink->bytes.ptr = assay_realloc(sink->bytes.ptr, sink->cap, 1);
	}
	left = sink->budget->limits.bytes - sink->budget->bytes;
	room->ptr = sink->bytes.ptr + sink->bytes.len;
	room->len = sink->cap - sink->bytes.len;
	if (room->len > left)
		room->len = (size_t)left;
	if (room->len > ROOM_MAX)
		room->len = ROOM_MAX;
	return 0;
}

void assay_sink_wrote(struct assay_sink *sink, size_t len)
{
	sink->bytes.len += len;
	sink->budget->bytes += len;
}

/* Append length bytes: those at from, or zeros. */
static int append(struct assay_sink *sink, const uint8_t *from, uint64_t length,
                  struct assay_error *err)
{
	struct assay_bytes room;

	while (length > 0) {
		if (assay_sink_room(sink, &room, err) < 0)
			return -1;
		if (room.len > length)
			room.len = (size_t)length;
		if (from != NULL)
			memcpy(room.ptr, from, room.len);
		else
			memset(room.ptr, 0, room.len);
		from = from != NULL ? from + room.len : NULL;
		length -= room.len;
		assay_sink_wrote(sink, room.len);
	}
	return 0;
}

int assay_sink_add(struct assay_sink *sink, struct assay_span bytes, struct assay_error *err)
{
	return append(sink, bytes.ptr, bytes.len, err);
}

int assay_sink_zeros(struct assay_sink *sink, uint64_t length, struct assay_error *err)
{
	return append(sink, NULL, length, err);
}

struct assay_bytes assay_sink_take(struct assay_sink *sink)
{
	struct assay_bytes out = sink->bytes;

	if (out.len < sink->cap)
		out.ptr = assay_realloc(out.ptr, out.len, 1);
	sink->bytes = (struct assay_bytes){ 0 };
	sink->cap = 0;
	return out;
}
