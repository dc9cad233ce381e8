/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/contents.h"

#include <stdarg.h>

#include "base/memory.h"
#include "formats/package/package.h"

/* What a name takes at least, however short it is: malloc(3) of the C library. */
#define NAME_ROOM 32

/* Whether the tables may get bytes larger. */
static bool weigh(struct assay_contents *contents, uint64_t bytes)
{
	struct assay_budget *budget = contents->budget;

	if (budget == NULL)
		return true;
	budget->tables += bytes;
	return budget->tables <= budget->tables_max;
}

/*
 * The same for tables whose readers do not stop for a limit: the last item is used again and again,
 * and in the end all of it is refused.
 */
static bool has_room(struct assay_contents *contents, size_t count, uint64_t bytes)
{
	bool fits = weigh(contents, bytes);

	contents->full |= !fits;
	return fits || count == 0;
}

/* Take note that an entry has one part more; its parts should follow each other. */
static void count_part(struct assay_contents *contents, struct assay_entry *entry,
                       const struct assay_part *part)
{
	if (entry->part_count++ == 0)
		entry->first_part = part->serial;
	else
		contents->scattered |= part[-1].entry != part->entry;
}

struct assay_part *assay_contents_part_at(struct assay_contents *contents, size_t entry,
                                          enum assay_role role, const char *what, uint64_t offset,
                                          uint64_t length)
{
	struct assay_part *part;

	if (!assay_span_holds(contents->span, offset, length) ||
	    contents->part_count >= UINT32_MAX) {
		contents->overrun = true;
		offset = contents->end;
		length = 0;
	}
	if (!has_room(contents, contents->part_count, sizeof(*contents->parts)))
		return &contents->parts[contents->part_count - 1];
	assay_grow(&contents->parts, &contents->part_cap, contents->part_count,
	           sizeof(*contents->parts));
	part = &contents->parts[contents->part_count];
	*part = (struct assay_part){
		.offset = offset,
		.length = length,
		.what = what,
		.entry = (uint32_t)entry,
		.serial = (uint32_t)contents->part_count++,
		.role = role,
	};
	contents->scattered |= offset != contents->end;
	contents->metadata |= role == ASSAY_ROLE_METADATA;
	if (offset + length > contents->end)
		contents->end = offset + length;
	if (entry != ASSAY_NO_ENTRY)
		count_part(contents, &contents->entries[entry], part);
	return part;
}

struct assay_part *assay_contents_part(struct assay_contents *contents, size_t entry,
                                       enum assay_role role, const char *what, uint64_t length)
{
	return assay_contents_part_at(contents, entry, role, what, contents->end, length);
}

void assay_contents_fields_at(struct assay_contents *contents, size_t entry, const char *what,
                              const struct assay_field *fields, uint64_t offset)
{
	const struct assay_field *last = fields;
	struct assay_part *part;

	contents->metadata |= last->role == ASSAY_ROLE_METADATA;
	while (last[1].what != NULL) {
		last++;
		contents->metadata |= last->role == ASSAY_ROLE_METADATA;
	}
	part = assay_contents_part_at(contents, entry, ASSAY_ROLE_FIXED, what, offset,
	                              (uint64_t)last->offset + last->length);
	part->fields = fields;
}

void assay_contents_fields(struct assay_contents *contents, size_t entry, const char *what,
                           const struct assay_field *fields)
{
	assay_contents_fields_at(contents, entry, what, fields, contents->end);
}

void assay_contents_fill(struct assay_contents *contents, size_t entry, const char *what,
                         uint64_t length, uint8_t value)
{
	struct assay_span bytes = assay_span_sub(contents->span, contents->end, length);
	bool uniform = assay_span_is_fill(bytes, value);
	struct assay_part *part;

	if (length == 0)
		return;
	part = assay_contents_part(contents, entry, uniform ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED,
	                           what, length);
	part->fill = value;
}

