/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attest/base64.h"

#include "base/memory.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void assay_base64_write(struct assay_buffer *out, struct assay_span bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t bits = (uint32_t)bytes.ptr[i] << 16;
		char four[4];

		bits |= left > 1 ? (uint32_t)bytes.ptr[i + 1] << 8 : 0;
		bits |= left > 2 ? bytes.ptr[i + 2] : 0;
		four[0] = standard[bits >> 18];
		four[1] = standard[bits >> 12 & 63];
		four[2] = left > 1 ? standard[bits >> 6 & 63] : '=';
		four[3] = left > 2 ? standard[bits & 63] : '=';
		assay_buffer_add(out, four, sizeof(four));
	}
}

/* Which alphabets a character is of: a mixture has none left. */
enum {
	STANDARD = 1,
	URL_SAFE = 2
};

static int value_of(uint8_t c, unsigned *alphabets)
{
	const char *at;

	if (c == '-' || c == '_') {
		*alphabets &= URL_SAFE;
		return c == '-' ? 62 : 63;
	}
	at = c != '\0' ? strchr(standard, c) : NULL;
	if (at == NULL)
		return -1;
	if (c == '+' || c == '/')
		*alphabets &= STANDARD;
	return (int)(at - standard);
}

/* The padding at the end. Return: its length, -1 when it is not what the length asks for. */
static int padding_of(struct assay_span text)
{
	size_t padding = 0;

	while (padding < text.len && text.ptr[text.len - 1 - padding] == '=')
		padding++;
	if (padding == 0)
		return text.len % 4 == 1 ? -1 : 0;
	return padding > 2 || text.len % 4 != 0 ? -1 : (int)padding;
}

int assay_base64_parse(struct assay_span text, struct assay_bytes *out, struct assay_error *err)
{
	int padding = padding_of(text);
	size_t digits = padding > 0 ? text.len - (size_t)padding : text.len;
	struct assay_bytes bytes = { assay_calloc(digits / 4 * 3 + 4, 1), 0 };
	ASSAY_AUTO_FREE uint8_t *owner = bytes.ptr;
	unsigned alphabets = STANDARD | URL_SAFE;
	uint32_t bits = 0;
	unsigned have = 0;

	if (padding < 0)
		return assay_fail(err, ASSAY_E_FORMAT, "base64: cut short, or badly padded");
	for (size_t i = 0; i < digits; i++) {
		int value = value_of(text.ptr[i], &alphabets);

		if (value < 0 || alphabets == 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, i,
			                     "base64: character %zu is not of its alphabet", i + 1);
		bits = (bits << 6 | (uint32_t)value) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			bytes.ptr[bytes.len++] = (uint8_t)(bits >> have);
		}
	}
	if ((bits & ((1u << have) - 1)) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "base64: unused bits are set");
	if (padding == 0 && text.len % 4 != 0 && !(alphabets & URL_SAFE))
		return assay_fail(err, ASSAY_E_FORMAT, "base64: padding is missing");
	*out = bytes;
	owner = NULL;
	return 0;
}
