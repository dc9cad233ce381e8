/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ar archives: .deb packages and static libraries.
 *
 * Source: ar(5): 8 bytes of magic; members of a 60-byte header and data padded to 2 bytes; deb(5).
 *         System V / GNU names: "name/", "/" symbol table, "//" name table, "/N" offset into it.
 * Limits: BSD names ("#1/N") are left in the content, where they are compared all the same. BSD
 *         indexes ("__.SYMDEF") are members like others. Thin archives are not read: their members
 *         are files elsewhere.
 */
#include <ctype.h>

#include "formats/archive/ar.h"
#include "formats/contents.h"
#include "formats/readers.h"

#define MAGIC "!<arch>\n"
#define THIN_MAGIC "!<thin>\n"
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

/*
 * Headers of a static library. ar/headers: a linker looks for members by name, position and
 * index, and reads nothing else of a header: time, owner and mode are those of a file that a build
 * had for a moment. They are numbers of at most 12 digits, so nothing hides there. `ar x' gives
 * them to the object file that it writes; that is no program, whatever its mode. So does a
 * make(1) rule about "lib(member)", which is a matter of who builds, not of what was delivered.
 * Where a member is no relocatable file the archive is no library, and they must be equal.
 */
static const struct assay_field library_fields[] = {
	{ "name", 0, NAME, ASSAY_ROLE_FIXED },       { "mtime", 16, 12, ASSAY_ROLE_METADATA },
	{ "uid", 28, 6, ASSAY_ROLE_METADATA },       { "gid", 34, 6, ASSAY_ROLE_METADATA },
	{ "mode", 40, 8, ASSAY_ROLE_METADATA },      { "size", SIZE_AT, SIZE_LEN, ASSAY_ROLE_SIZE },
	{ "end mark", END_AT, 2, ASSAY_ROLE_FIXED }, { 0 },
};
#define FREE_AT 16 /* of the first of these four */
#define FREE_END SIZE_AT

/* What is known of an archive while it is read. */
struct archive {
	struct assay_span names; /* the name table, once it was seen */
	bool library;
};

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, strlen(MAGIC)) ||
	       assay_span_starts(span, THIN_MAGIC, strlen(THIN_MAGIC));
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
static bool long_name(struct assay_span names, struct assay_span raw, struct assay_span *out)
{
	uint64_t offset;
	struct assay_span rest;
	const uint8_t *end;

	if (raw.len < 2 || raw.ptr[0] != '/' ||
	    !parse_number(assay_span_sub(raw, 1, raw.len), &offset))
		return false;
	rest = assay_span_sub(names, offset, names.len);
	end = rest.len > 0 ? memchr(rest.ptr, '\n', rest.len) : NULL;
	if (end == NULL)
		return false;
	*out = assay_span_of(rest.ptr, (size_t)(end - rest.ptr));
	return true;
}

static struct assay_span member_name(struct assay_span names, struct assay_span header)
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

/* The size in a header whose content is there. Errors: ASSAY_E_FORMAT. at: for errors */
static int read_size(struct assay_span rest, uint64_t at, uint64_t *out, struct assay_error *err)
{
	if (!parse_number(trim(assay_span_sub(rest, SIZE_AT, SIZE_LEN)), out))
		return assay_fail_at(err, ASSAY_E_FORMAT, at + SIZE_AT, "no size");
	if (*out > rest.len - HEADER)
		return assay_fail_at(err, ASSAY_E_FORMAT, at + SIZE_AT, "a member past the end");
	if (*out % 2 != 0 && *out == rest.len - HEADER)
		return assay_fail_at(err, ASSAY_E_FORMAT, at + HEADER + *out,
		                     "cut short in the padding");
	return 0;
}

static bool is_header(struct assay_span rest)
{
	return rest.len >= HEADER && memcmp(rest.ptr + END_AT, "`\n", 2) == 0;
}

/* --- which archives are static libraries --- */

enum member_kind {
	MEMBER,
	MEMBER_INDEX_32,
	MEMBER_INDEX_64,
	MEMBER_NAMES,
};

static enum member_kind kind_of(struct assay_span header)
{
	struct assay_span name = trim(assay_span_sub(header, 0, NAME));

	if (assay_span_is(name, "/"))
		return MEMBER_INDEX_32;
	if (assay_span_is(name, "/SYM64/"))
		return MEMBER_INDEX_64;
	return assay_span_is(name, "//") ? MEMBER_NAMES : MEMBER;
}

/* The fields that may differ hold numbers and blanks. */
static bool is_plain(struct assay_span header)
{
	for (size_t i = FREE_AT; i < FREE_END; i++)
		if (!isdigit(header.ptr[i]) && header.ptr[i] != ' ')
			return false;
	return true;
}

