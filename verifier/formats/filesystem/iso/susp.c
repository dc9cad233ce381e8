/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields behind names: SUSP, and Rock Ridge in it. */
#include "formats/filesystem/iso/iso.h"

#define HEAD 4           /* bytes of a field in front of its value */
#define CONTINUATIONS 64 /* of one record; ours */
#define GOES_ON 1        /* in NM and in parts of SL */
#define TF_LONG 0x80
#define TF_TIMES 7

/* A run of fields, and where they go on. */
struct area {
	uint64_t at, end;
	uint64_t next, next_length; /* 0: nowhere */
	bool link_goes_on;          /* the part of a target before this one */
};

/* SUSP, 5.3: in the first record of the root, in front of all else. */
void iso_susp_begin(struct iso *iso, const struct iso_record *dot)
{
	if (iso->tree != ISO_PLAIN)
		return;
	iso->susp = dot->extra.len >= 7 && assay_span_starts(dot->extra, "SP\7\1\xbe\xef", 6);
	iso->skip = iso->susp ? dot->extra.ptr[6] : 0;
}

static int read_continuation(struct iso *iso, uint64_t at, uint64_t length, struct area *area,
                             struct assay_error *err)
{
	uint64_t block, offset;
	bool agree = length >= 28;

	if (!agree)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a short field");
	block = iso_both(iso, at + 4, 4, &agree);
	offset = iso_both(iso, at + 12, 4, &agree);
	area->next_length = iso_both(iso, at + 20, 4, &agree);
	area->next = block * ISO_BLOCK + offset;
	/* No two records have the same ones: they are no more than the image. */
	if (__builtin_add_overflow(iso->carried, area->next_length, &iso->carried) ||
	    iso->carried > iso->image.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "fields that go on in each other");
	if (!agree || block == 0 || !assay_span_holds(iso->image, area->next, area->next_length))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "fields that go on nowhere");
	return 0;
}

/* P1282, 4.1.4 */
static void read_name(struct assay_span value, struct iso_extra *extra)
{
	if (value.len < 1 || (value.ptr[0] & ~GOES_ON) != 0)
		return;
	extra->named = true;
	assay_buffer_add(&extra->name, value.ptr + 1, value.len - 1);
}

static const char *component(uint8_t flags)
{
	return (flags & 2) != 0 ? "." : (flags & 4) != 0 ? ".." : "";
}

/* P1282, 4.1.3: parts of a target, each with flags and a length. */
static void read_link(struct assay_span value, struct iso_extra *extra, struct area *area)
{
	uint64_t at = 1;

	extra->linked = true;
	while (at + 2 <= value.len) {
		uint8_t flags = value.ptr[at];
		struct assay_span text = assay_span_sub(value, at + 2, value.ptr[at + 1]);

		if (!area->link_goes_on && extra->link.len > 0 &&
		    extra->link.ptr[extra->link.len - 1] != '/')
			assay_buffer_add_str(&extra->link, "/");
		assay_buffer_add_str(&extra->link, (flags & 8) != 0 ? "/" : component(flags));
		assay_buffer_add(&extra->link, text.ptr, text.len);
		area->link_goes_on = (flags & GOES_ON) != 0;
		at += 2 + text.len;
	}
}

/* P1282, 4.1.6: a byte that says which times there are. */
static void emit_times(struct iso *iso, size_t entry, uint64_t at, uint64_t length)
{
	uint8_t flags = length > HEAD ? iso->image.ptr[at + HEAD] : 0;
	uint64_t each = (flags & TF_LONG) != 0 ? 17 : 7, end = at + length;

	iso_fixed(iso, entry, "field of times", at, length > HEAD ? HEAD + 1 : length);
	for (uint64_t i = at + HEAD + 1; i < end; i += each) {
		if (end - i < each) {
			iso_fixed(iso, entry, "rest of the times", i, end - i);
			return;
		}
		iso_time(iso, entry, "time of the file", i, each);
	}
}

static int read_field(struct iso *iso, size_t entry, uint64_t length, struct area *area,
                      struct iso_extra *extra, struct assay_error *err)
{
	uint64_t at = area->at;
	struct assay_span field = assay_span_sub(iso->image, at, length);
	struct assay_span value = assay_span_sub(field, HEAD, length);

	if (assay_span_starts(field, "TF", 2)) {
		emit_times(iso, entry, at, length);
		return 0;
	}
	iso_fixed(iso, entry, "field behind the name", at, length);
	if (assay_span_starts(field, "CE", 2))
		return read_continuation(iso, at, length, area, err);
	if (assay_span_starts(field, "NM", 2))
		read_name(value, extra);
	else if (assay_span_starts(field, "SL", 2))
		read_link(value, extra, area);
	else if (assay_span_starts(field, "PX", 2) && value.len >= 8)
		extra->mode = (uint32_t)assay_load(value.ptr, 4, false);
	else if (assay_span_starts(field, "CL", 2))
		extra->relocated = true;
	else if (assay_span_starts(field, "RE", 2))
		extra->moved = true;
	return 0;
}

/* One area: fields, up to an end of them or a rest that is too short for one. */
static int read_area(struct iso *iso, size_t entry, struct area *area, struct iso_extra *extra,
                     struct assay_error *err)
{
	while (area->end - area->at >= HEAD) {
		uint64_t length = iso->image.ptr[area->at + 2];

		if (length < HEAD || length > area->end - area->at ||
		    memcmp(iso->image.ptr + area->at, "ST", 2) == 0)
			break;
		if (read_field(iso, entry, length, area, extra, err) < 0)
			return -1;
		area->at += length;
	}
	iso_padding(iso, entry, "bytes behind the fields", area->at, area->end - area->at);
	return 0;
}

int iso_susp_emit(struct iso *iso, size_t entry, uint64_t at, uint64_t length,
                  struct iso_extra *extra, struct assay_error *err)
{
	uint64_t skip = iso->skip < length ? iso->skip : length;
	struct area area = { .at = at + skip, .end = at + length };

	iso_fixed(iso, entry, "bytes in front of the fields", at, skip);
	for (int i = 0; i < CONTINUATIONS; i++) {
		if (read_area(iso, entry, &area, extra, err) < 0)
			return -1;
		if (area.next == 0)
			return 0;
		area = (struct area){ .at = area.next,
			              .end = area.next + area.next_length,
			              .link_goes_on = area.link_goes_on };
	}
	return assay_fail_at(err, ASSAY_E_FORMAT, at, "fields that go on and on");
}
