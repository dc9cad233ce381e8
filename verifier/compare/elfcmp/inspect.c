/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/elfcmp/inspect.h"

#include <elf.h>
#include <inttypes.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/quote.h"
#include "compare/elfcmp/object/object.h"
#include "compare/elfcmp/side.h"
#include "elf/layout.h"
#include "elf/object.h"

/* One file at work, as the delivered side of a comparison with itself. */
struct inspect {
	struct assay_elf_side here, there;
	struct assay_elf_exceptions exceptions;
	struct assay_inspected *out;
};

static void say_flags(struct assay_buffer *text, uint32_t flags)
{
	assay_buffer_printf(text, "%c%c%c", (flags & PF_R) != 0 ? 'r' : '-',
	                    (flags & PF_W) != 0 ? 'w' : '-', (flags & PF_X) != 0 ? 'x' : '-');
}

static void say_segment(struct assay_buffer *text, const struct assay_elf *elf, size_t index)
{
	const struct assay_elf_segment *segment;
	const char *name;

	if (index == ASSAY_ELF_NONE) {
		assay_buffer_add_str(text, "several segments");
		return;
	}
	segment = &elf->segments[index];
	name = assay_elf_segment_type_name(segment->type);
	assay_buffer_printf(text, "segment %zu, ", index);
	if (name != NULL)
		assay_buffer_printf(text, "%s ", name);
	else
		assay_buffer_printf(text, "type 0x%" PRIx32 " ", segment->type);
	say_flags(text, segment->flags);
}

static void say_section(struct assay_buffer *text, const struct assay_elf *elf, size_t index)
{
	if (index == ASSAY_ELF_NONE)
		return;
	assay_buffer_printf(text, "%ssection %zu ", text->len > 0 ? ", " : "", index);
	assay_quote(text, elf->sections[index].name);
}

static void set_address(const struct assay_elf *elf, const struct assay_elf_range *range,
                        struct assay_inspected_range *out)
{
	const struct assay_elf_segment *segment;

	if (range->segment == ASSAY_ELF_NONE || !assay_elf_kind_is_mapped(range->kind))
		return;
	segment = &elf->segments[range->segment];
	if (segment->type != PT_LOAD)
		return;
	out->address = out->offset - segment->offset + segment->vaddr;
	out->has_address = true;
}

/* One piece of a range of the map. text: what it is; NULL: what holds it. */
static void add(struct inspect *inspect, const struct assay_elf_range *range, uint64_t length,
                const char *rule, const char *what)
{
	const struct assay_elf *elf = &inspect->here.elf;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
	struct assay_inspected_range *out;

	if (length == 0)
		return;
	if (what != NULL)
		assay_buffer_add_str(&text, what);
	if (what == NULL && assay_elf_kind_is_mapped(range->kind))
		say_segment(&text, elf, range->segment);
	say_section(&text, elf, range->section);
	out = assay_inspected_add(inspect->out, assay_elf_kind_name(range->kind), length);
	out->disputed = range->disputed;
	out->rule = rule;
	set_address(elf, range, out);
	if (text.len > 0)
		out->what = assay_strdup(assay_buffer_str(&text));
}

/* The exception that begins at an offset and lies in the range as a whole; NULL: none. */
static const struct assay_elf_exception *
exception_at(const struct inspect *inspect, const struct assay_elf_range *range, uint64_t offset)
{
	uint64_t end = range->offset + range->length;

	for (size_t i = 0; !range->disputed && i < inspect->exceptions.count; i++) {
		const struct assay_elf_exception *exception = &inspect->exceptions.items[i];

		if (exception->at.offset == offset && exception->at.length <= end - offset)
			return exception;
	}
	return NULL;
}

/* Where the next exception begins, or the range ends. */
static uint64_t next_exception(const struct inspect *inspect, const struct assay_elf_range *range,
                               uint64_t offset)
{
	uint64_t end = range->offset + range->length;

	for (uint64_t i = inspect->exceptions.count; i > 0; i--) {
		uint64_t at = inspect->exceptions.items[i - 1].at.offset;

		if (at > offset && at < end && exception_at(inspect, range, at) != NULL)
			end = at;
	}
	return end;
}

static void add_segment(struct inspect *inspect, const struct assay_elf_range *range)
{
	uint64_t end = range->offset + range->length;

	for (uint64_t at = range->offset; at < end;) {
		const struct assay_elf_exception *exception = exception_at(inspect, range, at);
		uint64_t next = exception != NULL ? at + exception->at.length
		                                  : next_exception(inspect, range, at);

		add(inspect, range, next - at, exception != NULL ? exception->rule->id : NULL,
		    NULL);
		at = next;
	}
}

