/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/package/oci_values.h"

#include "base/memory.h"

#define TEXT_MAX ((size_t)4 << 20) /* bytes; OCI distribution specification, "Pushing Manifests" */
#define DEPTH_MAX 32               /* ours */
#define STRING_MIN 20              /* bytes: a time, which is the shortest that is looked for */

/* An object or array that is open. */
struct frame {
	struct assay_span key;   /* the last one in an object; that of an array */
	struct assay_span outer; /* under which it stands itself */
	size_t object;
	bool array;
};

struct scan {
	struct assay_span text;
	size_t pos;
	struct frame frames[DEPTH_MAX];
	size_t depth;
	size_t objects;
	struct assay_oci_values *out;
};

static bool is_number(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '-';
}

/* Behind the quote that begins a string. Return: what is in it */
static struct assay_span take_string(struct scan *scan)
{
	size_t start = scan->pos;
	struct assay_span out;

	while (scan->pos < scan->text.len && scan->text.ptr[scan->pos] != '"')
		scan->pos += scan->text.ptr[scan->pos] == '\\' ? 2 : 1;
	out = assay_span_sub(scan->text, start, scan->pos - start);
	scan->pos++;
	return out;
}

static struct frame *top(struct scan *scan)
{
	return &scan->frames[scan->depth - 1];
}

static void add(struct scan *scan, struct assay_span value, bool string, bool key)
{
	struct assay_oci_values *out = scan->out;
	struct assay_oci_value item = { .offset = (uint64_t)(value.ptr - scan->text.ptr),
		                        .length = value.len,
		                        .string = string };

	if (scan->depth > 0) {
		item.key = key ? (struct assay_span){ 0 } : top(scan)->key;
		item.outer = top(scan)->outer;
		item.object = top(scan)->object;
	}
	if (string ? value.len < STRING_MIN : !assay_span_is(item.key, "size"))
		return; /* a text of very many values takes no room */
	assay_grow(&out->items, &out->cap, out->count, sizeof(*out->items));
	out->items[out->count++] = item;
}

static bool is_key(const struct scan *scan)
{
	size_t at = scan->pos;

	while (at < scan->text.len && memchr(" \t\r\n", scan->text.ptr[at], 4) != NULL)
		at++;
	return at < scan->text.len && scan->text.ptr[at] == ':';
}

static void take_text(struct scan *scan)
{
	struct assay_span text = take_string(scan);
	bool key = scan->depth > 0 && !top(scan)->array && is_key(scan);

	if (text.len > 0)
		add(scan, text, true, key);
	if (key)
		top(scan)->key = text;
}

static bool open_frame(struct scan *scan, bool array)
{
	struct frame frame = { .array = array };

	if (scan->depth == DEPTH_MAX)
		return false;
	if (scan->depth > 0) {
		frame.outer = array ? top(scan)->outer : top(scan)->key;
		frame.key = top(scan)->key;
		frame.object = top(scan)->object;
	}
	if (!array)
		frame.object = ++scan->objects;
	scan->frames[scan->depth++] = frame;
	return true;
}

static void take_number(struct scan *scan)
{
	size_t start = scan->pos - 1;

	while (scan->pos < scan->text.len && (is_number(scan->text.ptr[scan->pos]) ||
	                                      memchr("+.eE", scan->text.ptr[scan->pos], 4) != NULL))
		scan->pos++;
	add(scan, assay_span_sub(scan->text, start, scan->pos - start), false, false);
}

static bool step(struct scan *scan)
{
	uint8_t c = scan->text.ptr[scan->pos++];

	if (c == '{' || c == '[')
		return open_frame(scan, c == '[');
	if ((c == '}' || c == ']') && scan->depth-- == 0)
		return false;
	if (c == '"')
		take_text(scan);
	else if (is_number(c))
		take_number(scan);
	return true;
}

bool assay_oci_values_find(struct assay_span text, struct assay_oci_values *out)
{
	struct scan scan = { .text = text, .out = out };

	*out = (struct assay_oci_values){ 0 };
	if (text.len == 0 || text.len > TEXT_MAX || memchr("{[", text.ptr[0], 2) == NULL)
		return false;
	while (scan.pos < text.len)
		if (!step(&scan))
			return false;
	return scan.depth == 0;
}

void assay_oci_values_fini(struct assay_oci_values *values)
{
	free(values->items);
	*values = (struct assay_oci_values){ 0 };
}
