/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ar archives: .deb packages and static libraries.
 *
 * Source: ar(5): 8 bytes of magic; members of a 60-byte header and data padded to 2 bytes; deb(5).
 *         System V / GNU names: "name/", "/" symbol table, "//" name table, "/N" offset into it.
 * Limits: BSD names ("#1/N") are left in the content, where they are compared all the same.
 */
#include <ctype.h>

#include "formats/contents.h"

#define MAGIC "!<arch>\n"
#define HEADER 60
#define NAME 16 /* offset 0 */
#define SIZE_AT 48
#define SIZE_LEN 10
#define END_AT 58 /* "`\n" */

static const struct assay_field fields[] = {
	{ "name", 0, NAME, ASSAY_ROLE_FIXED },   { "mtime", 16, 12, ASSAY_ROLE_FIXED },
	{ "uid", 28, 6, ASSAY_ROLE_FIXED },      { "gid", 34, 6, ASSAY_ROLE_FIXED },
	{ "mode", 40, 8, ASSAY_ROLE_FIXED },     { "size", SIZE_AT, SIZE_LEN, ASSAY_ROLE_SIZE },
	{ "end mark", 58, 2, ASSAY_ROLE_FIXED }, { 0 },
};

/* The name table, once it was seen. */
struct names {
	struct assay_span table;
};

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, strlen(MAGIC));
}

static struct assay_span trim(struct assay_span text)
{
	while (text.len > 0 && text.ptr[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* A decimal number that fills the text: one way only to write each number. */
static bool parse_number(struct assay_span text, uint64_t *out)
{
	*out = 0;
	if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!isdigit(text.ptr[i]))
			return false;
		*out = *out * 10 + (text.ptr[i] - '0'); /* at most 15 digits: no overflow */
	}
	return true;
}

/* "/N": the text at offset N of the name table, up to "/\n" or a newline. */
static bool long_name(const struct names *names, struct assay_span raw, struct assay_span *out)
{
	uint64_t offset;
	struct assay_span rest;
	const uint8_t *end;

	if (raw.len < 2 || raw.ptr[0] != '/' ||
	    !parse_number(assay_span_sub(raw, 1, raw.len), &offset))
		return false;
	rest = assay_span_sub(names->table, offset, names->table.len);
	end = rest.len > 0 ? memchr(rest.ptr, '\n', rest.len) : NULL;
	if (end == NULL)
		return false;
	*out = assay_span_of(rest.ptr, (size_t)(end - rest.ptr));
	return true;
}

static struct assay_span member_name(const struct names *names, struct assay_span header)
{
	struct assay_span raw = trim(assay_span_sub(header, 0, NAME));
	struct assay_span name = raw;

	if (assay_span_is(raw, "/") || assay_span_is(raw, "//"))
		return raw;
	(void)long_name(names, raw, &name);
	if (name.len > 1 && name.ptr[name.len - 1] == '/')
		name.len--;
	return name;
}

static int read_member(struct assay_budget *budget, struct names *names, struct assay_contents *out,
                       struct assay_error *err)
{
	struct assay_span header = assay_contents_rest(out);
	struct assay_span digits = trim(assay_span_sub(header, SIZE_AT, SIZE_LEN));
	size_t index = out->entry_count;
	struct assay_entry *entry;
	uint64_t size;

	if (!parse_number(digits, &size))
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end + SIZE_AT, "no size");
	if (size > header.len - HEADER)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end + SIZE_AT,
		                     "a member past the end");
	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	if (assay_contents_text(out, &entry->name, member_name(names, header), err) < 0)
		return -1;
	entry->content = assay_span_sub(header, HEADER, size);
	if (strcmp(entry->name, "//") == 0)
		names->table = entry->content;
	assay_contents_fields(out, index, "header", fields);
	(void)assay_contents_part(out, index, ASSAY_ROLE_CONTENT, "content", size);
	if (size % 2 != 0 && assay_contents_rest(out).len == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, out->end, "cut short in the padding");
	if (size % 2 != 0)
		assay_contents_fill(out, index, "padding", 1, '\n');
	return 0;
}

static bool is_header(struct assay_span rest)
{
	return rest.len >= HEADER && memcmp(rest.ptr + END_AT, "`\n", 2) == 0;
}

static int read_ar(struct assay_budget *budget, struct assay_contents *out, struct assay_error *err)
{
	struct names names = { 0 };

	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "magic", strlen(MAGIC));
	while (is_header(assay_contents_rest(out)))
		if (read_member(budget, &names, out, err) < 0)
			return -1;
	assay_contents_trailing(out, ASSAY_NO_ENTRY);
	return 0;
}

const struct assay_reader assay_reader_ar = { .name = "ar", .probe = probe, .read = read_ar };