int assay_contents_entry(struct assay_contents *contents, struct assay_budget *budget,
                         enum assay_entry_type type, struct assay_error *err)
{
	if (assay_budget_member(budget, err) < 0)
		return -1;
	if (contents->entry_count >= ASSAY_NO_ENTRY)
		return assay_fail(err, ASSAY_E_LIMIT, "more than %zu members in one container",
		                  ASSAY_NO_ENTRY);
	if (!weigh(contents, sizeof(*contents->entries) + NAME_ROOM))
		return assay_budget_tables(budget, err);
	assay_grow(&contents->entries, &contents->entry_cap, contents->entry_count,
	           sizeof(*contents->entries));
	contents->entries[contents->entry_count++] = (struct assay_entry){
		.name = assay_strdup(""),
		.first_part = contents->part_count,
		.first_piece = contents->piece_count,
		.type = type,
	};
	return 0;
}

int assay_contents_text(struct assay_contents *contents, char **slot, struct assay_span text,
                        struct assay_error *err)
{
	if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, contents->end, "a name with a NUL in it");
	if (!weigh(contents, text.len))
		return assay_budget_tables(contents->budget, err);
	free(*slot);
	*slot = assay_strndup(text.len > 0 ? (const char *)text.ptr : "", text.len);
	return 0;
}

void assay_contents_attribute(struct assay_contents *contents, size_t entry,
                              const struct assay_attribute *attribute)
{
	if (!has_room(contents, contents->attribute_count, sizeof(*contents->attributes)))
		return;
	assay_grow(&contents->attributes, &contents->attribute_cap, contents->attribute_count,
	           sizeof(*contents->attributes));
	contents->attributes[contents->attribute_count] = *attribute;
	contents->attributes[contents->attribute_count++].entry = (uint32_t)entry;
}

void assay_contents_number(struct assay_contents *contents, size_t entry, const char *key,
                           enum assay_attribute_form form, uint64_t number)
{
	assay_contents_attribute(
		contents, entry,
		&(struct assay_attribute){ .key = key, .form = form, .number = number });
}

/* Whether a piece is one that the format can have. */
static bool is_sound(const struct assay_contents *contents, const struct assay_piece *piece)
{
	uint64_t end;

	if (piece->kind == ASSAY_PIECE_ZEROS)
		return piece->packed == 0;
	if (!assay_span_holds(contents->span, piece->offset, piece->packed))
		return false;
	if (piece->kind == ASSAY_PIECE_RAW)
		return piece->packed == piece->length;
	return !__builtin_add_overflow(piece->skip, piece->length, &end) && end <= piece->unpacked;
}

int assay_contents_piece(struct assay_contents *contents, const struct assay_piece *piece,
                         struct assay_error *err)
{
	struct assay_entry *entry = assay_contents_newest(contents);

	if (!is_sound(contents, piece) ||
	    __builtin_add_overflow(entry->size, piece->length, &entry->size))
		return assay_fail_at(err, ASSAY_E_FORMAT, piece->offset, "content past the end");
	if (!weigh(contents, sizeof(*contents->pieces)))
		return assay_budget_tables(contents->budget, err);
	assay_grow(&contents->pieces, &contents->piece_cap, contents->piece_count,
	           sizeof(*contents->pieces));
	contents->pieces[contents->piece_count++] = *piece;
	entry->piece_count++;
	return 0;
}

struct assay_span assay_contents_keep(struct assay_contents *contents, struct assay_bytes *bytes)
{
	assay_grow(&contents->buffers, &contents->buffer_cap, contents->buffer_count,
	           sizeof(*contents->buffers));
	contents->buffers[contents->buffer_count] = *bytes;
	*bytes = (struct assay_bytes){ 0 };
	return assay_span_of_bytes(&contents->buffers[contents->buffer_count++]);
}

