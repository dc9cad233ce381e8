/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf/note.h"

#include <elf.h>

#include "base/cursor.h"

/* ld(1), --build-id: 8 bytes (fast) to 20 (sha1); 0xHEXSTRING may be longer. The bound keeps what
 * a rule may free small. */
#define BUILD_ID_MIN 8
#define BUILD_ID_MAX 64

/* Files have a handful; more would only make us walk in circles. */
#define NOTES_MAX 65536

#define NOTE_HEADER 12 /* bytes; gABI: three words in both classes */

struct assay_elf_notes assay_elf_notes_of(const struct assay_elf *elf,
                                          const struct assay_elf_segment *segment)
{
	return (struct assay_elf_notes){
		.elf = elf,
		.offset = segment->offset,
		.end = segment->offset + segment->filesz,
		.align = segment->align == 8 ? 8 : 4,
	};
}

static uint64_t round_up(uint64_t n, uint64_t align)
{
	return (n + align - 1) & ~(align - 1);
}

int assay_elf_notes_next(struct assay_elf_notes *notes, struct assay_elf_note *out)
{
	struct assay_span rest =
		assay_span_sub(notes->elf->file, notes->offset, notes->end - notes->offset);
	bool big = notes->elf->big_endian;
	uint64_t name_size, desc_size, desc_at;

	if (rest.len == 0)
		return 0;
	if (rest.len < NOTE_HEADER)
		return -1;
	name_size = assay_load(rest.ptr, 4, big);
	desc_size = assay_load(rest.ptr + 4, 4, big);
	desc_at = round_up(NOTE_HEADER + name_size, notes->align);
	if (!assay_span_holds(rest, NOTE_HEADER, name_size) ||
	    !assay_span_holds(rest, desc_at, desc_size))
		return -1;
	out->type = (uint32_t)assay_load(rest.ptr + 8, 4, big);
	out->name = assay_span_sub(rest, NOTE_HEADER, name_size);
	out->desc = assay_span_sub(rest, desc_at, desc_size);
	out->desc_offset = notes->offset + desc_at;
	notes->offset += round_up(desc_at + desc_size, notes->align);
	if (notes->offset > notes->end)
		notes->offset = notes->end; /* the padding of the last one may be left out */
	return 1;
}

static bool is_build_id(const struct assay_elf_note *note)
{
	return note->type == NT_GNU_BUILD_ID &&
	       assay_span_equal(note->name, assay_span_of(ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU))) &&
	       note->desc.len >= BUILD_ID_MIN && note->desc.len <= BUILD_ID_MAX;
}

/* Look through one segment. Return: false when it is malformed or has another build-id. */
static bool search(const struct assay_elf *elf, size_t index, size_t *budget,
                   struct assay_elf_extent *out)
{
	struct assay_elf_notes notes = assay_elf_notes_of(elf, &elf->segments[index]);
	struct assay_elf_note note;
	int got;

	while ((got = assay_elf_notes_next(&notes, &note)) > 0) {
		if ((*budget)-- == 0)
			return false;
		if (!is_build_id(&note))
			continue;
		if (out->length > 0 &&
		    (out->offset != note.desc_offset || out->length != note.desc.len))
			return false;
		*out = (struct assay_elf_extent){ note.desc_offset, note.desc.len };
	}
	return got == 0;
}

bool assay_elf_find_build_id(const struct assay_elf *elf, struct assay_elf_extent *out)
{
	size_t budget = NOTES_MAX;

	*out = (struct assay_elf_extent){ 0 };
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == PT_NOTE && !search(elf, i, &budget, out))
			return false;
	return out->length > 0;
}

bool assay_elf_only_build_id(const struct assay_elf *elf, const struct assay_elf_section *section,
                             struct assay_elf_extent *out)
{
	struct assay_elf_notes notes = {
		.elf = elf,
		.offset = section->offset,
		.end = section->offset + section->data.len,
		.align = 4,
	};
	struct assay_elf_note note;

	if (assay_elf_notes_next(&notes, &note) != 1 || !is_build_id(&note) ||
	    note.desc_offset + note.desc.len != notes.end)
		return false;
	*out = (struct assay_elf_extent){ note.desc_offset, note.desc.len };
	return true;
}
