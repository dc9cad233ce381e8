/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/allowance.h"

#include "attest/note.h"
#include "base/span.h"

/* One item of a policy. */
struct allowance {
	struct assay_span path;
	bool placed;
	uint64_t offset, end;
};

static bool is_digits(struct assay_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

/* Cut "@DIGITS+DIGITS" off the end. Return: whether there is one */
static bool cut_region(struct assay_span item, struct assay_span *path, struct assay_span *offset,
                       struct assay_span *size)
{
	size_t at = item.len, plus = item.len;

	while (plus > 0 && item.ptr[plus - 1] != '+')
		plus--;
	for (at = plus; at > 0 && item.ptr[at - 1] != '@'; at--)
		;
	if (at == 0)
		return false;
	*path = assay_span_sub(item, 0, at - 1);
	*offset = assay_span_sub(item, at, plus - 1 - at);
	*size = assay_span_sub(item, plus, item.len - plus);
	return is_digits(*offset) && is_digits(*size);
}

static bool parse(const char *text, struct allowance *out)
{
	struct assay_span item = assay_span_of_str(text), offset, size;
	uint64_t length;

	*out = (struct allowance){ .path = item };
	if (!cut_region(item, &out->path, &offset, &size)) {
		out->path = item;
		return true;
	}
	out->placed = true;
	return assay_note_number(offset, &out->offset) && assay_note_number(size, &length) &&
	       length > 0 && !__builtin_add_overflow(out->offset, length, &out->end);
}

const char *assay_allowance_wrong(const char *item)
{
	struct allowance ignored;

	return parse(item, &ignored) ? NULL : "not an offset and a size that is not 0";
}

struct assay_left_out assay_left_out_of(const char *path, const json_t *exclusion)
{
	const json_t *offset = json_object_get(exclusion, "offset");
	const json_t *size = json_object_get(exclusion, "size");
	struct assay_left_out out = { .path = path };

	if (!json_is_integer(offset) || json_integer_value(offset) < 0 || !json_is_integer(size) ||
	    json_integer_value(size) < 0)
		return out;
	out.placed = true;
	out.offset = (uint64_t)json_integer_value(offset);
	out.size = (uint64_t)json_integer_value(size);
	return out;
}

static bool covers(const char *item, const struct assay_left_out *what)
{
	struct allowance allowed;

	if (!parse(item, &allowed) || !assay_span_is(allowed.path, what->path))
		return false;
	return !allowed.placed ||
	       (what->placed && what->offset >= allowed.offset && what->offset <= allowed.end &&
	        what->size <= allowed.end - what->offset);
}

bool assay_allowance_covers(char *const *items, unsigned count, const struct assay_left_out *what)
{
	for (unsigned i = 0; i < count; i++)
		if (covers(items[i], what))
			return true;
	return false;
}
