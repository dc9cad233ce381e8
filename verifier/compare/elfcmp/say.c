/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places and values in ELF files, in words. */
#include <inttypes.h>

#include "base/quote.h"
#include "compare/elfcmp/say.h"
#include "elf/layout.h"

#define HEX_MAX 20  /* bytes shown as numbers: a SHA-1 build-id */
#define TEXT_MAX 80 /* bytes shown as text */
#define TEXT_MIN 4  /* bytes: fewer are shown as numbers */

static void say_segment(struct assay_buffer *out, const struct assay_elf *elf, size_t index)
{
	const char *name;

	if (index == ASSAY_ELF_NONE) {
		assay_buffer_add_str(out, "several segments");
		return;
	}
	name = assay_elf_segment_type_name(elf->segments[index].type);
	assay_buffer_printf(out, "program header %zu (", index);
	if (name != NULL)
		assay_buffer_printf(out, "%s)", name);
	else
		assay_buffer_printf(out, "type 0x%" PRIx32 ")", elf->segments[index].type);
}

static void say_section(struct assay_buffer *out, const struct assay_elf *elf, size_t index)
{
	if (index == ASSAY_ELF_NONE) {
		assay_buffer_add_str(out, "several sections");
		return;
	}
	assay_buffer_add_str(out, "section ");
	if (elf->sections[index].name.len == 0)
		assay_buffer_printf(out, "%zu", index);
	else
		assay_quote(out, elf->sections[index].name);
}

/* The field of a record in a table that begins at start. */
static const struct assay_elf_field *field_of(const struct assay_elf *elf,
                                              const struct assay_elf_record *record, uint64_t start,
                                              uint64_t offset)
{
	uint64_t byte = (offset - start) % record->size[elf->width];

	return assay_elf_field_at(record, elf->width, byte);
}

static void say_field(struct assay_buffer *out, const struct assay_elf_field *field)
{
	if (field != NULL)
		assay_buffer_printf(out, ", %s", field->name);
}

/* Where a table differs first; the field says little when entries have moved. */
static void say_table_entry(struct assay_buffer *out, const struct assay_elf *elf, uint64_t offset)
{
	size_t index = (size_t)((offset - elf->shoff) / assay_elf_section_record.size[elf->width]);

	assay_buffer_printf(out, "section headers, from entry %zu (", index);
	say_section(out, elf, index);
	assay_buffer_add_str(out, ")");
	say_field(out, field_of(elf, &assay_elf_section_record, elf->shoff, offset));
}

static void say_address(struct assay_buffer *out, const struct assay_elf *elf,
                        const struct assay_elf_range *range, uint64_t offset)
{
	const struct assay_elf_segment *segment;

	if (range->segment == ASSAY_ELF_NONE)
		return;
	segment = &elf->segments[range->segment];
	assay_buffer_printf(out, ", address 0x%" PRIx64, offset - segment->offset + segment->vaddr);
}

static void say_mapped(struct assay_buffer *out, const struct assay_elf_side *side,
                       const struct assay_elf_range *range, uint64_t offset)
{
	const struct assay_elf *elf = &side->elf;

	if (range->kind == ASSAY_ELF_PAGE) {
		assay_buffer_add_str(out, "in an executable page, beside ");
		say_segment(out, elf, range->segment);
	} else if (range->section != ASSAY_ELF_NONE && !side->map.disputed[range->section]) {
		say_section(out, elf, range->section);
	} else {
		say_segment(out, elf, range->segment);
	}
	say_address(out, elf, range, offset);
}

void assay_elf_say_place(struct assay_buffer *out, const struct assay_elf_side *side,
                         const struct assay_elf_range *range, uint64_t offset)
{
	const struct assay_elf *elf = &side->elf;
	const struct assay_elf_record *record = &assay_elf_segment_record;

	switch (range->kind) {
	case ASSAY_ELF_HEADER:
		assay_buffer_add_str(out, "ELF header");
		say_field(out, field_of(elf, &assay_elf_header_record, 0, offset));
		break;
	case ASSAY_ELF_SEGMENT_TABLE:
		say_segment(out, elf, (size_t)((offset - elf->phoff) / record->size[elf->width]));
		say_field(out, field_of(elf, record, elf->phoff, offset));
		break;
	case ASSAY_ELF_SEGMENT:
	case ASSAY_ELF_PAGE:
		say_mapped(out, side, range, offset);
		break;
	case ASSAY_ELF_SECTION:
		say_section(out, elf, range->section);
		break;
	case ASSAY_ELF_SECTION_TABLE:
		say_table_entry(out, elf, offset);
		break;
	case ASSAY_ELF_PADDING:
		assay_buffer_add_str(out, "padding, in no segment and no section");
		break;
	case ASSAY_ELF_TRAILING:
		assay_buffer_add_str(out, "behind the end of everything");
		break;
	}
}

