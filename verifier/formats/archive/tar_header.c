/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/archive/tar_header.h"

#include "base/cursor.h"
#include "base/digest.h"
#include "formats/contents.h"

#define NAME_LEN 100
#define SIZE_AT 124
#define SIZE_LEN 12
#define MTIME_AT 136
#define MTIME_LEN 12
#define CHECK_AT 148
#define CHECK_LEN 8
#define MAGIC_AT 257
#define TIMESTAMPS "tar/timestamps@1"
#define PAX_TIMESTAMPS "tar/pax-timestamps@1"
#define SECONDS_MAX 11 /* digits: as many as a header has, octal ones */
#define FRACTION_MAX 9 /* digits: nanoseconds */
#define PREFIX_AT 345
#define PREFIX_LEN 155
#define DIGITS (ASSAY_SHA256_HEX - 1)

/*
 * With size and checksum written in the one usual way, their values follow from the rest. A time
 * written in the one usual way is nothing but a time.
 */
#define FIELDS(name_role, size_role, check_role, time_role, time_rule)                             \
	{                                                                                          \
		{ "name", 0, 100, name_role }, { "mode", 100, 8, ASSAY_ROLE_FIXED },               \
			{ "uid", 108, 8, ASSAY_ROLE_FIXED }, { "gid", 116, 8, ASSAY_ROLE_FIXED },  \
			{ "size", SIZE_AT, 11, size_role },                                        \
			{ "size end", 135, 1, ASSAY_ROLE_FIXED },                                  \
			{ "mtime", MTIME_AT, MTIME_LEN, time_role, time_rule },                    \
			{ "checksum", CHECK_AT, 6, check_role },                                   \
			{ "checksum end", 154, 2, ASSAY_ROLE_FIXED },                              \
			{ "type", 156, 1, ASSAY_ROLE_FIXED },                                      \
			{ "link target", 157, 100, ASSAY_ROLE_FIXED },                             \
			{ "magic", MAGIC_AT, 8, ASSAY_ROLE_FIXED },                                \
			{ "user name", 265, 32, ASSAY_ROLE_FIXED },                                \
			{ "group name", 297, 32, ASSAY_ROLE_FIXED },                               \
			{ "device major", 329, 8, ASSAY_ROLE_FIXED },                              \
			{ "device minor", 337, 8, ASSAY_ROLE_FIXED },                              \
			{ "name prefix", PREFIX_AT, PREFIX_LEN, ASSAY_ROLE_FIXED },                \
			{ "header padding", 500, 12, ASSAY_ROLE_FIXED }, { 0 },                    \
	}
/* By whether size and checksum are usual, the time, and whether the name is a digest of content. */
#define TIMES(name_role, size_role, check_role)                                                    \
	{                                                                                          \
		FIELDS(name_role, size_role, check_role, ASSAY_ROLE_FIXED, NULL),                  \
			FIELDS(name_role, size_role, check_role, ASSAY_ROLE_OPAQUE, TIMESTAMPS),   \
	}
static const struct assay_field tables[2][2][20] = {
	TIMES(ASSAY_ROLE_FIXED, ASSAY_ROLE_FIXED, ASSAY_ROLE_FIXED),
	TIMES(ASSAY_ROLE_FIXED, ASSAY_ROLE_SIZE, ASSAY_ROLE_CHECK),
};
static const struct assay_field digest_tables[2][20] =
	TIMES(ASSAY_ROLE_CHECK, ASSAY_ROLE_SIZE, ASSAY_ROLE_CHECK);

/* Of a pax header whose size follows from the times in it. */
static const struct assay_field extension_tables[2][20] =
	TIMES(ASSAY_ROLE_FIXED, ASSAY_ROLE_CHECK, ASSAY_ROLE_CHECK);

/* Octal digits, spaces before and a space or NUL behind; at least one digit. */
static bool parse_octal(struct assay_span text, uint64_t *out)
{
	size_t i = 0, first;

	*out = 0;
	while (i < text.len && text.ptr[i] == ' ')
		i++;
	for (first = i; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '7'; i++)
		*out = *out << 3 | (text.ptr[i] - '0'); /* at most 12 digits: no overflow */
	if (i == first)
		return false;
	for (; i < text.len; i++)
		if (text.ptr[i] != ' ' && text.ptr[i] != '\0')
			return false;
	return true;
}

