/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/debug: DWARF, compressed or not, present or stripped.
 *
 * Debugging information holds build paths and differs between a stripped file and an unstripped
 * one. It is not loaded; only a debugger, a profiler or a program that prints its own backtrace
 * opens the file to read it, as data.
 *
 * .debug_frame may be missing but not differ: libunwind reads it from the file of a running
 * program that has no .eh_frame, and goes where it says when an exception is thrown
 * (src/dwarf/Gfind_proc_info-lsb.c). It holds no paths, so honest builds agree about it.
 *
 * Content may be packed on one side and plain on the other, or packed in another way; the unpacked
 * contents may differ as well. Packed content has to be exactly what its header says, but for the
 * four reserved bytes of that header.
 *
 * The names are a list, not a pattern: .debug_gdb_scripts, which makes a debugger run code when
 * it opens the file, is left out on purpose, and a made-up .debug_x is not covered.
 *
 * Source: DWARF 5, 7.3.1 to 7.3.3 and appendix B; DWARF 2 to 4 for names that are gone; GDB
 *         manual, "Index Section Format" (.gdb_index); LLVM's and GNU's pubnames. The .zdebug_
 *         forms are those of GNU binutils before SHF_COMPRESSED.
 */
#include <elf.h>

#include "compare/elfcmp/packed.h"
#include "compare/elfcmp/rule.h"

/* A stream that is more or less than its header says is no debugging information.
 *
 * MIPS has a section type of its own (MIPS ABI supplement for 64 bits, "Section Types"). */
static const char *refuse(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	if (section->type == SHT_MIPS_DWARF && elf->machine != EM_MIPS)
		return "its type is one of another machine";
	return assay_elf_is_packed(section) ? assay_elf_unpack(elf, section, NULL) : NULL;
}

#define FORMS_IF(name, exact)                                                                      \
	{ ".debug_" name, SHT_PROGBITS, exact }, { ".zdebug_" name, SHT_PROGBITS, exact },         \
		{ ".debug_" name, SHT_MIPS_DWARF, exact },                                         \
	{                                                                                          \
		".zdebug_" name, SHT_MIPS_DWARF, exact                                             \
	}
#define FORMS(name) FORMS_IF(name, false)

static const struct assay_elf_rule_section sections[] = {
	FORMS("abbrev"),
	FORMS("addr"),
	FORMS("aranges"),
	FORMS("cu_index"),
	FORMS_IF("frame", true),
	FORMS("gnu_pubnames"),
	FORMS("gnu_pubtypes"),
	FORMS("info"),
	FORMS("line"),
	FORMS("line_str"),
	FORMS("loc"),
	FORMS("loclists"),
	FORMS("macinfo"),
	FORMS("macro"),
	FORMS("names"),
	FORMS("pubnames"),
	FORMS("pubtypes"),
	FORMS("ranges"),
	FORMS("rnglists"),
	FORMS("str"),
	FORMS("str_offsets"),
	FORMS("sup"),
	FORMS("tu_index"),
	FORMS("types"),
	{ ".gdb_index", SHT_PROGBITS, false },
	{ 0 },
};

const struct assay_elf_rule assay_elf_rule_debug = {
	.id = "elf/debug@2",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "debug_information",
	.summary = ".debug_* and .zdebug_*: DWARF for debuggers, not loaded",
	.sections = sections,
	.refuse = refuse,
	.deep = true,
};
