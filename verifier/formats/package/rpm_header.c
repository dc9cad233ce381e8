/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/package/rpm_header.h"

#include "base/cursor.h"
#include "base/memory.h"

#define MAGIC "\x8e\xad\xe8\x01\0\0\0\0" /* lib/header.c: rpm_header_magic */
#define TRAILER 16                       /* bytes: the value of a region, a record itself */
#define TAGS_MAX 65536                   /* ours; hdrchkTags in lib/header_internal.h */

/* Width of a value, by type; what it is aligned to. lib/header.c: typeAlign, typeSizes */
static const uint8_t widths[] = {
	[ASSAY_RPM_CHAR] = 1,  [ASSAY_RPM_INT8] = 1,         [ASSAY_RPM_INT16] = 2,
	[ASSAY_RPM_INT32] = 4, [ASSAY_RPM_INT64] = 8,        [ASSAY_RPM_STRING] = 0,
	[ASSAY_RPM_BIN] = 1,   [ASSAY_RPM_STRING_ARRAY] = 0, [ASSAY_RPM_I18N] = 0,
};

uint64_t assay_rpm_number(const struct assay_rpm_tag *tag, size_t i)
{
	return assay_load(tag->value.ptr + i * widths[tag->type], widths[tag->type], true);
}

size_t assay_rpm_width(const struct assay_rpm_tag *tag, struct assay_span rest)
{
	struct assay_span string = rest;

	if (widths[tag->type] > 0)
		return widths[tag->type];
	(void)assay_rpm_string(&string);
	return rest.len - string.len;
}

struct assay_span assay_rpm_string(struct assay_span *rest)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->ptr, 0, rest->len) : NULL;
	struct assay_span out = *rest;

	if (end != NULL)
		out.len = (size_t)(end - rest->ptr);
	*rest = assay_span_sub(*rest, out.len + 1, rest->len);
	return out;
}

const struct assay_rpm_tag *assay_rpm_find(const struct assay_rpm_header *header, uint32_t tag,
                                           enum assay_rpm_type type)
{
	for (size_t i = 0; i < header->count; i++)
		if (header->tags[i].tag == tag && header->tags[i].type == type)
			return &header->tags[i];
	return NULL;
}

/* Bytes of a tag's values. Return: false when they are not all there */
static bool measure(const struct assay_rpm_tag *tag, struct assay_span store, uint64_t *out)
{
	struct assay_span rest = store;

	if (widths[tag->type] > 0) {
		*out = (uint64_t)tag->count * widths[tag->type];
		return *out <= store.len;
	}
	for (uint32_t i = 0; i < tag->count; i++) {
		if (rest.len == 0 || memchr(rest.ptr, 0, rest.len) == NULL)
			return false;
		(void)assay_rpm_string(&rest);
	}
	*out = store.len - rest.len;
	return true;
}

/* Where the store's values may go to: its end without the region's. */
struct store {
	struct assay_span span;
	uint64_t used;
};

/* A record whose value must stand right behind the one before it. */
static int read_tag(struct assay_span record, struct store *store, struct assay_rpm_tag *out,
                    struct assay_error *err)
{
	uint32_t type = (uint32_t)assay_load(record.ptr + 4, 4, true);
	uint64_t place = assay_load(record.ptr + 8, 4, true), align, length;
	struct assay_span gap;

	*out = (struct assay_rpm_tag){
		.tag = (uint32_t)assay_load(record.ptr, 4, true),
		.type = type,
		.count = (uint32_t)assay_load(record.ptr + 12, 4, true),
	};
	if (type < ASSAY_RPM_CHAR || type > ASSAY_RPM_I18N)
		return assay_fail(err, ASSAY_E_FORMAT, "tag %u is of type %u", out->tag, type);
	if (out->count == 0 || (type == ASSAY_RPM_STRING && out->count != 1))
		return assay_fail(err, ASSAY_E_FORMAT, "tag %u has %u values", out->tag,
		                  out->count);
	align = widths[type] > 0 ? widths[type] : 1;
	if (place != (store->used + align - 1) / align * align)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "the value of tag %u is not behind the one before", out->tag);
	gap = assay_span_sub(store->span, store->used, place - store->used);
	if (!assay_span_is_fill(gap, 0) || place > store->span.len)
		return assay_fail(err, ASSAY_E_FORMAT, "bytes in front of the value of tag %u",
		                  out->tag);
	if (!measure(out, assay_span_sub(store->span, place, store->span.len), &length))
		return assay_fail(err, ASSAY_E_FORMAT, "the value of tag %u is past the end",
		                  out->tag);
	out->value = assay_span_sub(store->span, place, length);
	out->offset = place;
	store->used = place + length;
	return 0;
}

