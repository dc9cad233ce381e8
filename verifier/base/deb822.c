/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/deb822.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/quote.h"

#define FIELDS_MAX 256 /* the largest .dsc in Debian 12 has 25 */
#define PGP_BEGIN "-----BEGIN PGP SIGNED MESSAGE-----"
#define PGP_END "-----BEGIN PGP SIGNATURE-----"

static bool is_blank(struct assay_span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r')
			return false;
	return true;
}

static bool continues(struct assay_span line)
{
	return line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
}

static struct assay_span trimmed(struct assay_span text)
{
	while (text.len > 0 && strchr(" \t\r", text.ptr[0]) != NULL)
		text = assay_span_sub(text, 1, text.len);
	while (text.len > 0 && strchr(" \t\r", text.ptr[text.len - 1]) != NULL)
		text.len--;
	return text;
}

/* Whether a line begins the field. value: what follows the colon. */
static bool begins(struct assay_span line, const char *name, struct assay_span *value)
{
	size_t len = strlen(name);

	if (line.len <= len || strncasecmp((const char *)line.ptr, name, len) != 0 ||
	    line.ptr[len] != ':')
		return false;
	*value = trimmed(assay_span_sub(line, len + 1, line.len));
	return true;
}

char *assay_deb822_field(struct assay_span paragraph, const char *name)
{
	struct assay_buffer out = { 0 };
	struct assay_span line, value;
	bool inside = false;

	while (assay_span_line(&paragraph, &line)) {
		if (inside && !continues(line))
			break;
		if (inside) {
			value = trimmed(line);
			assay_buffer_add_str(&out, "\n");
			assay_buffer_add(&out, value.ptr, value.len);
		} else if (begins(line, name, &value)) {
			inside = true;
			assay_buffer_add(&out, value.ptr, value.len);
		}
	}
	if (inside)
		assay_buffer_add(&out, "", 0);
	return out.ptr;
}

/* Every line is a field that is there once, or continues one. */
static int check_lines(struct assay_span paragraph, struct assay_error *err)
{
	struct assay_span text = paragraph, line, rest, other, value;
	unsigned number = 0, fields = 0;

	while (assay_span_line(&text, &line)) {
		ASSAY_AUTO_BUFFER struct assay_buffer name = { 0 };
		const uint8_t *colon = memchr(line.ptr, ':', line.len);

		number++;
		if (number > 1 && continues(line))
			continue;
		if (is_blank(line))
			return assay_fail(err, ASSAY_E_FORMAT, "line %u: more than one paragraph",
			                  number);
		if (colon == NULL || colon == line.ptr || continues(line))
			return assay_fail(err, ASSAY_E_FORMAT, "line %u: not \"Field: value\"",
			                  number);
		if (++fields > FIELDS_MAX)
			return assay_fail(err, ASSAY_E_LIMIT, "more than 256 fields");
		assay_buffer_add(&name, line.ptr, (size_t)(colon - line.ptr));
		for (rest = text; assay_span_line(&rest, &other);)
			if (begins(other, assay_buffer_str(&name), &value))
				return assay_fail(err, ASSAY_E_FORMAT,
				                  "line %u: a field that is there "
				                  "again further down",
				                  number);
	}
	return 0;
}

/* What stands between the armour's headers and the signature. */
static int unwrap(struct assay_span text, struct assay_span *out, struct assay_error *err)
{
	struct assay_span line, rest = text;
	const uint8_t *end = memmem(text.ptr, text.len, "\n" PGP_END, strlen("\n" PGP_END));

	if (end == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a signed message without its signature");
	while (assay_span_line(&rest, &line) && !is_blank(line))
		;
	if (rest.ptr == NULL || rest.ptr > end)
		return assay_fail(err, ASSAY_E_FORMAT, "a signed message without a text");
	*out = assay_span_of(rest.ptr, (size_t)(end - rest.ptr));
	return 0;
}

int assay_deb822_open(struct assay_span text, struct assay_span *out, bool *is_signed,
                      struct assay_error *err)
{
	if (!assay_quote_is_text(text))
		return assay_fail(err, ASSAY_E_FORMAT, "not plain UTF-8 text");
	*is_signed = assay_span_starts(text, PGP_BEGIN, strlen(PGP_BEGIN));
	if (*is_signed && unwrap(text, &text, err) < 0)
		return -1;
	while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL)
		text.len--;
	if (text.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no paragraph of fields");
	if (check_lines(text, err) < 0)
		return -1;
	*out = text;
	return 0;
}