static bool is_text(struct assay_span bytes)
{
	if (bytes.len < TEXT_MIN || bytes.len > TEXT_MAX)
		return false;
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] < 0x20 || bytes.ptr[i] >= 0x7f)
			return false;
	return true;
}

static void say_bytes(struct assay_buffer *out, struct assay_span bytes)
{
	if (bytes.len == 0) {
		assay_buffer_add_str(out, "nothing");
	} else if (is_text(bytes)) {
		assay_buffer_add_str(out, "\"");
		assay_quote(out, bytes);
		assay_buffer_add_str(out, "\"");
	} else if (bytes.len <= HEX_MAX) {
		for (size_t i = 0; i < bytes.len; i++)
			assay_buffer_printf(out, "%s%02x", i > 0 ? " " : "", bytes.ptr[i]);
	} else {
		assay_buffer_printf(out, "%zu bytes", bytes.len);
	}
}

/* The record and the start of the table that a range belongs to; NULL for bytes of other kinds. */
static const struct assay_elf_record *record_of(const struct assay_elf *elf,
                                                enum assay_elf_kind kind, uint64_t *start)
{
	*start = kind == ASSAY_ELF_SEGMENT_TABLE ? elf->phoff : 0;
	return kind == ASSAY_ELF_HEADER          ? &assay_elf_header_record
	       : kind == ASSAY_ELF_SEGMENT_TABLE ? &assay_elf_segment_record
	                                         : NULL;
}

uint64_t assay_elf_field_end(const struct assay_elf *elf, enum assay_elf_kind kind, uint64_t offset)
{
	uint64_t start, base;
	const struct assay_elf_record *record = record_of(elf, kind, &start);
	const struct assay_elf_field *field;

	if (record == NULL)
		return UINT64_MAX;
	field = field_of(elf, record, start, offset);
	base = offset - (offset - start) % record->size[elf->width];
	return field != NULL ? base + field->offset[elf->width] + field->size[elf->width]
	                     : offset + 1;
}

/* The number in the field that holds an offset. */
static bool say_number(struct assay_buffer *out, const struct assay_elf *elf,
                       enum assay_elf_kind kind, uint64_t offset)
{
	uint64_t start, base;
	const struct assay_elf_record *record = record_of(elf, kind, &start);
	const struct assay_elf_field *field;

	if (record == NULL)
		return false;
	field = field_of(elf, record, start, offset);
	if (field == NULL || field->size[elf->width] > sizeof(uint64_t))
		return false;
	base = offset - (offset - start) % record->size[elf->width];
	assay_buffer_printf(out, "0x%" PRIx64,
	                    assay_elf_get(elf, record, base, (unsigned)(field - record->fields)));
	return true;
}

static void say_value(struct assay_buffer *out, const struct assay_elf *elf,
                      enum assay_elf_kind kind, uint64_t offset, uint64_t length)
{
	if (!say_number(out, elf, kind, offset))
		say_bytes(out, assay_span_sub(elf->file, offset, length));
}

void assay_elf_say_zeros(struct assay_buffer *out, uint64_t length)
{
	assay_buffer_printf(out, ": %" PRIu64 " zero%s, to align what follows", length,
	                    length == 1 ? "" : "s");
}

void assay_elf_say_values(struct assay_buffer *out, const struct assay_elf_side *delivered,
                          const struct assay_elf_side *rebuilt, const struct assay_elf_range *range,
                          const struct assay_run *run)
{
	assay_buffer_add_str(out, ": delivered ");
	say_value(out, &delivered->elf, range->kind, run->offset, run->length);
	assay_buffer_add_str(out, ", rebuilt ");
	say_value(out, &rebuilt->elf, range->kind, run->rebuilt_offset, run->rebuilt_length);
	if (run->differing > 0 && run->differing < run->length)
		assay_buffer_printf(out, " (%" PRIu64 " of them differ)", run->differing);
}