/* The first record, and its value: the last bytes of the store, which say how many records it is. */
static int read_region(struct assay_span index, struct assay_span store,
                       enum assay_rpm_region region, struct assay_rpm_tag *out,
                       struct assay_error *err)
{
	const uint32_t record[] = { region, ASSAY_RPM_BIN, (uint32_t)store.len - TRAILER, TRAILER };
	const uint32_t value[] = { region, ASSAY_RPM_BIN, -(uint32_t)index.len, TRAILER };

	*out = (struct assay_rpm_tag){
		.tag = region,
		.type = ASSAY_RPM_BIN,
		.count = TRAILER,
		.offset = store.len - TRAILER,
		.value = assay_span_sub(store, store.len - TRAILER, TRAILER),
	};
	for (size_t i = 0; i < 4; i++)
		if (assay_load(index.ptr + 4 * i, 4, true) != record[i] ||
		    assay_load(out->value.ptr + 4 * i, 4, true) != value[i])
			return assay_fail(err, ASSAY_E_FORMAT, "no region over the whole header");
	return 0;
}

static int read_tags(struct assay_rpm_header *header, struct assay_span index,
                     struct assay_span values, enum assay_rpm_region region,
                     struct assay_error *err)
{
	struct store store = { assay_span_sub(values, 0, values.len - TRAILER), 0 };

	if (read_region(index, values, region, &header->tags[0], err) < 0)
		return -1;
	for (size_t i = 1; i < header->count; i++)
		if (read_tag(assay_span_sub(index, i * ASSAY_RPM_RECORD, ASSAY_RPM_RECORD), &store,
		             &header->tags[i], err) < 0)
			return -1;
	for (size_t i = 0; i < header->count; i++) {
		header->tags[i].record = header->start + ASSAY_RPM_INTRO + i * ASSAY_RPM_RECORD;
		header->tags[i].offset += header->store;
	}
	if (store.used != store.span.len)
		return assay_fail(err, ASSAY_E_FORMAT, "bytes of no tag");
	return 0;
}

int assay_rpm_header_read(struct assay_span file, uint64_t at, enum assay_rpm_region region,
                          struct assay_rpm_header *out, struct assay_error *err)
{
	struct assay_span rest = assay_span_sub(file, at, file.len), index, values;
	uint64_t count, size;

	*out = (struct assay_rpm_header){ .start = at };
	if (rest.len < ASSAY_RPM_INTRO || memcmp(rest.ptr, MAGIC, 8) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "no header");
	count = assay_load(rest.ptr + 8, 4, true);
	size = assay_load(rest.ptr + 12, 4, true);
	index = assay_span_sub(rest, ASSAY_RPM_INTRO, count * ASSAY_RPM_RECORD);
	values = assay_span_sub(rest, ASSAY_RPM_INTRO + index.len, size);
	if (count == 0 || count > TAGS_MAX || index.len != count * ASSAY_RPM_RECORD ||
	    values.len != size || size < TRAILER)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a header that does not fit");
	out->span = assay_span_sub(rest, 0, ASSAY_RPM_INTRO + index.len + size);
	out->store = at + ASSAY_RPM_INTRO + index.len;
	out->end = at + out->span.len;
	out->count = (size_t)count;
	out->tags = assay_calloc((size_t)count, sizeof(*out->tags));
	if (read_tags(out, index, values, region, err) < 0)
		return assay_fail_in(err, "header at %ju", (uintmax_t)at);
	return 0;
}
