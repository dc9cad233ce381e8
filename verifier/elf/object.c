/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf/object.h"

#include <elf.h>
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "elf/layout.h"
#include "elf/object_parse.h"
#include "elf/parse.h"

/* A run of bytes of the file that something owns. */
struct owned {
	uint64_t start, end; /* end is the first byte behind it */
};

void assay_elf_object_fini(struct assay_elf_object *object)
{
	assay_elf_fini(&object->elf);
	free(object->symbols);
	*object = (struct assay_elf_object){ 0 };
}

bool assay_elf_is_object(struct assay_span file)
{
	struct assay_elf elf = { .file = file };
	struct assay_error err = ASSAY_ERROR_INIT;

	return assay_elf_parse_ident(&elf, &err) == 0 &&
	       assay_elf_get(&elf, &assay_elf_header_record, 0, ASSAY_ELF_E_TYPE) == ET_REL;
}

static uint64_t header(const struct assay_elf *elf, enum assay_elf_header_field field)
{
	return assay_elf_get(elf, &assay_elf_header_record, 0, field);
}

static int parse_ident(struct assay_elf_object *object, struct assay_error *err)
{
	return assay_elf_parse_ident(&object->elf, err);
}

/* Record sizes that are not the standard's would let each reader see another table. */
static int parse_header(struct assay_elf_object *object, struct assay_error *err)
{
	struct assay_elf *elf = &object->elf;

	elf->type = (uint16_t)header(elf, ASSAY_ELF_E_TYPE);
	elf->machine = (uint16_t)header(elf, ASSAY_ELF_E_MACHINE);
	elf->entry = header(elf, ASSAY_ELF_E_ENTRY);
	elf->phoff = header(elf, ASSAY_ELF_E_PHOFF);
	elf->shoff = header(elf, ASSAY_ELF_E_SHOFF);
	elf->section_count = (size_t)header(elf, ASSAY_ELF_E_SHNUM);
	elf->shstrndx = (uint32_t)header(elf, ASSAY_ELF_E_SHSTRNDX);
	if (elf->type != ET_REL)
		return assay_fail(err, ASSAY_E_FORMAT, "not a relocatable file (e_type %u)",
		                  elf->type);
	if (header(elf, ASSAY_ELF_E_VERSION) != EV_CURRENT)
		return assay_fail(err, ASSAY_E_FORMAT, "e_version is not 1");
	if (header(elf, ASSAY_ELF_E_EHSIZE) != assay_elf_header_record.size[elf->width])
		return assay_fail(err, ASSAY_E_FORMAT, "e_ehsize is not the size of the header");
	if (header(elf, ASSAY_ELF_E_SHENTSIZE) != assay_elf_section_record.size[elf->width])
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "e_shentsize is not the size of a section header");
	if (elf->phoff != 0 || header(elf, ASSAY_ELF_E_PHNUM) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a relocatable file with program headers");
	return 0;
}

/* All that a relocatable file says stands in its sections. */
static int parse_sections(struct assay_elf_object *object, struct assay_error *err)
{
	if (assay_elf_parse_sections(&object->elf, err) < 0)
		return -1;
	if (object->elf.section_count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no section headers");
	return 0;
}

static const char *section_fault(const struct assay_elf_section *section)
{
	uint64_t align = section->addralign;

	if ((align & (align - 1)) != 0)
		return "its alignment is not a power of two";
	if (section->data.len > 0 && align > 1 && section->offset % align != 0)
		return "it is not aligned in the file as its header says";
	return NULL;
}

static int by_start(const void *left, const void *right)
{
	const struct owned *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* Two things over the same bytes: what they are would depend on who reads them. */
static int check_disjoint(struct assay_elf_object *object, struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	ASSAY_AUTO_FREE struct owned *all = assay_calloc(elf->section_count + 2, sizeof(*all));
	size_t count = 0;

	all[count++] = (struct owned){ 0, assay_elf_header_record.size[elf->width] };
	all[count++] = (struct owned){ elf->shoff, elf->shoff + assay_elf_section_table_size(elf) };
	for (size_t i = 0; i < elf->section_count; i++) {
		const struct assay_elf_section *section = &elf->sections[i];
		const char *fault = section_fault(section);

		if (fault != NULL)
			return assay_fail(err, ASSAY_E_FORMAT, "section %zu: %s", i, fault);
		if (section->data.len > 0)
			all[count++] = (struct owned){ section->offset,
				                       section->offset + section->data.len };
	}
	qsort(all, count, sizeof(*all), by_start);
	for (size_t i = 1; i < count; i++)
		if (all[i].start < all[i - 1].end)
			return assay_fail_at(err, ASSAY_E_FORMAT, all[i].start,
			                     "two sections or headers have the same bytes");
	object->end = all[count - 1].end;
	return 0;
}

int assay_elf_object_parse(struct assay_span file, struct assay_elf_object *out,
                           struct assay_error *err)
{
	static int (*const passes[])(struct assay_elf_object *, struct assay_error *) = {
		parse_ident,
		parse_header,
		parse_sections,
		check_disjoint,
		assay_elf_object_symbols,
		assay_elf_object_references,
		assay_elf_object_ask_second,
	};

	*out = (struct assay_elf_object){ .elf.file = file };
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(passes); i++)
		if (passes[i](out, err) < 0)
			return -1;
	return 0;
}
