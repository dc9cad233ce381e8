/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second reader of relocatable files: libelf has to see the same sections, symbols and
 * relocations. Where two readers disagree, a third, the linker or the kernel, may side with
 * either; then no rule may speak about the file.
 */
#include <gelf.h>
#include <inttypes.h>

#include "elf/object_parse.h"

static void end_elf(Elf **elf)
{
	(void)elf_end(*elf);
}

static int disagree(const char *what, struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_FORMAT, "libelf reads %s otherwise", what);
}

static bool same_name(struct assay_span ours, const char *theirs)
{
	return theirs != NULL && assay_span_is(ours, theirs);
}

static bool same_section(const struct assay_elf_section *ours, Elf_Scn *section)
{
	GElf_Shdr theirs;

	return section != NULL && gelf_getshdr(section, &theirs) != NULL &&
	       theirs.sh_type == ours->type && theirs.sh_flags == ours->flags &&
	       theirs.sh_addr == ours->addr && theirs.sh_offset == ours->offset &&
	       theirs.sh_size == ours->size && theirs.sh_link == ours->link &&
	       theirs.sh_info == ours->info && theirs.sh_addralign == ours->addralign &&
	       theirs.sh_entsize == ours->entsize;
}

static int check_sections(const struct assay_elf *elf, Elf *second, struct assay_error *err)
{
	size_t count, names;

	if (elf_getshdrnum(second, &count) != 0 || count != elf->section_count)
		return disagree("the number of section headers", err);
	if (elf_getshdrstrndx(second, &names) != 0 || names != elf->shstrndx)
		return disagree("where the names of sections are", err);
	for (size_t i = 1; i < count; i++) {
		Elf_Scn *section = elf_getscn(second, i);
		GElf_Shdr theirs;

		if (!same_section(&elf->sections[i], section))
			return disagree("a section header", err);
		if (gelf_getshdr(section, &theirs) == NULL ||
		    !same_name(elf->sections[i].name, elf_strptr(second, names, theirs.sh_name)))
			return disagree("the name of a section", err);
	}
	return 0;
}

static Elf_Data *data_of(Elf *second, size_t section)
{
	return section == 0 ? NULL : elf_getdata(elf_getscn(second, section), NULL);
}

static bool same_symbol(const struct assay_elf_symbol *ours, const GElf_Sym *theirs,
                        Elf32_Word extended)
{
	uint32_t section = theirs->st_shndx == SHN_XINDEX ? extended : theirs->st_shndx;

	return theirs->st_value == ours->value && theirs->st_size == ours->size &&
	       theirs->st_info == ours->info && theirs->st_other == ours->other &&
	       section == ours->section;
}

static int check_symbols(const struct assay_elf_object *object, Elf *second,
                         struct assay_error *err)
{
	Elf_Data *symbols = data_of(second, object->symtab);
	Elf_Data *extended = data_of(second, object->shndx);

	for (size_t i = 0; i < object->symbol_count; i++) {
		const struct assay_elf_symbol *ours = &object->symbols[i];
		Elf32_Word section = 0;
		GElf_Sym theirs;

		if (symbols == NULL ||
		    gelf_getsymshndx(symbols, extended, (int)i, &theirs, &section) == NULL ||
		    !same_symbol(ours, &theirs, section))
			return disagree("a symbol", err);
		if (!same_name(ours->name, elf_strptr(second, object->strtab, theirs.st_name)))
			return disagree("the name of a symbol", err);
	}
	return 0;
}

/* r_info is taken apart by machine, and libelf leaves that to its caller: what can be held
 * against it are the numbers. */
static bool same_reloc(const struct assay_elf_reloc *ours, const struct assay_elf_section *table,
                       Elf_Data *data, size_t i)
{
	GElf_Rela rela = { 0 };
	GElf_Rel rel = { 0 };

	if (table->type == SHT_RELA && gelf_getrela(data, (int)i, &rela) != NULL)
		return rela.r_offset == ours->offset && (uint64_t)rela.r_addend == ours->addend;
	return table->type == SHT_REL && gelf_getrel(data, (int)i, &rel) != NULL &&
	       rel.r_offset == ours->offset;
}

static int check_relocs(const struct assay_elf_object *object, Elf *second, size_t section,
                        struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	Elf_Data *data = data_of(second, section);

	for (size_t i = 0, count = assay_elf_reloc_count(object, section); i < count; i++) {
		struct assay_elf_reloc ours = assay_elf_reloc_at(object, section, i);

		/* libelf widens the addends of 32-bit files with their sign. */
		if (elf->width == ASSAY_ELF_32)
			ours.addend = (uint64_t)(int64_t)(int32_t)ours.addend;
		if (data == NULL || !same_reloc(&ours, &elf->sections[section], data, i))
			return disagree("a relocation", err);
	}
	return 0;
}

int assay_elf_object_ask_second(struct assay_elf_object *object, struct assay_error *err)
{
	const struct assay_elf *elf = &object->elf;
	ASSAY_AUTO(end_elf) Elf *second = NULL;
	GElf_Ehdr header;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return assay_fail(err, ASSAY_E_FORMAT, "libelf is of another ELF version");
	/* libelf only reads an image that it did not map itself: no elf_update is called. */
	second = elf_memory((char *)(uintptr_t)elf->file.ptr, elf->file.len);
	if (second == NULL || elf_kind(second) != ELF_K_ELF)
		return assay_fail(err, ASSAY_E_FORMAT, "libelf: %s", elf_errmsg(-1));
	if (gelf_getehdr(second, &header) == NULL || header.e_type != elf->type ||
	    header.e_machine != elf->machine || header.e_shoff != elf->shoff)
		return disagree("the ELF header", err);
	if (check_sections(elf, second, err) < 0 || check_symbols(object, second, err) < 0)
		return -1;
	for (size_t i = 1; i < elf->section_count; i++)
		if (assay_elf_is_relocs(&elf->sections[i]) &&
		    check_relocs(object, second, i, err) < 0)
			return -1;
	return 0;
}
