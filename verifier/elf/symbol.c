/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf/symbol.h"

#include <elf.h>

#include "elf/layout.h"

#define NAME_MAX_LEN 1024 /* bytes; longer ones help nobody */

static const struct assay_elf_section *symbol_table(const struct assay_elf *elf)
{
	for (size_t i = 1; i < elf->section_count; i++)
		if (elf->sections[i].type == SHT_SYMTAB &&
		    elf->sections[i].link < elf->section_count)
			return &elf->sections[i];
	return NULL;
}

static bool read_name(const struct assay_elf *elf, const struct assay_elf_section *table,
                      uint64_t offset, struct assay_span *out)
{
	struct assay_span names =
		assay_span_sub(elf->sections[table->link].data, offset, NAME_MAX_LEN);
	const uint8_t *end = names.len > 0 ? memchr(names.ptr, 0, names.len) : NULL;

	if (end == NULL || end == names.ptr)
		return false;
	*out = assay_span_of(names.ptr, (size_t)(end - names.ptr));
	return true;
}

static bool stands_for_bytes(uint64_t info)
{
	unsigned type = ELF64_ST_TYPE(info);

	return type == STT_FUNC || type == STT_OBJECT;
}

bool assay_elf_symbol_at(const struct assay_elf *elf, uint64_t address,
                         struct assay_elf_symbol_place *out)
{
	const struct assay_elf_record *record = &assay_elf_symbol_record;
	const struct assay_elf_section *table = symbol_table(elf);
	uint64_t size = record->size[elf->width];
	bool found = false;

	for (uint64_t at = 0; table != NULL && table->data.len - at >= size; at += size) {
		uint64_t start = table->offset + at;
		uint64_t into = address - assay_elf_get(elf, record, start, ASSAY_ELF_ST_VALUE);

		/* ARM marks Thumb code by bit 0 of the address of a function, which is one too
		 * many here: then the symbol begins one byte late, and is found all the same. */
		if (!stands_for_bytes(assay_elf_get(elf, record, start, ASSAY_ELF_ST_INFO)) ||
		    into >= assay_elf_get(elf, record, start, ASSAY_ELF_ST_SIZE) ||
		    (found && into >= out->into) ||
		    !read_name(elf, table, assay_elf_get(elf, record, start, ASSAY_ELF_ST_NAME),
		               &out->name))
			continue;
		out->into = into;
		found = true;
	}
	return found;
}