/* Field by field: there are few, and rules know them by name. */
static void add_header(struct inspect *inspect, const struct assay_elf_range *range)
{
	enum assay_elf_width width = inspect->here.elf.width;
	uint64_t end = range->offset + range->length;

	for (uint64_t at = range->offset; at < end;) {
		const struct assay_elf_exception *exception = exception_at(inspect, range, at);
		const struct assay_elf_field *field =
			assay_elf_field_at(&assay_elf_header_record, width, at);
		uint64_t next = field != NULL ? field->offset[width] + field->size[width] : end;

		if (next > end)
			next = end;
		add(inspect, range, next - at, exception != NULL ? exception->rule->id : NULL,
		    field != NULL ? field->name : NULL);
		at = next;
	}
}

/* Entry by entry. */
static void add_table(struct inspect *inspect, const struct assay_elf_range *range)
{
	const struct assay_elf *elf = &inspect->here.elf;
	bool segments = range->kind == ASSAY_ELF_SEGMENT_TABLE;
	uint64_t start = segments ? elf->phoff : elf->shoff;
	uint64_t size = segments ? assay_elf_segment_record.size[elf->width]
	                         : assay_elf_section_record.size[elf->width];
	const struct assay_elf_rule *rule =
		assay_elf_range_rule(&inspect->here, &inspect->there, range);
	uint64_t end = range->offset + range->length;

	for (uint64_t at = range->offset; at < end;) {
		ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };
		uint64_t index = (at - start) / size, next = start + (index + 1) * size;

		if (next > end)
			next = end;
		assay_buffer_add_str(&text, "of ");
		if (segments)
			say_segment(&text, elf, (size_t)index);
		else
			assay_buffer_printf(&text, "section %" PRIu64 " ", index);
		if (!segments)
			assay_quote(&text, elf->sections[index].name);
		add(inspect, range, next - at, rule != NULL ? rule->id : NULL,
		    assay_buffer_str(&text));
		at = next;
	}
}

static void add_page(struct inspect *inspect, const struct assay_elf_range *range)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	assay_buffer_add_str(&text, "mapped beside ");
	say_segment(&text, &inspect->here.elf, range->segment);
	add(inspect, range, range->length, NULL, assay_buffer_str(&text));
}

static void add_unmapped(struct inspect *inspect, const struct assay_elf_range *range)
{
	const struct assay_elf_rule *rule =
		assay_elf_range_rule(&inspect->here, &inspect->there, range);

	add(inspect, range, range->length, rule != NULL ? rule->id : NULL, NULL);
}

static void say_about(const struct assay_elf *elf, struct assay_inspected *out)
{
	out->about = assay_asprintf("%s, %s, %s byte first, machine %u, entry 0x%" PRIx64
	                            ", %zu segments, %zu sections",
	                            elf->type == ET_EXEC ? "executable" : "shared object",
	                            elf->width == ASSAY_ELF_64 ? "64 bits" : "32 bits",
	                            elf->big_endian ? "highest" : "lowest", elf->machine,
	                            elf->entry, elf->segment_count, elf->section_count);
}

static void add_ranges(struct inspect *inspect)
{
	static void (*const ways[])(struct inspect *, const struct assay_elf_range *) = {
		[ASSAY_ELF_HEADER] = add_header,    [ASSAY_ELF_SEGMENT_TABLE] = add_table,
		[ASSAY_ELF_SEGMENT] = add_segment,  [ASSAY_ELF_PAGE] = add_page,
		[ASSAY_ELF_SECTION] = add_unmapped, [ASSAY_ELF_SECTION_TABLE] = add_table,
		[ASSAY_ELF_PADDING] = add_unmapped, [ASSAY_ELF_TRAILING] = add_unmapped,
	};
	const struct assay_elf_map *map = &inspect->here.map;

	assay_elf_meet(&inspect->here, &inspect->there);
	assay_elf_find_exceptions(&inspect->here, &inspect->there, &inspect->exceptions);
	say_about(&inspect->here.elf, inspect->out);
	for (size_t i = 0; i < map->count; i++)
		ways[map->ranges[i].kind](inspect, &map->ranges[i]);
}

void assay_elf_inspect(struct assay_span file, struct assay_inspected *out)
{
	struct inspect inspect = { .out = out };
	struct assay_error err = ASSAY_ERROR_INIT;

	out->format = "elf";
	if (assay_elf_is_object(file)) {
		assay_object_inspect(file, out);
		return;
	}
	if (assay_elf_side_init(file, &inspect.here, &err) < 0 ||
	    assay_elf_side_init(file, &inspect.there, &err) < 0)
		out->trouble = assay_asprintf("compared as plain bytes: %s", err.text);
	else
		add_ranges(&inspect);
	assay_elf_side_fini(&inspect.here);
	assay_elf_side_fini(&inspect.there);
}
