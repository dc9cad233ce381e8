/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/sink.h"

#include <inttypes.h>

#include "base/memory.h"

#define FIRST_ROOM ((size_t)1 << 16)
#define SPOOL_FROM ((size_t)16 << 20) /* bytes; what gets longer goes to the spool */
#define SPOOL_STEP ((size_t)4 << 20)
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

/* Have all that was written elsewhere, and go on there. */
static void move(struct assay_sink *sink, struct assay_bytes to, size_t cap)
{
	size_t len = sink->bytes.len;

	if (len > 0)
		memcpy(to.ptr, sink->bytes.ptr, len);
	assay_bytes_fini(&sink->bytes);
	sink->bytes = to;
	sink->bytes.len = len;
	sink->cap = cap;
}

/* Make room in the spool. Return: false when there is none */
static bool grow_in_spool(struct assay_sink *sink)
{
	struct assay_spool *spool = sink->budget->spool;
	struct assay_bytes to = { .spool = spool };
	uint64_t cap;

	if (sink->bytes.spool == NULL)
		to.ptr = assay_spool_begin(spool);
	if (sink->bytes.spool == NULL && to.ptr == NULL)
		return false;
	cap = assay_spool_room(spool, sink->bytes.len + SPOOL_STEP);
	if (cap <= sink->bytes.len) {
		if (to.ptr != NULL)
			assay_spool_release(spool, to.ptr, 0);
		return false;
	}
	if (to.ptr != NULL)
		move(sink, to, (size_t)cap);
	sink->cap = (size_t)cap;
	return true;
}

/* What gets long goes to the spool, and comes back to memory where that has no room. */
static void grow(struct assay_sink *sink)
{
	size_t cap = sink->cap == 0 ? FIRST_ROOM : sink->cap + sink->cap / 2;
	bool long_now = sink->cap <= SPOOL_FROM && cap > SPOOL_FROM;

	if ((long_now || sink->bytes.spool != NULL) && grow_in_spool(sink))
		return;
	if (sink->bytes.spool != NULL) {
		move(sink, (struct assay_bytes){ .ptr = assay_calloc(cap, 1) }, cap);
		return;
	}
	sink->cap = cap;
	sink->bytes.ptr = assay_realloc(sink->bytes.ptr, sink->cap, 1);
}

int assay_sink_room(struct assay_sink *sink, struct assay_bytes *room, struct assay_error *err)
{
	uint64_t left;

	if (check_limits(sink, err) < 0)
		return -1;
	if (sink->bytes.len == sink->cap)
		grow(sink);
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

	if (out.spool != NULL)
		assay_spool_end(out.spool, out.len);
	else if (out.len < sink->cap)
		out.ptr = assay_realloc(out.ptr, out.len, 1);
	sink->bytes = (struct assay_bytes){ 0 };
	sink->cap = 0;
	return out;
}