/* ELF, and e_type 1 in either byte order. */
static bool is_relocatable(struct assay_span content)
{
	return assay_span_starts(content, "\177ELF", 4) && content.len > 18 &&
	       content.ptr[16] + content.ptr[17] == 1;
}

/* An index, when there is one, and the names stand in front; all else is relocatable. */
static bool is_library(struct assay_span span)
{
	uint64_t at = strlen(MAGIC), size;
	size_t members = 0;

	for (;;) {
		struct assay_span rest = assay_span_sub(span, at, span.len);
		struct assay_error err = ASSAY_ERROR_INIT;
		enum member_kind kind;

		if (rest.len == 0)
			return members > 0;
		if (!is_header(rest) || read_size(rest, at, &size, &err) < 0 || !is_plain(rest))
			return false;
		kind = kind_of(rest);
		if ((kind == MEMBER_INDEX_32 || kind == MEMBER_INDEX_64) && at > strlen(MAGIC))
			return false;
		if (kind == MEMBER_NAMES && members > 0)
			return false;
		if (kind == MEMBER && !is_relocatable(assay_span_sub(rest, HEADER, size)))
			return false;
		members += kind == MEMBER;
		at += HEADER + size + size % 2;
	}
}

/* --- reading --- */

/* Index and names of a static library, which are no members but say what is in it. */
static void read_table(struct assay_contents *out, enum member_kind kind, uint64_t size)
{
	static const char *const what[][2] = {
		[MEMBER_INDEX_32] = { "header of the symbol index", ASSAY_AR_INDEX_32 },
		[MEMBER_INDEX_64] = { "header of the symbol index", ASSAY_AR_INDEX_64 },
		[MEMBER_NAMES] = { "header of the name table", "name table" },
	};
	enum assay_role role = kind == MEMBER_NAMES ? ASSAY_ROLE_FIXED : ASSAY_ROLE_METADATA;

	assay_contents_fields(out, ASSAY_NO_ENTRY, what[kind][0], library_fields);
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, role, what[kind][1], size);
	if (size % 2 != 0)
		assay_contents_fill(out, ASSAY_NO_ENTRY, "padding of a table", 1, '\n');
}

static int read_entry(struct assay_budget *budget, struct archive *archive,
                      struct assay_contents *out, uint64_t size, struct assay_error *err)
{
	struct assay_span header = assay_contents_rest(out);
	size_t index = out->entry_count;
	struct assay_entry *entry;

	if (assay_contents_entry(out, budget, ASSAY_ENTRY_FILE, err) < 0)
		return -1;
	entry = assay_contents_newest(out);
	if (assay_contents_text(out, &entry->name, member_name(archive->names, header), err) < 0)
		return -1;
	entry->content = assay_span_sub(header, HEADER, size);
	assay_contents_fields(out, index, "header", archive->library ? library_fields : fields);
	(void)assay_contents_part(out, index, ASSAY_ROLE_CONTENT, "content", size);
	if (size % 2 != 0)
		assay_contents_fill(out, index, "padding", 1, '\n');
	return 0;
}

static int read_member(struct assay_budget *budget, struct archive *archive,
                       struct assay_contents *out, struct assay_error *err)
{
	struct assay_span header = assay_contents_rest(out);
	enum member_kind kind = kind_of(header);
	uint64_t size;

	if (read_size(header, out->end, &size, err) < 0)
		return -1;
	if (kind == MEMBER_NAMES)
		archive->names = assay_span_sub(header, HEADER, size);
	if (!archive->library || kind == MEMBER)
		return read_entry(budget, archive, out, size, err);
	read_table(out, kind, size);
	return 0;
}

/* An index that is not understood in all its bytes must be equal. */
static void check_index(struct assay_contents *out)
{
	ASSAY_AUTO_AR_INDEX struct assay_ar_index index = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_ar_index_read(out, &index, &err) == 0)
		return;
	for (size_t i = 0; i < out->part_count; i++)
		if (out->parts[i].role == ASSAY_ROLE_METADATA)
			out->parts[i].role = ASSAY_ROLE_FIXED;
}

static int read_ar(struct assay_budget *budget, struct assay_contents *out, struct assay_error *err)
{
	struct archive archive = { .library = is_library(out->span) };

	if (assay_span_starts(out->span, THIN_MAGIC, strlen(THIN_MAGIC)))
		return assay_fail_at(err, ASSAY_E_FORMAT, 0,
		                     "a thin archive: its members are files elsewhere");
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "magic", strlen(MAGIC));
	while (is_header(assay_contents_rest(out)))
		if (read_member(budget, &archive, out, err) < 0)
			return -1;
	assay_contents_trailing(out, ASSAY_NO_ENTRY);
	if (archive.library)
		check_index(out);
	return 0;
}

const struct assay_reader assay_reader_ar = {
	.name = "ar",
	.repack_rule = "ar/headers@1",
	.probe = probe,
	.read = read_ar,
};
