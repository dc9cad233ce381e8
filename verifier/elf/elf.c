/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "elf/elf.h"

#include <elf.h>
#include <inttypes.h>

#include "base/memory.h"
#include "elf/layout.h"
#include "elf/parse.h"

void assay_elf_fini(struct assay_elf *elf)
{
	free(elf->segments);
	free(elf->loads);
	free(elf->filled);
	free(elf->sections);
	*elf = (struct assay_elf){ 0 };
}

bool assay_elf_is(struct assay_span file)
{
	return assay_span_starts(file, ELFMAG, SELFMAG);
}

bool assay_elf_section_is_alloc(const struct assay_elf_section *section)
{
	return (section->flags & SHF_ALLOC) != 0;
}

uint64_t assay_elf_segment_table_size(const struct assay_elf *elf)
{
	return (uint64_t)elf->segment_count * assay_elf_segment_record.size[elf->width];
}

uint64_t assay_elf_section_table_size(const struct assay_elf *elf)
{
	return (uint64_t)elf->section_count * assay_elf_section_record.size[elf->width];
}

static uint64_t header(const struct assay_elf *elf, enum assay_elf_header_field field)
{
	return assay_elf_get(elf, &assay_elf_header_record, 0, field);
}

int assay_elf_parse_ident(struct assay_elf *elf, struct assay_error *err)
{
	struct assay_span file = elf->file;

	if (!assay_elf_is(file) || file.len < EI_NIDENT)
		return assay_fail(err, ASSAY_E_FORMAT, "not an ELF file");
	if (file.ptr[EI_CLASS] != ELFCLASS32 && file.ptr[EI_CLASS] != ELFCLASS64)
		return assay_fail_at(err, ASSAY_E_FORMAT, EI_CLASS, "class %u is unknown",
		                     file.ptr[EI_CLASS]);
	if (file.ptr[EI_DATA] != ELFDATA2LSB && file.ptr[EI_DATA] != ELFDATA2MSB)
		return assay_fail_at(err, ASSAY_E_FORMAT, EI_DATA, "byte order %u is unknown",
		                     file.ptr[EI_DATA]);
	if (file.ptr[EI_VERSION] != EV_CURRENT)
		return assay_fail_at(err, ASSAY_E_FORMAT, EI_VERSION, "version %u is unknown",
		                     file.ptr[EI_VERSION]);
	elf->width = file.ptr[EI_CLASS] == ELFCLASS64 ? ASSAY_ELF_64 : ASSAY_ELF_32;
	elf->big_endian = file.ptr[EI_DATA] == ELFDATA2MSB;
	if (file.len < assay_elf_header_record.size[elf->width])
		return assay_fail(err, ASSAY_E_FORMAT, "the ELF header is cut short");
	return 0;
}

/* Record sizes that are not the standard's would let each reader see another table. */
static int check_sizes(const struct assay_elf *elf, struct assay_error *err)
{
	uint64_t shentsize = header(elf, ASSAY_ELF_E_SHENTSIZE);

	if (header(elf, ASSAY_ELF_E_EHSIZE) != assay_elf_header_record.size[elf->width])
		return assay_fail(err, ASSAY_E_FORMAT, "e_ehsize is not the size of the header");
	if (header(elf, ASSAY_ELF_E_PHENTSIZE) != assay_elf_segment_record.size[elf->width])
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "e_phentsize is not the size of a program header");
	if (shentsize != assay_elf_section_record.size[elf->width] &&
	    (shentsize != 0 || elf->shoff != 0 || header(elf, ASSAY_ELF_E_SHNUM) != 0))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "e_shentsize is not the size of a section header");
	return 0;
}

static int parse_header(struct assay_elf *elf, struct assay_error *err)
{
	elf->type = (uint16_t)header(elf, ASSAY_ELF_E_TYPE);
	elf->machine = (uint16_t)header(elf, ASSAY_ELF_E_MACHINE);
	elf->entry = header(elf, ASSAY_ELF_E_ENTRY);
	elf->phoff = header(elf, ASSAY_ELF_E_PHOFF);
	elf->shoff = header(elf, ASSAY_ELF_E_SHOFF);
	elf->segment_count = (size_t)header(elf, ASSAY_ELF_E_PHNUM);
	elf->section_count = (size_t)header(elf, ASSAY_ELF_E_SHNUM);
	elf->shstrndx = (uint32_t)header(elf, ASSAY_ELF_E_SHSTRNDX);
	if (elf->type != ET_EXEC && elf->type != ET_DYN)
		return assay_fail(err, ASSAY_E_FORMAT, "not a linked file (e_type %u)", elf->type);
	if (header(elf, ASSAY_ELF_E_VERSION) != EV_CURRENT)
		return assay_fail(err, ASSAY_E_FORMAT, "e_version is not 1");
	return check_sizes(elf, err);
}

int assay_elf_parse(struct assay_span file, struct assay_elf *out, struct assay_error *err)
{
	static int (*const passes[])(struct assay_elf *, struct assay_error *) = {
		assay_elf_parse_ident,    parse_header,         assay_elf_parse_segments,
		assay_elf_parse_sections, assay_elf_ask_second,
	};

	*out = (struct assay_elf){ .file = file };
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(passes); i++)
		if (passes[i](out, err) < 0)
			return -1;
	return 0;
}