/* GNU base-256: the high bit of the first byte, then a big-endian number below 2^63. */
static bool parse_size(struct assay_span text, uint64_t *out)
{
	if (text.len != SIZE_LEN || text.ptr[0] != 0x80)
		return parse_octal(text, out);
	*out = assay_load(text.ptr + 4, 8, true);
	return assay_span_is_fill(assay_span_sub(text, 1, 3), 0) && *out <= INT64_MAX;
}

/* The sum of all bytes, with spaces for the checksum itself. */
static uint64_t checksum(struct assay_span block)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ASSAY_TAR_BLOCK; i++)
		sum += i >= CHECK_AT && i < CHECK_AT + CHECK_LEN ? ' ' : block.ptr[i];
	return sum;
}

bool assay_tar_is_header(struct assay_span block)
{
	uint64_t stored;

	return block.len >= ASSAY_TAR_BLOCK &&
	       parse_octal(assay_span_sub(block, CHECK_AT, CHECK_LEN), &stored) &&
	       stored == checksum(block);
}

static bool all_octal(struct assay_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '7')
			return false;
	return true;
}

static bool is_usual(struct assay_span block)
{
	return all_octal(assay_span_sub(block, SIZE_AT, 11)) &&
	       all_octal(assay_span_sub(block, CHECK_AT, 6));
}

static bool is_usual_time(struct assay_span block)
{
	uint8_t last = block.ptr[MTIME_AT + MTIME_LEN - 1];

	return all_octal(assay_span_sub(block, MTIME_AT, MTIME_LEN - 1)) &&
	       (last == '\0' || last == ' ');
}

/* --- names that are digests --- */

static bool is_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool assay_tar_digest_at(struct assay_span name, size_t *at)
{
	size_t run = 0;

	for (size_t i = 0; i < name.len; i++) {
		run = is_digit(name.ptr[i]) ? run + 1 : 0;
		if (run < DIGITS || (i + 1 < name.len && is_digit(name.ptr[i + 1])))
			continue;
		*at = i + 1 - DIGITS;
		return run == DIGITS;
	}
	return false;
}

/* The header of an entry, when its name stands there whole and what follows from others is usual. */
static struct assay_part *find_header(struct assay_contents *contents, size_t entry)
{
	const struct assay_entry *e = &contents->entries[entry];
	struct assay_part *part = &contents->parts[e->first_part];
	size_t len = strlen(e->name), i = 0;
	struct assay_span name;

	while (i < e->part_count && strcmp(part[i].what, "header") != 0)
		i++;
	if (i == e->part_count ||
	    (part[i].fields != tables[1][0] && part[i].fields != tables[1][1]))
		return NULL;
	name = assay_span_sub(contents->span, part[i].offset, NAME_LEN);
	if (len > NAME_LEN || !assay_span_starts(name, e->name, len) ||
	    !assay_span_is_fill(assay_span_sub(name, len, NAME_LEN), 0))
		return NULL;
	return &part[i];
}

bool assay_tar_name_follows(struct assay_contents *contents, size_t entry)
{
	struct assay_part *part = find_header(contents, entry);

	if (part == NULL)
		return false;
	part->fields = digest_tables[part->fields == tables[1][1]];
	return true;
}

/* In: part, the header of an entry whose name follows from its content */
static void recompute_name(const struct assay_contents *contents, const struct assay_part *part,
                           uint8_t *image)
{
	struct assay_span content = contents->entries[part->entry].content;
	struct assay_span name = assay_span_sub(contents->span, part->offset, NAME_LEN);
	char digits[ASSAY_SHA256_HEX];
	struct assay_sha256 digest;
	size_t at;

	if (!assay_tar_digest_at(name, &at))
		return;
	if (content.len > 0)
		content.ptr = image + (content.ptr - contents->span.ptr);
	assay_sha256(content, &digest);
	assay_sha256_hex(&digest, digits);
	memcpy(image + part->offset, name.ptr, NAME_LEN);
	memcpy(image + part->offset + at, digits, DIGITS);
}

static bool is_usual_table(const struct assay_field *fields)
{
	return fields == tables[1][0] || fields == tables[1][1] || fields == extension_tables[0] ||
	       fields == extension_tables[1];
}

