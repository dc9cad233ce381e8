/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <elf.h>
#include <inttypes.h>

#include "base/memory.h"
#include "elf/layout.h"
#include "elf/parse.h"

/* Names are compared with each other: a bound on their length bounds that work. The longest seen
 * in linked files are names of symbols behind a prefix such as .gnu.warning; a relocatable file
 * may have a section for each C++ function, with its name. */
#define NAME_MAX_LINKED 1024 /* bytes */
#define NAME_MAX_OBJECT 16384

static struct assay_elf_section read_section(const struct assay_elf *elf, uint64_t at)
{
	const struct assay_elf_record *record = &assay_elf_section_record;

	return (struct assay_elf_section){
		.type = (uint32_t)assay_elf_get(elf, record, at, ASSAY_ELF_SH_TYPE),
		.link = (uint32_t)assay_elf_get(elf, record, at, ASSAY_ELF_SH_LINK),
		.info = (uint32_t)assay_elf_get(elf, record, at, ASSAY_ELF_SH_INFO),
		.flags = assay_elf_get(elf, record, at, ASSAY_ELF_SH_FLAGS),
		.addr = assay_elf_get(elf, record, at, ASSAY_ELF_SH_ADDR),
		.offset = assay_elf_get(elf, record, at, ASSAY_ELF_SH_OFFSET),
		.size = assay_elf_get(elf, record, at, ASSAY_ELF_SH_SIZE),
		.addralign = assay_elf_get(elf, record, at, ASSAY_ELF_SH_ADDRALIGN),
		.entsize = assay_elf_get(elf, record, at, ASSAY_ELF_SH_ENTSIZE),
	};
}

static bool has_data(const struct assay_elf_section *section)
{
	return section->type != SHT_NULL && section->type != SHT_NOBITS && section->size > 0;
}

static int read_headers(struct assay_elf *elf, struct assay_error *err)
{
	uint64_t size = assay_elf_section_record.size[elf->width];

	for (size_t i = 0; i < elf->section_count; i++) {
		struct assay_elf_section *section = &elf->sections[i];

		*section = read_section(elf, elf->shoff + i * size);
		if (!has_data(section))
			continue;
		if (!assay_span_holds(elf->file, section->offset, section->size))
			return assay_fail_at(err, ASSAY_E_FORMAT, elf->shoff + i * size,
			                     "section %zu reaches past the end of the file", i);
		section->data = assay_span_sub(elf->file, section->offset, section->size);
	}
	return 0;
}

static int read_name(struct assay_elf *elf, struct assay_span names, size_t i,
                     struct assay_error *err)
{
	uint64_t at = elf->shoff + i * assay_elf_section_record.size[elf->width];
	uint64_t offset = assay_elf_get(elf, &assay_elf_section_record, at, ASSAY_ELF_SH_NAME);
	unsigned max = elf->type == ET_REL ? NAME_MAX_OBJECT : NAME_MAX_LINKED;
	struct assay_span rest = assay_span_sub(names, offset, max + 1);
	const uint8_t *end = rest.len > 0 ? memchr(rest.ptr, 0, rest.len) : NULL;

	if (end == NULL)
		return assay_fail_at(err, ASSAY_E_FORMAT, at,
		                     "section %zu: its name is outside the names or longer than "
		                     "%u bytes",
		                     i, max);
	elf->sections[i].name = assay_span_of(rest.ptr, (size_t)(end - rest.ptr));
	return 0;
}

static int read_names(struct assay_elf *elf, struct assay_error *err)
{
	const struct assay_elf_section *names;

	if (elf->shstrndx == SHN_UNDEF || elf->shstrndx >= elf->section_count)
		return assay_fail(err, ASSAY_E_FORMAT, "e_shstrndx %" PRIu32 " is no section",
		                  elf->shstrndx);
	names = &elf->sections[elf->shstrndx];
	if (names->type != SHT_STRTAB)
		return assay_fail(err, ASSAY_E_FORMAT, "e_shstrndx %" PRIu32 " holds no strings",
		                  elf->shstrndx);
	for (size_t i = 0; i < elf->section_count; i++)
		if (read_name(elf, names->data, i, err) < 0)
			return -1;
	return 0;
}

