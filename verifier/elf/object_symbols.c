/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The symbol table of a relocatable file. */
#include <elf.h>
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "elf/layout.h"
#include "elf/object_parse.h"

/* Names may share their ends. All of them together, as often as they are used, may not be longer
 * than this many times the file: that bounds the work of comparing them. */
#define NAMES_RATIO 64

/* There may be one table of each kind. Return: its index, 0 when there is none */
static int find_only(const struct assay_elf *elf, uint32_t type, uint32_t *out,
                     struct assay_error *err)
{
	*out = 0;
	for (size_t i = 1; i < elf->section_count; i++) {
		if (elf->sections[i].type != type)
			continue;
		if (*out != 0)
			return assay_fail(err, ASSAY_E_FORMAT, "two symbol tables");
		if (assay_elf_section_is_alloc(&elf->sections[i]))
			return assay_fail(err, ASSAY_E_FORMAT, "a symbol table that is loaded");
		*out = (uint32_t)i;
	}
	return 0;
}

/* gABI, "String Table": the first byte holds a NUL, so that index 0 is no name. */
static int check_names(const struct assay_elf *elf, uint32_t section, const char *whose,
                       struct assay_error *err)
{
	const struct assay_elf_section *table = &elf->sections[section];

	if (section == 0 || section >= elf->section_count || table->type != SHT_STRTAB ||
	    assay_elf_section_is_alloc(table))
		return assay_fail(err, ASSAY_E_FORMAT, "the names of %s are in no such table",
		                  whose);
	if (table->data.len == 0 || table->data.ptr[0] != 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "the names of %s do not begin with an empty one", whose);
	return 0;
}

static int check_table(struct assay_elf_object *object, struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	const struct assay_elf_section *table = &elf->sections[object->symtab];
	uint64_t entry = assay_elf_symbol_record.size[elf->width];

	if (table->entsize != entry || table->size % entry != 0 || table->size < entry ||
	    table->size / entry > UINT32_MAX)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "the symbol table is not one of whole entries");
	object->symbol_count = (size_t)(table->size / entry);
	if (table->info == 0 || table->info > object->symbol_count)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "the number of local symbols is not one of symbols");
	if (!assay_span_is_fill(assay_span_sub(table->data, 0, entry), 0))
		return assay_fail(err, ASSAY_E_FORMAT, "symbol 0 is not empty");
	object->strtab = table->link;
	return check_names(elf, object->strtab, "symbols", err);
}

static int check_shndx(const struct assay_elf_object *object, struct assay_error *err)
{
	const struct assay_elf_section *table = &object->elf.sections[object->shndx];

	if (object->shndx == 0)
		return 0;
	if (table->link != object->symtab || table->entsize != sizeof(Elf32_Word) ||
	    table->size != (uint64_t)object->symbol_count * sizeof(Elf32_Word))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "the table of section numbers does not fit that of symbols");
	return 0;
}

static int read_name(const struct assay_elf_object *object, uint64_t offset, struct assay_span *out,
                     struct assay_error *err)
{
	struct assay_span names = object->elf.sections[object->strtab].data;
	struct assay_span rest = assay_span_sub(names, offset, names.len);
	const uint8_t *end = rest.len > 0 ? memchr(rest.ptr, 0, rest.len) : NULL;

	if (end == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "the name of a symbol is outside the names");
	*out = assay_span_of(rest.ptr, (size_t)(end - rest.ptr));
	return 0;
}

/* Where a symbol is defined. */
static int read_section(const struct assay_elf_object *object, size_t i,
                        struct assay_elf_symbol *symbol, struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	uint32_t extended = 0;

	if (object->shndx != 0)
		extended = (uint32_t)assay_load(elf->sections[object->shndx].data.ptr +
		                                        i * sizeof(Elf32_Word),
		                                sizeof(Elf32_Word), elf->big_endian);
	if (symbol->section == SHN_XINDEX ? extended < SHN_LORESERVE : extended != 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "symbol %zu: its section has two numbers, or none", i);
	symbol->reserved = symbol->section >= SHN_LORESERVE && symbol->section != SHN_XINDEX;
	if (symbol->section == SHN_XINDEX)
		symbol->section = extended;
	if (!symbol->reserved && symbol->section >= elf->section_count)
		return assay_fail(err, ASSAY_E_FORMAT, "symbol %zu: there is no section %" PRIu32,
		                  i, symbol->section);
	return 0;
}

static int read_symbol(struct assay_elf_object *object, size_t i, struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	const struct assay_elf_record *record = &assay_elf_symbol_record;
	const struct assay_elf_section *table = &elf->sections[object->symtab];
	uint64_t at = table->offset + i * record->size[elf->width];
	struct assay_elf_symbol *symbol = &object->symbols[i];

	*symbol = (struct assay_elf_symbol){
		.value = assay_elf_get(elf, record, at, ASSAY_ELF_ST_VALUE),
		.size = assay_elf_get(elf, record, at, ASSAY_ELF_ST_SIZE),
		.section = (uint32_t)assay_elf_get(elf, record, at, ASSAY_ELF_ST_SHNDX),
		.info = (uint8_t)assay_elf_get(elf, record, at, ASSAY_ELF_ST_INFO),
		.other = (uint8_t)assay_elf_get(elf, record, at, ASSAY_ELF_ST_OTHER),
	};
	/* gABI, "Symbol Table": sh_info is one greater than the index of the last local symbol */
	if ((ELF64_ST_BIND(symbol->info) == STB_LOCAL) != (i < table->info))
		return assay_fail_at(err, ASSAY_E_FORMAT, at,
		                     "symbol %zu: local symbols do not stand in front", i);
	if (read_section(object, i, symbol, err) < 0)
		return -1;
	return read_name(object, assay_elf_get(elf, record, at, ASSAY_ELF_ST_NAME), &symbol->name,
	                 err);
}

int assay_elf_object_symbols(struct assay_elf_object *object, struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	uint64_t total = 0, bound = (uint64_t)elf->file.len * NAMES_RATIO;

	if (check_names(elf, elf->shstrndx, "sections", err) < 0 ||
	    find_only(elf, SHT_SYMTAB, &object->symtab, err) < 0 ||
	    find_only(elf, SHT_SYMTAB_SHNDX, &object->shndx, err) < 0)
		return -1;
	if (object->symtab == 0)
		return object->shndx == 0
		               ? 0
		               : assay_fail(err, ASSAY_E_FORMAT, "section numbers of no symbols");
	if (check_table(object, err) < 0 || check_shndx(object, err) < 0)
		return -1;
	object->symbols = assay_calloc(object->symbol_count, sizeof(*object->symbols));
	for (size_t i = 0; i < object->symbol_count; i++) {
		if (read_symbol(object, i, err) < 0)
			return -1;
		total += object->symbols[i].name.len;
		if (total > bound)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "the names of symbols are the ends of each other");
	}
	return 0;
}
