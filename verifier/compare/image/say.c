/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare/image/say.h"

#include <elf.h>
#include <inttypes.h>

#include "base/quote.h"
#include "elf/symbol.h"

#define SHOWN 8 /* bytes */

static const struct {
	const char *format, *name;
} names[] = {
	{ "elf", "an ELF file" }, { "ihex", "Intel HEX" }, { "raw", "a raw binary" },
	{ "srec", "S-records" },  { "uf2", "UF2" },
};

static const char *name_of(const char *format)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(names); i++)
		if (strcmp(names[i].format, format) == 0)
			return names[i].name;
	return format;
}

/* The segment that has a physical address; NULL: none. */
static const struct assay_elf_segment *segment_at(const struct assay_elf *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct assay_elf_segment *segment = &elf->segments[i];

		if (segment->type == PT_LOAD && address >= segment->paddr &&
		    address - segment->paddr < segment->filesz)
			return segment;
	}
	return NULL;
}

static void say_section(struct assay_buffer *out, const struct assay_elf *elf, uint64_t offset)
{
	for (size_t i = 1; i < elf->section_count; i++) {
		const struct assay_elf_section *section = &elf->sections[i];

		if (!assay_elf_section_is_alloc(section) || offset < section->offset ||
		    offset - section->offset >= section->data.len)
			continue;
		assay_buffer_add_str(out, "section ");
		assay_quote(out, section->name);
		return;
	}
	assay_buffer_add_str(out, "in no section");
}

void assay_image_say_place(struct assay_buffer *out, const struct assay_image_side *side,
                           uint64_t address)
{
	const struct assay_elf_segment *segment =
		side->is_elf ? segment_at(&side->elf, address) : NULL;
	struct assay_elf_symbol_place symbol;
	uint64_t into;

	assay_buffer_printf(out, "address 0x%" PRIx64, address);
	if (segment == NULL)
		return;
	into = address - segment->paddr;
	assay_buffer_add_str(out, " (");
	say_section(out, &side->elf, segment->offset + into);
	if (assay_elf_symbol_at(&side->elf, segment->vaddr + into, &symbol)) {
		assay_buffer_add_str(out, ", ");
		assay_quote(out, symbol.name);
		assay_buffer_printf(out, "+%" PRIu64, symbol.into);
	}
	assay_buffer_add_str(out, ")");
}

static void say_bytes(struct assay_buffer *out, const struct assay_image_part *part,
                      uint64_t address, uint64_t length)
{
	for (uint64_t i = 0; i < length; i++)
		assay_buffer_printf(out, " %02x", part->bytes[address - part->address + i]);
}

void assay_image_say_values(struct assay_buffer *out, const struct assay_image_run *run,
                            uint64_t length)
{
	if (length > SHOWN || length > run->length) {
		assay_buffer_printf(out, "%" PRIu64 " bytes differ", length);
		return;
	}
	assay_buffer_add_str(out, "delivered");
	say_bytes(out, run->part, run->address, run->length);
	assay_buffer_add_str(out, ", rebuilt");
	say_bytes(out, run->other, run->address, run->length);
}

void assay_image_say_side(struct assay_buffer *out, const struct assay_image_side *side)
{
	const struct assay_image *image = &side->image;
	uint64_t bytes = 0, runs = 0, end = 0;

	for (size_t i = 0; i < image->data_count; i++) {
		const struct assay_image_part *part = assay_image_at(image, i);

		runs += i == 0 || part->address != end;
		bytes += part->count;
		end = assay_image_part_end(part);
	}
	assay_buffer_printf(out, "%s, %" PRIu64 " bytes", name_of(image->format), bytes);
	if (!side->is_raw)
		assay_buffer_printf(out, " in %" PRIu64 " run%s from 0x%" PRIx64, runs,
		                    runs == 1 ? "" : "s", assay_image_at(image, 0)->address);
}