void assay_tar_recompute(const struct assay_contents *contents, uint8_t *image)
{
	for (size_t i = 0; i < contents->part_count; i++) {
		const struct assay_part *part = &contents->parts[i];
		uint8_t *block = image + part->offset;
		bool named = part->fields == digest_tables[0] || part->fields == digest_tables[1];
		uint64_t sum;

		if (!named && !is_usual_table(part->fields))
			continue;
		if (named)
			recompute_name(contents, part, image);
		sum = checksum(assay_span_of(block, ASSAY_TAR_BLOCK));
		for (int digit = 5; digit >= 0; digit--, sum >>= 3)
			block[CHECK_AT + digit] = (uint8_t)('0' + (sum & 7));
	}
}

/* Text up to a NUL or the end of the field. */
static struct assay_span text_of(struct assay_span block, uint64_t offset, uint64_t length)
{
	struct assay_span field = assay_span_sub(block, offset, length);
	const uint8_t *end = memchr(field.ptr, '\0', field.len);

	if (end != NULL)
		field.len = (size_t)(end - field.ptr);
	return field;
}

int assay_tar_header(struct assay_span block, struct assay_tar_header *out, struct assay_error *err)
{
	*out = (struct assay_tar_header){
		.type = (char)block.ptr[156],
		.name = text_of(block, 0, 100),
		.link = text_of(block, 157, 100),
		.fields = tables[is_usual(block)][is_usual_time(block)],
	};
	if (memcmp(block.ptr + MAGIC_AT, "ustar\0", 6) == 0)
		out->prefix = text_of(block, PREFIX_AT, PREFIX_LEN);
	if (!parse_size(assay_span_sub(block, SIZE_AT, SIZE_LEN), &out->size))
		return assay_fail(err, ASSAY_E_FORMAT, "a header without a size");
	return 0;
}

int assay_tar_record(struct assay_cursor *cur, struct assay_span *key, struct assay_span *value,
                     struct assay_error *err)
{
	struct assay_span rest = assay_span_sub(cur->span, cur->pos, cur->span.len);
	uint64_t length = 0;
	size_t i = 0;
	const uint8_t *equals;

	for (; i < rest.len && i < 10 && rest.ptr[i] >= '0' && rest.ptr[i] <= '9'; i++)
		length = length * 10 + (rest.ptr[i] - '0');
	if (i == 0 || rest.ptr[0] == '0' || i >= rest.len || rest.ptr[i] != ' ' ||
	    length > rest.len || length < i + 3 || rest.ptr[length - 1] != '\n')
		return assay_fail(err, ASSAY_E_FORMAT, "malformed pax record");
	*key = assay_span_sub(rest, i + 1, length - i - 2);
	equals = memchr(key->ptr, '=', key->len);
	if (equals == NULL || equals == key->ptr)
		return assay_fail(err, ASSAY_E_FORMAT, "malformed pax record");
	*value = assay_span_of(equals + 1, (size_t)(key->ptr + key->len - (equals + 1)));
	key->len = (size_t)(equals - key->ptr);
	cur->pos += (size_t)length;
	return 0;
}

static int set_once(struct assay_span *slot, struct assay_span value, struct assay_error *err)
{
	if (slot->ptr != NULL || value.len == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a pax record twice, or without a value");
	*slot = value;
	return 0;
}

static int set_size(struct assay_pax *out, struct assay_span value, struct assay_error *err)
{
	if (out->has_size || value.len == 0 || value.len > 18)
		return assay_fail(err, ASSAY_E_FORMAT, "no size in a pax record");
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return assay_fail(err, ASSAY_E_FORMAT, "no size in a pax record");
		out->size = out->size * 10 + (value.ptr[i] - '0');
	}
	out->has_size = true;
	return 0;
}

static int apply_record(struct assay_pax *out, struct assay_tar_sparse *sparse,
                        struct assay_span key, struct assay_span value, struct assay_error *err)
{
	int taken;

	if (assay_span_is(key, "path"))
		return set_once(&out->path, value, err);
	if (assay_span_is(key, "linkpath"))
		return set_once(&out->link, value, err);
	if (assay_span_is(key, "size"))
		return set_size(out, value, err);
	if (assay_span_is(key, "SCHILY.realsize") ||
	    (sparse == NULL && assay_span_starts(key, "GNU.sparse.", 11)))
		return assay_fail(err, ASSAY_E_FORMAT, "a sparse file: not supported");
	taken = sparse != NULL ? assay_tar_sparse_record(sparse, key, value, err) : 0;
	return taken < 0 ? -1 : 0;
}

