/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An inspection as bytes; see wire.h. */
#include "base/memory.h"
#include "base/quote.h"
#include "model/wire.h"

enum {
	HAS_ADDRESS = 1,
	DISPUTED = 2,
	FLAGS = 4 /* one more than all of them */
};

static void write_range(struct assay_buffer *out, const struct assay_inspected_range *range)
{
	assay_wire_number(out, range->length);
	assay_wire_text(out, range->kind);
	assay_wire_text(out, range->what);
	assay_wire_text(out, range->rule);
	assay_wire_number(out, range->address);
	assay_wire_number(out, (range->has_address ? HAS_ADDRESS : 0u) |
	                               (range->disputed ? DISPUTED : 0u));
}

static void write_artefact(struct assay_buffer *out, const struct assay_inspected *artefact)
{
	assay_wire_text(out, artefact->path);
	assay_wire_text(out, artefact->format);
	assay_wire_text(out, artefact->about);
	assay_wire_text(out, artefact->trouble);
	assay_wire_number(out, artefact->size);
	assay_wire_number(out, artefact->offset);
	assay_wire_number(out, artefact->has_offset);
	assay_wire_number(out, artefact->depth);
	assay_buffer_add(out, artefact->sha256.bytes, ASSAY_SHA256_SIZE);
	assay_wire_number(out, artefact->attributes.count);
	for (size_t i = 0; i < artefact->attributes.count; i++)
		assay_wire_text(out, artefact->attributes.items[i]);
	assay_wire_number(out, artefact->range_count);
	for (size_t i = 0; i < artefact->range_count; i++)
		write_range(out, &artefact->ranges[i]);
}

void assay_wire_write_inspection(const struct assay_inspection *inspection,
                                 struct assay_buffer *out)
{
	assay_wire_number(out, inspection->count);
	for (size_t i = 0; i < inspection->count; i++)
		write_artefact(out, &inspection->artefacts[i]);
}

/* Text for people, which the writer quoted. */
static int get_quoted(struct assay_cursor *cur, char **out, struct assay_error *err)
{
	if (assay_wire_get_text(cur, true, out, err) < 0)
		return -1;
	if (*out != NULL && assay_quote_plain(assay_span_of_str(*out)) != strlen(*out))
		return assay_fail(err, ASSAY_E_FORMAT, "text that was not quoted");
	return 0;
}

static int get_flags(struct assay_cursor *cur, struct assay_inspected_range *out,
                     struct assay_error *err)
{
	unsigned flags;

	if (assay_wire_get_below(cur, FLAGS, &flags, err) < 0)
		return -1;
	out->has_address = (flags & HAS_ADDRESS) != 0;
	out->disputed = (flags & DISPUTED) != 0;
	return 0;
}

static int read_range(struct assay_cursor *cur, struct assay_strings *names,
                      struct assay_inspected *artefact, struct assay_error *err)
{
	struct assay_inspected_range *out;
	uint64_t length;

	if (assay_wire_get_number(cur, &length, err) < 0)
		return -1;
	out = assay_inspected_add(artefact, NULL, length);
	if (assay_wire_get_name(cur, names, &out->kind, err) < 0 ||
	    get_quoted(cur, &out->what, err) < 0 ||
	    assay_wire_get_name(cur, names, &out->rule, err) < 0 ||
	    assay_wire_get_number(cur, &out->address, err) < 0 || get_flags(cur, out, err) < 0)
		return -1;
	return out->kind != NULL ? 0 : assay_fail(err, ASSAY_E_FORMAT, "a range without a kind");
}

static int read_attributes(struct assay_cursor *cur, struct assay_inspected *artefact,
                           struct assay_error *err)
{
	uint64_t count;

	if (assay_wire_get_count(cur, &count, err) < 0)
		return -1;
	for (uint64_t i = 0; i < count; i++) {
		ASSAY_AUTO_FREE char *text = NULL;

		if (get_quoted(cur, &text, err) < 0)
			return -1;
		assay_strings_add(&artefact->attributes, text != NULL ? text : "");
	}
	return 0;
}

static int read_ranges(struct assay_cursor *cur, struct assay_strings *names,
                       struct assay_inspected *artefact, struct assay_error *err)
{
	uint64_t count;

	if (assay_wire_get_count(cur, &count, err) < 0)
		return -1;
	for (uint64_t i = 0; i < count; i++)
		if (read_range(cur, names, artefact, err) < 0)
			return -1;
	return 0;
}

static int read_place(struct assay_cursor *cur, struct assay_inspected *out,
                      struct assay_error *err)
{
	struct assay_span digest;
	unsigned has_offset;

	if (assay_wire_get_number(cur, &out->size, err) < 0 ||
	    assay_wire_get_number(cur, &out->offset, err) < 0 ||
	    assay_wire_get_below(cur, 2, &has_offset, err) < 0 ||
	    assay_wire_get_below(cur, UINT16_MAX, &out->depth, err) < 0 ||
	    assay_cursor_take(cur, ASSAY_SHA256_SIZE, &digest, err) < 0)
		return -1;
	out->has_offset = has_offset != 0;
	memcpy(out->sha256.bytes, digest.ptr, ASSAY_SHA256_SIZE);
	return 0;
}

static int read_artefact(struct assay_cursor *cur, struct assay_inspection *to,
                         struct assay_error *err)
{
	struct assay_inspected *out;

	assay_grow(&to->artefacts, &to->cap, to->count, sizeof(*to->artefacts));
	out = &to->artefacts[to->count++];
	*out = (struct assay_inspected){ 0 };
	if (assay_wire_get_text(cur, false, &out->path, err) < 0 ||
	    assay_wire_get_name(cur, &to->names, &out->format, err) < 0 ||
	    get_quoted(cur, &out->about, err) < 0 || get_quoted(cur, &out->trouble, err) < 0 ||
	    read_place(cur, out, err) < 0)
		return -1;
	if (out->format == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "an artefact without a format");
	if (read_attributes(cur, out, err) < 0)
		return -1;
	return read_ranges(cur, &to->names, out, err);
}

int assay_wire_read_inspection(struct assay_span span, struct assay_inspection *out,
                               struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(span, false);
	uint64_t count;

	if (assay_wire_get_count(&cur, &count, err) < 0)
		return -1;
	for (uint64_t i = 0; i < count; i++)
		if (read_artefact(&cur, out, err) < 0)
			return -1;
	if (assay_cursor_left(&cur) != 0 || out->count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "bytes too many, or no artefact");
	return assay_inspection_check(out, err);
}
