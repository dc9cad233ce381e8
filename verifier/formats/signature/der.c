/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/signature/der.h"

#define LONG_TAG 0x1f   /* X.690 8.1.2.4: the tag goes on in further bytes */
#define LONG_FORM 0x80u /* X.690 8.1.3.5: the length is in that many further bytes */
#define LENGTH_MAX 4u   /* further bytes: more than 4 GiB are in no file that we read */

/* X.690 10.1: as few bytes as possible; 0x80 alone would be an indefinite length. */
static int read_length(struct assay_cursor *cur, uint64_t *out, struct assay_error *err)
{
	struct assay_span bytes;
	uint8_t first;

	if (assay_cursor_u8(cur, &first, err) < 0)
		return -1;
	*out = first;
	if (first < LONG_FORM)
		return 0;
	if (first == LONG_FORM || first > LONG_FORM + LENGTH_MAX)
		return assay_fail_at(err, ASSAY_E_FORMAT, cur->pos - 1,
		                     "DER: a length that is indefinite or huge");
	if (assay_cursor_take(cur, first - LONG_FORM, &bytes, err) < 0)
		return -1;
	*out = 0;
	for (size_t i = 0; i < bytes.len; i++)
		*out = *out << 8 | bytes.ptr[i];
	if (bytes.ptr[0] == 0 || *out < LONG_FORM)
		return assay_fail_at(err, ASSAY_E_FORMAT, cur->pos - bytes.len,
		                     "DER: a length of more bytes than it needs");
	return 0;
}

int assay_der_next(struct assay_cursor *cur, uint8_t *tag, struct assay_span *content,
                   struct assay_error *err)
{
	uint64_t length;

	if (assay_cursor_u8(cur, tag, err) < 0)
		return -1;
	if ((*tag & LONG_TAG) == LONG_TAG)
		return assay_fail_at(err, ASSAY_E_FORMAT, cur->pos - 1, "DER: a tag above 30");
	if (read_length(cur, &length, err) < 0)
		return -1;
	return assay_cursor_take(cur, length, content, err);
}

int assay_der_take(struct assay_cursor *cur, enum assay_der_tag tag, const char *what,
                   struct assay_span *content, struct assay_error *err)
{
	size_t start = cur->pos;
	uint8_t found;

	if (assay_cursor_left(cur) == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, start, "no %s", what);
	if (assay_der_next(cur, &found, content, err) < 0)
		return assay_fail_in(err, "%s", what);
	if (found != tag)
		return assay_fail_at(err, ASSAY_E_FORMAT, start,
		                     "%s: DER tag 0x%02x instead of 0x%02x", what, found,
		                     (unsigned)tag);
	return 0;
}

int assay_der_enter(struct assay_cursor *cur, enum assay_der_tag tag, const char *what,
                    struct assay_cursor *inner, struct assay_error *err)
{
	struct assay_span content;

	if (assay_der_take(cur, tag, what, &content, err) < 0)
		return -1;
	*inner = assay_cursor_at(content, true);
	return 0;
}

int assay_der_end(const struct assay_cursor *cur, const char *what, struct assay_error *err)
{
	if (assay_cursor_left(cur) == 0)
		return 0;
	return assay_fail_at(err, ASSAY_E_FORMAT, cur->pos, "%s: %zu bytes too many", what,
	                     assay_cursor_left(cur));
}

bool assay_der_is_next(const struct assay_cursor *cur, enum assay_der_tag tag)
{
	return assay_cursor_left(cur) > 0 && cur->span.ptr[cur->pos] == tag;
}

/* X.690 8.3.2: the first nine bits are not all alike. */
bool assay_der_is_natural(struct assay_span content)
{
	if (content.len == 0 || (content.ptr[0] & 0x80) != 0)
		return false;
	return content.len == 1 || content.ptr[0] != 0 || (content.ptr[1] & 0x80) != 0;
}
