/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second reader: libelf has to see the same headers. Where two readers disagree about a file,
 * a third, the loader, may side with either; then no rule may speak about it.
 */
#include <gelf.h>
#include <inttypes.h>

#include "elf/parse.h"

static void end_elf(Elf **elf)
{
	(void)elf_end(*elf);
}

static int disagree(const char *what, struct assay_error *err)
{
	return assay_fail(err, ASSAY_E_FORMAT, "libelf reads %s otherwise", what);
}

static int check_header(const struct assay_elf *elf, Elf *second, struct assay_error *err)
{
	GElf_Ehdr header;

	if (gelf_getehdr(second, &header) == NULL || header.e_type != elf->type ||
	    header.e_machine != elf->machine || header.e_entry != elf->entry ||
	    header.e_phoff != elf->phoff || header.e_shoff != elf->shoff)
		return disagree("the ELF header", err);
	return 0;
}

static int check_segments(const struct assay_elf *elf, Elf *second, struct assay_error *err)
{
	size_t count;

	if (elf_getphdrnum(second, &count) != 0 || count != elf->segment_count)
		return disagree("the number of program headers", err);
	for (size_t i = 0; i < count; i++) {
		const struct assay_elf_segment *ours = &elf->segments[i];
		GElf_Phdr theirs;

		if (gelf_getphdr(second, (int)i, &theirs) == NULL || theirs.p_type != ours->type ||
		    theirs.p_flags != ours->flags || theirs.p_offset != ours->offset ||
		    theirs.p_vaddr != ours->vaddr || theirs.p_paddr != ours->paddr ||
		    theirs.p_filesz != ours->filesz || theirs.p_memsz != ours->memsz ||
		    theirs.p_align != ours->align)
			return disagree("a program header", err);
	}
	return 0;
}

static int check_sections(const struct assay_elf *elf, Elf *second, struct assay_error *err)
{
	size_t count;

	if (elf_getshdrnum(second, &count) != 0 || count != elf->section_count)
		return disagree("the number of section headers", err);
	for (size_t i = 0; i < count; i++) {
		const struct assay_elf_section *ours = &elf->sections[i];
		Elf_Scn *section = elf_getscn(second, i);
		GElf_Shdr theirs;

		if (section == NULL || gelf_getshdr(section, &theirs) == NULL ||
		    theirs.sh_type != ours->type || theirs.sh_flags != ours->flags ||
		    theirs.sh_addr != ours->addr || theirs.sh_offset != ours->offset ||
		    theirs.sh_size != ours->size)
			return disagree("a section header", err);
	}
	return 0;
}

int assay_elf_ask_second(struct assay_elf *elf, struct assay_error *err)
{
	ASSAY_AUTO(end_elf) Elf *second = NULL;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return assay_fail(err, ASSAY_E_FORMAT, "libelf is of another ELF version");
	/* libelf only reads an image that it did not map itself: no elf_update is called. */
	second = elf_memory((char *)(uintptr_t)elf->file.ptr, elf->file.len);
	if (second == NULL || elf_kind(second) != ELF_K_ELF)
		return assay_fail(err, ASSAY_E_FORMAT, "libelf: %s", elf_errmsg(-1));
	if (check_header(elf, second, err) < 0 || check_segments(elf, second, err) < 0)
		return -1;
	return check_sections(elf, second, err);
}
