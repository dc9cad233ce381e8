/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain/causes.h"

#include <ctype.h>
#include <string.h>

#include "base/cursor.h"

#define YEAR_MIN 1990
#define YEAR_MAX 2099

static struct assay_span difference(const struct assay_excerpt *excerpt)
{
	return assay_span_sub(assay_span_of_bytes(&excerpt->bytes), excerpt->before,
	                      excerpt->length);
}

static bool is_item(const struct assay_case *c, const char *item)
{
	return c->finding->item != NULL && strcmp(c->finding->item, item) == 0;
}

static bool has_format(const struct assay_case *c, const char *format)
{
	return strcmp(c->format, format) == 0;
}

static bool path_has(const struct assay_case *c, const char *part)
{
	return strstr(c->finding->artefact, part) != NULL;
}

static bool is_gzip_time(const struct assay_case *c)
{
	return is_item(c, "mtime") && has_format(c, "gzip");
}

static bool is_package_time(const struct assay_case *c)
{
	return is_item(c, "mtime") && has_format(c, "tar") &&
	       (path_has(c, "data.tar") || path_has(c, "control.tar"));
}

static bool is_tar_time(const struct assay_case *c)
{
	return is_item(c, "mtime") && has_format(c, "tar");
}

static bool parse_octal(struct assay_span text, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len && text.ptr[i] != '\0' && text.ptr[i] != ' '; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '7')
			return false;
		*out = *out << 3 | (unsigned)(text.ptr[i] - '0');
	}
	return text.len > 0 && text.len <= 8;
}

/* Only what a umask usually takes away: writing by the group and by others. */
static bool is_umask(const struct assay_case *c)
{
	unsigned a, b;

	return is_item(c, "mode") && parse_octal(difference(&c->finding->delivered), &a) &&
	       parse_octal(difference(&c->finding->rebuilt), &b) && ((a ^ b) & ~022u) == 0;
}

/* The run of characters without white space or NUL in which the difference lies. */
static struct assay_span word_around(const struct assay_excerpt *excerpt)
{
	const uint8_t *p = excerpt->bytes.ptr;
	size_t start = excerpt->before, end = excerpt->before + excerpt->length;

	while (start > 0 && isgraph(p[start - 1]))
		start--;
	while (end < excerpt->bytes.len && isgraph(p[end]))
		end++;
	return p != NULL ? assay_span_of(p + start, end - start) : assay_span_of(NULL, 0);
}

static bool contains(struct assay_span text, const char *part)
{
	return text.len > 0 && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static bool is_path(struct assay_span word)
{
	return contains(word, "/build/") || contains(word, "/home/") || contains(word, "/tmp/") ||
	       contains(word, "/builddir/") || contains(word, "/usr/src/");
}

static bool is_build_path(const struct assay_case *c)
{
	return c->finding->item == NULL && is_path(word_around(&c->finding->delivered)) &&
	       is_path(word_around(&c->finding->rebuilt));
}

/* The characters around a difference, at most reach on each side. */
static struct assay_span around(const struct assay_excerpt *excerpt, size_t reach)
{
	size_t start = excerpt->before > reach ? excerpt->before - reach : 0;

	return assay_span_sub(assay_span_of_bytes(&excerpt->bytes), start,
	                      excerpt->before - start + excerpt->length + reach);
}

/* Whether one byte is what a pattern wants: 9 a digit, _ a digit or a space, A and a a letter. */
static bool fits(char wanted, uint8_t byte)
{
	switch (wanted) {
	case '9':
		return isdigit(byte);
	case '_':
		return isdigit(byte) || byte == ' ';
	case 'A':
		return isupper(byte);
	case 'a':
		return islower(byte);
	default:
		return byte == (uint8_t)wanted;
	}
}

/* Whether a pattern stands anywhere in the text. */
static bool matches(struct assay_span text, const char *pattern)
{
	size_t len = strlen(pattern);

	for (size_t at = 0; at + len <= text.len; at++) {
		size_t i = 0;

		while (i < len && fits(pattern[i], text.ptr[at + i]))
			i++;
		if (i == len)
			return true;
	}
	return false;
}

static bool both_match(const struct assay_case *c, const char *pattern, size_t reach)
{
	return matches(around(&c->finding->delivered, reach), pattern) &&
	       matches(around(&c->finding->rebuilt, reach), pattern);
}

/* __DATE__ is "Nov 25 2022", __TIME__ "06:31:44". */
static bool is_macro_time(const struct assay_case *c)
{
	return has_format(c, "elf") &&
	       (both_match(c, "Aaa _9 2099", 10) || both_match(c, "99:99:99", 7));
}

static bool is_written_time(const struct assay_case *c)
{
	return c->finding->item == NULL &&
	       (both_match(c, "2099-99-99", 9) || both_match(c, "99:99:99", 7) ||
	        both_match(c, "Aaa _9 2099", 10));
}

/* A little-endian number that is a year, standing where the difference begins. */
static bool is_year_number(const struct assay_excerpt *excerpt)
{
	struct assay_span number =
		assay_span_sub(assay_span_of_bytes(&excerpt->bytes), excerpt->before, 4);
	uint64_t year = number.len == 4 ? assay_load(number.ptr, 4, false) : 0;

	return excerpt->length <= 2 && year >= YEAR_MIN && year <= YEAR_MAX;
}

static bool is_year_text(const struct assay_excerpt *excerpt)
{
	struct assay_span text = around(excerpt, 3);

	for (size_t at = 0; at + 4 <= text.len; at++) {
		const uint8_t *p = text.ptr + at;

		if ((memcmp(p, "19", 2) == 0 || memcmp(p, "20", 2) == 0) && isdigit(p[2]) &&
		    isdigit(p[3]) && (at == 0 || !isalnum(p[-1])) &&
		    (at + 4 == text.len || !isalnum(p[4])))
			return true;
	}
	return false;
}

static bool is_year(const struct assay_case *c)
{
	const struct assay_excerpt *a = &c->finding->delivered, *b = &c->finding->rebuilt;

	return c->finding->item == NULL &&
	       ((is_year_number(a) && is_year_number(b)) || (is_year_text(a) && is_year_text(b)));
}

/* "libc6 (>= 2.34)" in a control file: the versions of other packages that the build saw. */
static bool is_bound(const struct assay_excerpt *excerpt)
{
	struct assay_span text = around(excerpt, 64);

	return contains(text, "(>= ") || contains(text, "(= ") || contains(text, "(<< ");
}

static bool is_dependency(const struct assay_case *c)
{
	return path_has(c, "control.tar") && path_has(c, "!/control") &&
	       is_bound(&c->finding->delivered) && is_bound(&c->finding->rebuilt);
}

/* Names without a remark are the taxonomy's. */
const struct assay_cause assay_causes[] = {
	{ "timestamps_in_gzip_headers", is_gzip_time },
	{ "varying_mtimes_in_data_tar_gz_or_control_tar_gz", is_package_time },
	{ "timestamps_in_tarball", is_tar_time },
	{ "different_due_to_umask", is_umask },
	{ "versions_of_build_dependencies", is_dependency }, /* ours */
	{ "captures_build_path", is_build_path },
	{ "timestamps_from_cpp_macros", is_macro_time },
	{ "timestamps_manually_added_needs_further_investigation", is_written_time },
	{ "year_from_clock", is_year }, /* ours */
	{ 0 },
};
