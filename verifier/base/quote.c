/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/quote.h"

/* Code points that print nothing, or change how what follows is shown. */
static bool is_invisible(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },       { 0x061c, 0x061c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(hidden); i++)
		if (cp >= hidden[i].first && cp <= hidden[i].last)
			return true;
	return false;
}

static bool in_range(uint32_t cp, size_t len)
{
	/* RFC 3629, 3: shortest form */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return cp >= least[len] && cp <= 0x10ffff && !(cp >= 0xd800 && cp <= 0xdfff);
}

/* Return: bytes of the UTF-8 character at the start, 0 if there is none. */
static size_t decode(struct assay_span text, uint32_t *cp)
{
	uint8_t lead = text.ptr[0];
	size_t len = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (len == 0 || lead >= 0xf8 || text.len < len)
		return 0;
	*cp = len == 1 ? lead : lead & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((text.ptr[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (text.ptr[i] & 0x3f);
	}
	return in_range(*cp, len) ? len : 0;
}

void assay_quote(struct assay_buffer *out, struct assay_span text)
{
	for (size_t i = 0, len; i < text.len; i += len) {
		uint32_t cp = 0;
		bool plain;

		len = decode(assay_span_sub(text, i, text.len), &cp);
		plain = len > 0 && !is_invisible(cp);
		len = len > 0 ? len : 1;
		if (plain && cp == '\\')
			assay_buffer_add_str(out, "\\\\");
		else if (plain)
			assay_buffer_add(out, text.ptr + i, len);
		else
			for (size_t k = 0; k < len; k++)
				assay_buffer_printf(out, "\\x%02x", text.ptr[i + k]);
	}
}

size_t assay_quote_plain(struct assay_span text)
{
	size_t i = 0;

	while (i < text.len) {
		uint32_t cp = 0;
		size_t len = decode(assay_span_sub(text, i, text.len), &cp);

		if (len == 0 || is_invisible(cp))
			break;
		i += len;
	}
	return i;
}

bool assay_quote_is_text(struct assay_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		i += assay_quote_plain(assay_span_sub(text, i, text.len));
		if (i < text.len && text.ptr[i] != '\n' && text.ptr[i] != '\t')
			return false;
	}
	return true;
}

char *assay_quoted(const char *text)
{
	struct assay_buffer out = { 0 };

	assay_quote(&out, assay_span_of_str(text));
	assay_buffer_add(&out, "", 0);
	return out.ptr;
}

/* Take one escape off the front. Return: its length, 0 when it is none. */
static size_t unescape(struct assay_span text, uint8_t *out)
{
	if (text.len >= 2 && text.ptr[1] == '\\') {
		*out = '\\';
		return 2;
	}
	if (text.len < 4 || text.ptr[1] != 'x')
		return 0;
	return assay_span_parse_hex(assay_span_sub(text, 2, 2), out, 1) ? 4 : 0;
}

bool assay_unquote(struct assay_buffer *out, struct assay_span quoted)
{
	ASSAY_AUTO_BUFFER struct assay_buffer again = { 0 };
	size_t start = out->len;

	for (size_t i = 0, len; i < quoted.len; i += len) {
		uint8_t byte = quoted.ptr[i];

		len = byte == '\\' ? unescape(assay_span_sub(quoted, i, quoted.len), &byte) : 1;
		if (len == 0)
			return false;
		assay_buffer_add(out, &byte, 1);
	}
	/* One text has one spelling: that of assay_quote. */
	assay_quote(&again, assay_span_sub(assay_buffer_span(out), start, out->len));
	return assay_span_equal(assay_buffer_span(&again), quoted);
}