int assay_tar_pax(struct assay_span records, struct assay_pax *out, struct assay_tar_sparse *sparse,
                  struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(records, false);

	*out = (struct assay_pax){ 0 };
	while (assay_cursor_left(&cur) > 0) {
		struct assay_span key = { 0 }, value = { 0 };

		if (assay_tar_record(&cur, &key, &value, err) < 0)
			return -1;
		if (apply_record(out, sparse, key, value, err) < 0)
			return -1;
	}
	return 0;
}

/* --- times in pax headers --- */

static size_t count_digits(struct assay_span text, size_t from)
{
	size_t at = from;

	while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
		at++;
	return at - from;
}

/* How the parts of a pax header are called. */
static const char PAX[] = "pax header", PAX_LENGTH[] = "length of a pax record",
		  PAX_KEY[] = "key of a time", PAX_TIME[] = "pax time";

static bool is_pax_part(const struct assay_part *part)
{
	return strcmp(part->what, PAX) == 0 || strcmp(part->what, PAX_LENGTH) == 0 ||
	       strcmp(part->what, PAX_KEY) == 0 || strcmp(part->what, PAX_TIME) == 0;
}

struct assay_span assay_tar_pax_of(const struct assay_contents *contents,
                                   const struct assay_entry *entry)
{
	uint64_t start = 0, length = 0;

	for (size_t i = 0; i < entry->part_count; i++) {
		const struct assay_part *part = &contents->parts[entry->first_part + i];

		if (!is_pax_part(part))
			continue;
		start = length == 0 ? part->offset : start;
		length += part->length;
	}
	return assay_span_sub(contents->span, start, length);
}

/* Seconds, and maybe a fraction of them. */
static bool is_pax_time(struct assay_span key, struct assay_span value)
{
	size_t seconds = count_digits(value, 0), fraction;

	if (!assay_span_is(key, "mtime") && !assay_span_is(key, "atime") &&
	    !assay_span_is(key, "ctime"))
		return false;
	if (seconds == 0 || seconds > SECONDS_MAX)
		return false;
	if (seconds == value.len)
		return true;
	fraction = count_digits(value, seconds + 1);
	return value.ptr[seconds] == '.' && fraction > 0 && fraction <= FRACTION_MAX &&
	       seconds + 1 + fraction == value.len;
}

/* A part of the records up to a place. */
static struct assay_part *add_until(struct assay_contents *out, size_t entry, enum assay_role role,
                                    const char *what, uint64_t end)
{
	return assay_contents_part(out, entry, role, what, end - out->end);
}

/* The length in front of a record follows from its value. */
static void add_time(struct assay_contents *out, size_t entry, uint64_t record, uint64_t value,
                     uint64_t length)
{
	size_t digits = count_digits(assay_span_sub(out->span, record, value - record), 0);

	(void)add_until(out, entry, ASSAY_ROLE_FIXED, PAX, record);
	(void)add_until(out, entry, ASSAY_ROLE_CHECK, PAX_LENGTH, record + digits);
	(void)add_until(out, entry, ASSAY_ROLE_FIXED, PAX_KEY, value);
	add_until(out, entry, ASSAY_ROLE_OPAQUE, PAX_TIME, value + length)->rule = PAX_TIMESTAMPS;
}

void assay_tar_pax_parts(struct assay_contents *out, size_t entry, struct assay_span records)
{
	struct assay_part *header = &out->parts[out->part_count - 1];
	struct assay_cursor cur = assay_cursor_at(records, false);
	struct assay_error ignored = ASSAY_ERROR_INIT;
	uint64_t start = out->end;
	bool usual = header->fields == tables[1][0] || header->fields == tables[1][1];

	while (usual && assay_cursor_left(&cur) > 0) {
		struct assay_span key = { 0 }, value = { 0 };
		uint64_t at = start + cur.pos;

		if (assay_tar_record(&cur, &key, &value, &ignored) < 0)
			break;
		if (!is_pax_time(key, value))
			continue;
		if (out->end == start)
			out->parts[out->part_count - 1].fields =
				extension_tables[header->fields == tables[1][1]];
		add_time(out, entry, at, start + (uint64_t)(value.ptr - records.ptr), value.len);
	}
	(void)add_until(out, entry, ASSAY_ROLE_FIXED, PAX, start + records.len);
}
