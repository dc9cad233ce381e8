/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/contents.h"

#include "base/memory.h"

struct assay_part *assay_contents_part(struct assay_contents *contents, size_t entry,
                                       enum assay_role role, const char *what, uint64_t length)
{
	struct assay_part *part;

	if (length > contents->span.len - contents->end) {
		contents->overrun = true;
		length = contents->span.len - contents->end;
	}
	assay_grow(&contents->parts, &contents->part_cap, contents->part_count,
	           sizeof(*contents->parts));
	part = &contents->parts[contents->part_count++];
	*part = (struct assay_part){
		.offset = contents->end,
		.length = length,
		.what = what,
		.entry = entry,
		.role = role,
	};
	contents->end += length;
	if (entry != ASSAY_NO_ENTRY)
		contents->entries[entry].part_count++;
	return part;
}

void assay_contents_fields(struct assay_contents *contents, size_t entry, const char *what,
                           const struct assay_field *fields)
{
	const struct assay_field *last = fields;
	struct assay_part *part;

	while (last[1].what != NULL)
		last++;
	part = assay_contents_part(contents, entry, ASSAY_ROLE_FIXED, what,
	                           (uint64_t)last->offset + last->length);
	part->fields = fields;
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
	assay_grow(&contents->entries, &contents->entry_cap, contents->entry_count,
	           sizeof(*contents->entries));
	contents->entries[contents->entry_count++] = (struct assay_entry){
		.name = assay_strdup(""),
		.first_part = contents->part_count,
		.type = type,
	};
	return 0;
}

int assay_contents_text(struct assay_contents *contents, char **slot, struct assay_span text,
                        struct assay_error *err)
{
	if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, contents->end, "a name with a NUL in it");
	free(*slot);
	*slot = assay_strndup(text.len > 0 ? (const char *)text.ptr : "", text.len);
	return 0;
}

void assay_contents_trailing(struct assay_contents *contents, size_t entry)
{
	contents->trailing = assay_contents_rest(contents).len;
	if (contents->trailing > 0)
		(void)assay_contents_part(contents, entry, ASSAY_ROLE_FIXED, "trailing bytes",
		                          contents->trailing);
}

void assay_contents_stream(struct assay_contents *contents, struct assay_sink *sink)
{
	contents->unpacked = assay_sink_take(sink);
	contents->entries[0].content = assay_span_of_bytes(&contents->unpacked);
	assay_contents_trailing(contents, 0);
}

/* That the parts lie one behind the other follows from how they are appended. */
static int check_cover(const struct assay_contents *contents, struct assay_error *err)
{
	if (contents->overrun)
		return assay_fail_at(err, ASSAY_E_FORMAT, contents->end, "a part past the end");
	if (contents->end != contents->span.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, contents->end,
		                     "bytes that the reader does not account for");
	return 0;
}

int assay_contents_read(const struct assay_reader *reader, struct assay_span span,
                        struct assay_budget *budget, struct assay_contents *out,
                        struct assay_error *err)
{
	*out = (struct assay_contents){ .reader = reader, .span = span };
	if (reader->read(budget, out, err) < 0)
		return -1;
	return check_cover(out, err);
}

void assay_contents_fini(struct assay_contents *contents)
{
	for (size_t i = 0; i < contents->entry_count; i++) {
		free(contents->entries[i].name);
		free(contents->entries[i].link);
	}
	free(contents->entries);
	free(contents->parts);
	assay_bytes_fini(&contents->unpacked);
	*contents = (struct assay_contents){ 0 };
}