static int read_sections(struct assay_elf *elf, struct assay_error *err)
{
	elf->sections = assay_calloc(elf->section_count, sizeof(*elf->sections));
	if (read_headers(elf, err) < 0)
		return -1;
	return read_names(elf, err);
}

/* No table: then nothing may say that there is one. */
static int check_absent(const struct assay_elf *elf, struct assay_error *err)
{
	if (elf->shoff != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "e_shnum is 0 but e_shoff is not");
	if (elf->shstrndx != SHN_UNDEF)
		return assay_fail(err, ASSAY_E_FORMAT, "e_shnum is 0 but e_shstrndx is not");
	return 0;
}

static uint64_t from_section_zero(const struct assay_elf *elf, enum assay_elf_section_field field)
{
	return assay_elf_get(elf, &assay_elf_section_record, elf->shoff, field);
}

/*
 * Numbers that are too large for the ELF header stand in section 0. One that would have fitted is
 * none of those: other readers would see another table.
 *
 * Source: gABI chapter 4, e_shnum and e_shstrndx: SHN_LORESERVE and more; figure 4-7
 */
static int read_extended(struct assay_elf *elf, struct assay_error *err)
{
	uint64_t count = from_section_zero(elf, ASSAY_ELF_SH_SIZE);
	uint64_t names = from_section_zero(elf, ASSAY_ELF_SH_LINK);

	if (elf->section_count == 0 && count >= SHN_LORESERVE &&
	    count <= elf->file.len / assay_elf_section_record.size[elf->width])
		elf->section_count = (size_t)count;
	if (elf->shstrndx >= SHN_LORESERVE &&
	    (elf->shstrndx != SHN_XINDEX || names < SHN_LORESERVE))
		return assay_fail(err, ASSAY_E_FORMAT, "e_shstrndx %" PRIu32 " is no section",
		                  elf->shstrndx);
	if (elf->shstrndx == SHN_XINDEX)
		elf->shstrndx = (uint32_t)names;
	return elf->section_count == 0 ? check_absent(elf, err) : 0;
}

/* gABI, figure 4-7: all members 0, but for the counts above */
static int check_section_zero(const struct assay_elf *elf, struct assay_error *err)
{
	for (unsigned i = 0; i < assay_elf_section_record.field_count; i++) {
		bool counts = (i == ASSAY_ELF_SH_SIZE && elf->section_count >= SHN_LORESERVE) ||
		              (i == ASSAY_ELF_SH_LINK && elf->shstrndx >= SHN_LORESERVE);

		if (!counts && from_section_zero(elf, (enum assay_elf_section_field)i) != 0)
			return assay_fail(err, ASSAY_E_FORMAT, "section 0 is not empty");
	}
	return 0;
}

static bool table_fits(const struct assay_elf *elf, uint64_t size)
{
	return elf->shoff >= assay_elf_header_record.size[elf->width] &&
	       assay_span_holds(elf->file, elf->shoff, size);
}

int assay_elf_parse_sections(struct assay_elf *elf, struct assay_error *err)
{
	uint64_t size = assay_elf_section_record.size[elf->width];

	if (elf->section_count >= SHN_LORESERVE)
		return assay_fail(err, ASSAY_E_FORMAT, "e_shnum is %zu, no number of sections",
		                  elf->section_count);
	if (elf->section_count == 0 && !table_fits(elf, size))
		return check_absent(elf, err);
	if (table_fits(elf, size) && read_extended(elf, err) < 0)
		return -1;
	if (!table_fits(elf, assay_elf_section_table_size(elf)))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "the section headers are not between the ELF header and the end "
		                  "of the file");
	if (check_section_zero(elf, err) < 0)
		return -1;
	return read_sections(elf, err);
}