void assay_contents_false(struct assay_contents *contents, size_t entry, const char *what,
                          uint64_t offset, uint64_t length)
{
	if (!has_room(contents, contents->false_count, sizeof(*contents->false_values)))
		return;
	assay_grow(&contents->false_values, &contents->false_cap, contents->false_count,
	           sizeof(*contents->false_values));
	contents->false_values[contents->false_count++] =
		(struct assay_false_value){ offset, length, entry, what };
}

void assay_contents_claim(struct assay_contents *contents, const struct assay_claim *claim)
{
	if (!has_room(contents, contents->claim_count, sizeof(*contents->claims)))
		return;
	assay_grow(&contents->claims, &contents->claim_cap, contents->claim_count,
	           sizeof(*contents->claims));
	contents->claims[contents->claim_count++] = *claim;
}

void assay_contents_partial(struct assay_contents *contents, const char *fmt, ...)
{
	va_list args;

	if (contents->partial != NULL)
		return;
	va_start(args, fmt);
	if (vasprintf(&contents->partial, fmt, args) < 0)
		contents->partial = assay_strdup("not read to its end");
	va_end(args);
}

void assay_contents_trailing(struct assay_contents *contents, size_t entry)
{
	contents->trailing = assay_contents_rest(contents).len;
	if (contents->trailing > 0)
		(void)assay_contents_part(contents, entry, ASSAY_ROLE_FIXED, "trailing bytes",
		                          contents->trailing);
}

void assay_contents_end(struct assay_contents *contents, const char *what)
{
	struct assay_span rest = assay_contents_rest(contents);
	size_t zeros = 0;

	while (zeros < rest.len && rest.ptr[zeros] == 0)
		zeros++;
	if (assay_span_is_fill(assay_span_sub(rest, zeros, rest.len), 0xff)) {
		assay_contents_part(contents, ASSAY_NO_ENTRY, ASSAY_ROLE_FILL,
		                    "zeros behind the end", zeros)
			->fill = 0;
		assay_contents_part(contents, ASSAY_NO_ENTRY, ASSAY_ROLE_FILL,
		                    "erased flash behind the end", rest.len - zeros)
			->fill = 0xff;
	} else {
		contents->trailing = rest.len;
		(void)assay_contents_part(contents, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, what,
		                          rest.len);
	}
}

void assay_contents_stream(struct assay_contents *contents, struct assay_sink *sink)
{
	struct assay_bytes bytes = assay_sink_take(sink);

	contents->entries[0].content = assay_contents_keep(contents, &bytes);
	assay_contents_trailing(contents, 0);
}

int assay_contents_read_plain(const struct assay_reader *reader, struct assay_span span,
                              struct assay_budget *budget, struct assay_contents *out,
                              struct assay_error *err)
{
	*out = (struct assay_contents){ .reader = reader, .span = span, .budget = budget };
	if (reader->read(budget, out, err) < 0 || assay_contents_finish(out, err) < 0)
		return -1;
	out->budget = NULL; /* it may be gone before the contents are */
	return 0;
}

int assay_contents_read(const struct assay_reader *reader, struct assay_span span,
                        struct assay_budget *budget, struct assay_contents *out,
                        struct assay_error *err)
{
	if (assay_contents_read_plain(reader, span, budget, out, err) < 0)
		return -1;
	out->budget = budget; /* pays for what is found now, too */
	assay_package_look(out, budget);
	out->budget = NULL;
	return out->full ? assay_budget_tables(budget, err) : 0;
}

void assay_contents_fini(struct assay_contents *contents)
{
	for (size_t i = 0; i < contents->entry_count; i++) {
		free(contents->entries[i].name);
		free(contents->entries[i].link);
		free(contents->entries[i].unreadable);
	}
	for (size_t i = 0; i < contents->buffer_count; i++)
		assay_bytes_fini(&contents->buffers[i]);
	free(contents->entries);
	free(contents->parts);
	free(contents->attributes);
	free(contents->pieces);
	free(contents->false_values);
	free(contents->claims);
	free(contents->buffers);
	free(contents->partial);
	assay_bytes_fini(&contents->block);
	*contents = (struct assay_contents){ 0 };
}
