/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/flat/hexline.h"

#include "base/memory.h"

#define RECORD "records"

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Bytes of the end of line that the text begins with; 0 for none. A carriage return alone is none:
 * loaders that read lines take the first record of such a line and leave out the others. */
static size_t line_end(struct assay_span text)
{
	if (assay_span_starts(text, "\r\n", 2))
		return 2;
	return assay_span_starts(text, "\n", 1) ? 1 : 0;
}

int assay_hexline_read(const struct assay_image *image, uint64_t mark, struct assay_hexline *out,
                       struct assay_error *err)
{
	struct assay_span rest = assay_span_sub(image->body, image->end + mark, image->body.len);
	size_t at = 0;

	*out = (struct assay_hexline){ .mark = mark };
	while (at < rest.len && line_end(assay_span_sub(rest, at, 2)) == 0) {
		int high = digit(rest.ptr[at]);
		int low = at + 1 < rest.len ? digit(rest.ptr[at + 1]) : -1;

		if (high < 0 || low < 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, image->end + mark + at,
			                     "not two hexadecimal digits");
		if (out->count == ASSAY_HEXLINE_MAX)
			return assay_fail_at(err, ASSAY_E_FORMAT, image->end + mark + at,
			                     "a line that is too long");
		out->bytes[out->count++] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	out->length = mark + at + line_end(assay_span_sub(rest, at, 2));
	return 0;
}

uint8_t assay_hexline_sum(const struct assay_hexline *line)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < line->count; i++)
		sum = (uint8_t)(sum + line->bytes[i]);
	return sum;
}

/* Two digits a byte: half the file is always enough, and nothing moves. */
static struct assay_span keep(struct assay_image *image, const uint8_t *bytes, size_t length)
{
	uint8_t *to;

	if (image->decoded.ptr == NULL)
		image->decoded.ptr = assay_calloc(image->file.len / 2 + 1, 1);
	to = image->decoded.ptr + image->decoded.len;
	memcpy(to, bytes, length);
	image->decoded.len += length;
	return assay_span_of(to, length);
}

void assay_hexline_add(struct assay_image *image, const struct assay_hexline *line,
                       const struct assay_hexline_middle *middle)
{
	uint64_t head = line->mark + 2 * middle->first;
	uint64_t digits = 2 * middle->length;

	(void)assay_image_add(image, ASSAY_IMAGE_FRAMING, RECORD, head);
	if (middle->use == ASSAY_IMAGE_DATA)
		assay_image_add_data(image, middle->address,
		                     keep(image, line->bytes + middle->first, middle->length), 2);
	else if (digits > 0)
		(void)assay_image_add(image, middle->use, middle->what, digits);
	(void)assay_image_add(image, ASSAY_IMAGE_FRAMING, RECORD, line->length - head - digits);
}

void assay_hexline_add_framing(struct assay_image *image, const struct assay_hexline *line)
{
	(void)assay_image_add(image, ASSAY_IMAGE_FRAMING, RECORD, line->length);
}
