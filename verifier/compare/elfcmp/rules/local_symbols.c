/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/local-symbols: local symbols that the delivered file lacks, with all that elf/symbol-order
 * lets differ.
 *
 * strip --strip-unneeded, which distributions run over kernel modules, takes away local symbols
 * that no relocation refers to. A linker binds nothing to a local symbol of another file, and the
 * module loader resolves names through exported symbols only, so the same code is linked and
 * loaded without them. What is left to miss them are names in back traces, and programs that look
 * up a function of a module by its name (kprobes, livepatch): these fail, or find none.
 *
 * A symbol may be missing only if it is local, of no type, an object or a function, in a section
 * that is compared in full, and nothing firm refers to it. Mapping symbols ($a, $x, $d …) may not:
 * linkers go by them. Of several symbols with one name all are missing or none, because livepatch
 * counts them; but labels of compilers (.L…) are not looked up by anybody. Never in a BPF file:
 * libbpf makes programs of local functions. A delivered file never has a symbol that the rebuilt
 * one lacks, but the nameless symbol of a section that is there.
 *
 * Source: gABI chapter 4, "Symbol Table": local symbols are not visible outside of their file;
 *         binutils objcopy.c, filter_symbols; Linux kernel/livepatch/core.c, klp_find_callback.
 */
#include "compare/elfcmp/rule.h"

const struct assay_elf_rule assay_elf_rule_local_symbols = {
	.id = "elf/local-symbols@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "stripped_symbols",
	.summary = "local symbols that nothing refers to, which the delivered file lacks",
};
