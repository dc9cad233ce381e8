/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ar archives: .deb packages and static libraries.
 *
 * Source: ar(5): 8 bytes of magic; members of a 60-byte header and data padded to 2 bytes; deb(5).
 *         System V / GNU names: "name/", "/" symbol table, "//" name table, "/N" offset into it.
 * Limits: BSD names ("#1/N") are left in the content, where they are compared all the same. BSD
 *         indexes ("__.SYMDEF") are members like others, but nothing may move beside one. Thin archives are not read: their members
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

/*
 * Headers beside an index that is not read here. A linker goes where it leads, so nothing may move:
 * in debugging information that is longer there is room for a member that only the index knows.
 */
static const struct assay_field locked_fields[] = {
	{ "name", 0, NAME, ASSAY_ROLE_FIXED },
	{ "mtime", 16, 12, ASSAY_ROLE_FIXED },
	{ "uid", 28, 6, ASSAY_ROLE_FIXED },
	{ "gid", 34, 6, ASSAY_ROLE_FIXED },
	{ "mode", 40, 8, ASSAY_ROLE_FIXED },
	{ "size", SIZE_AT, SIZE_LEN, ASSAY_ROLE_FIXED },
	{ "end mark", END_AT, 2, ASSAY_ROLE_FIXED },
	{ 0 },
};

/* What is known of an archive while it is read. */
struct archive {
	struct assay_span names; /* the name table, once it was seen */
	const struct assay_field *fields;
	bool has_tables; /* index and names are no members, and the index is understood */
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

/* --- what an archive is --- */

enum member_kind {
	MEMBER,
	MEMBER_INDEX_32,
	MEMBER_INDEX_64,
	MEMBER_INDEX_OTHER,
	MEMBER_NAMES,
};

#define BSD_INDEX "__.SYMDEF" /* more may follow: "/", "_64", " SORTED" */

static bool is_bsd_index(struct assay_span header)
{
	return assay_span_starts(header, BSD_INDEX, strlen(BSD_INDEX)) ||
	       (assay_span_starts(header, "#1/", 3) &&
	        assay_span_starts(assay_span_sub(header, HEADER, header.len), BSD_INDEX,
	                          strlen(BSD_INDEX)));
}

/* header: and what follows it */
static enum member_kind kind_of(struct assay_span header)
{
	struct assay_span name = trim(assay_span_sub(header, 0, NAME));

	if (assay_span_is(name, "/"))
		return MEMBER_INDEX_32;
	if (assay_span_is(name, "/SYM64/"))
		return MEMBER_INDEX_64;
	if (is_bsd_index(header))
		return MEMBER_INDEX_OTHER;
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

/* What all members together are. */
struct survey {
	size_t members;
	bool index, other_index; /* one that stands in front; any other */
	bool plain;              /* headers have numbers where they should */
	bool relocatable;        /* all members are */
	bool ordered;            /* names stand in front of members; nothing is cut short */
};

static void survey_member(struct survey *survey, struct assay_span rest, uint64_t at, uint64_t size)
{
	enum member_kind kind = kind_of(rest);
	bool index = kind == MEMBER_INDEX_32 || kind == MEMBER_INDEX_64;

	survey->index |= index && at == strlen(MAGIC);
	survey->other_index |= kind == MEMBER_INDEX_OTHER || (index && at > strlen(MAGIC));
	survey->plain &= is_plain(rest);
	if (kind == MEMBER_NAMES && survey->members > 0)
		survey->ordered = false;
	if (kind != MEMBER)
		return;
	survey->members++;
	survey->relocatable &= is_relocatable(assay_span_sub(rest, HEADER, size));
}

static struct survey survey_all(struct assay_span span)
{
	struct survey survey = { .plain = true, .relocatable = true, .ordered = true };
	uint64_t at = strlen(MAGIC), size;

	for (;;) {
		struct assay_span rest = assay_span_sub(span, at, span.len);
		struct assay_error err = ASSAY_ERROR_INIT;

		if (rest.len == 0)
			return survey;
		if (!is_header(rest) || read_size(rest, at, &size, &err) < 0)
			break;
		survey_member(&survey, rest, at, size);
		at += HEADER + size + size % 2;
	}
	survey.ordered = false;
	return survey;
}

/* An index, when there is one, and the names stand in front. Where all else is relocatable it is a
 * static library. */
static struct archive archive_of(struct assay_span span)
{
	struct survey survey = survey_all(span);
	bool sound = survey.ordered && survey.plain && !survey.other_index && survey.members > 0;

	if (sound && survey.relocatable)
		return (struct archive){ .fields = library_fields, .has_tables = true };
	if (sound && survey.index)
		return (struct archive){ .fields = fields, .has_tables = true };
	return (struct archive){ .fields = survey.index || survey.other_index ? locked_fields
		                                                              : fields };
}

/* --- reading --- */

/* Index and names, which are no members but say what is in it. */
static void read_table(struct assay_contents *out, const struct archive *archive,
                       enum member_kind kind, uint64_t size)
{
	static const char *const what[][2] = {
		[MEMBER_INDEX_32] = { "header of the symbol index", ASSAY_AR_INDEX_32 },
		[MEMBER_INDEX_64] = { "header of the symbol index", ASSAY_AR_INDEX_64 },
		[MEMBER_INDEX_OTHER] = { "", "" },
		[MEMBER_NAMES] = { "header of the name table", "name table" },
	};
	enum assay_role role = kind == MEMBER_NAMES ? ASSAY_ROLE_FIXED : ASSAY_ROLE_METADATA;

	assay_contents_fields(out, ASSAY_NO_ENTRY, what[kind][0], archive->fields);
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
	assay_contents_fields(out, index, "header", archive->fields);
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
	if (!archive->has_tables || kind == MEMBER)
		return read_entry(budget, archive, out, size, err);
	read_table(out, archive, kind, size);
	return 0;
}

/* An index that is not understood in all its bytes must be equal, and nothing may move. */
static void check_index(struct assay_contents *out)
{
	ASSAY_AUTO_AR_INDEX struct assay_ar_index index = { 0 };
	struct assay_error err = ASSAY_ERROR_INIT;

	if (assay_ar_index_read(out, &index, &err) == 0)
		return;
	for (size_t i = 0; i < out->part_count; i++) {
		if (out->parts[i].role == ASSAY_ROLE_METADATA)
			out->parts[i].role = ASSAY_ROLE_FIXED;
		if (out->parts[i].fields != NULL)
			out->parts[i].fields = locked_fields;
	}
}

static int read_ar(struct assay_budget *budget, struct assay_contents *out, struct assay_error *err)
{
	struct archive archive = archive_of(out->span);

	if (assay_span_starts(out->span, THIN_MAGIC, strlen(THIN_MAGIC)))
		return assay_fail_at(err, ASSAY_E_FORMAT, 0,
		                     "a thin archive: its members are files elsewhere");
	(void)assay_contents_part(out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "magic", strlen(MAGIC));
	while (is_header(assay_contents_rest(out)))
		if (read_member(budget, &archive, out, err) < 0)
			return -1;
	assay_contents_trailing(out, ASSAY_NO_ENTRY);
	if (archive.has_tables)
		check_index(out);
	return 0;
}

const struct assay_reader assay_reader_ar = {
	.name = "ar",
	.repack_rule = "ar/headers@1",
	.probe = probe,
	.read = read_ar,
};
