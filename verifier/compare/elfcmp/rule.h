/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules for ELF files: the only ways in which a byte that differs leaves the class unexplained.
 * A rule is a row here and a file in rules/, whose comment says why nothing that runs can tell the
 * difference.
 *
 * The frame around them holds for every rule, so that none can forget it. For relocatable files it
 * is in compare/elfcmp/object/side.h and pair.h. For linked files (compare/elfcmp/conditions.c):
 * - both files are linked files that keep the gABI, and their headers have the same layout;
 * - a rule about sections gets a section without SHF_ALLOC, SHF_WRITE, SHF_EXECINSTR and SHF_TLS,
 *   without an address, of the right name and type, whose bytes no segment, no executable page,
 *   no header and no other section has;
 * - its counterpart on the other side is such a section too, or, for a section of the rebuilt
 *   file, does not exist: a delivered file may lack what nothing loads, but not add it, unless
 *   the rule says that it may;
 * - the delivered one is not where programs look for what was appended to them: at the end of the
 *   file (self-extracting archives, `ocamlrun', SBCL), or behind the section headers (AppImage);
 * - neither file goes on behind the end of everything it describes (but for the build-id), unless
 *   it is zeros, and no more in the delivered file.
 *
 * Layer:  compare; private to this folder.
 * Limits: a program that opens its own file and acts on what it finds in unloaded sections of it
 *         sees what these rules let differ. That is in the reviewed source for everybody to see.
 */
#ifndef ASSAY_COMPARE_ELFCMP_RULE_H
#define ASSAY_COMPARE_ELFCMP_RULE_H

#include "elf/elf.h"
#include "model/ledger.h"

/** Which section a rule may touch. */
struct assay_elf_rule_section {
	const char *name;
	uint32_t type; /* SHT_… */
	bool exact;    /* may be missing, but not differ */
};

struct assay_elf_rule {
	const char *id; /* with its version: what it accepts changed when the number did */
	enum assay_class class;
	const char *cause;
	bool only_cause;   /* the cause is one only while nothing is left unexplained */
	bool may_be_added; /* a delivered file may have such a section that the rebuilt one lacks */
	const char *summary; /* one line: which bytes, and why they do not matter */
	const struct assay_elf_rule_section *sections; /* ends with a row without a name; or NULL */

	/**
	 * Look at one side's content of a section, where the rule sets bounds to it. May be NULL.
	 *
	 * Return: NULL, or what is wrong with it: then the rule does not apply
	 */
	const char *(*refuse)(const struct assay_elf *elf, const struct assay_elf_section *section);
	bool deep; /* refuse may unpack the content: it is asked where both sides have and differ */
};

extern const struct assay_elf_rule assay_elf_rule_build_id;
extern const struct assay_elf_rule assay_elf_rule_comment;
extern const struct assay_elf_rule assay_elf_rule_debug;
extern const struct assay_elf_rule assay_elf_rule_debugaltlink;
extern const struct assay_elf_rule assay_elf_rule_debuglink;
extern const struct assay_elf_rule assay_elf_rule_local_symbols;
extern const struct assay_elf_rule assay_elf_rule_module_signature;
extern const struct assay_elf_rule assay_elf_rule_object_headers;
extern const struct assay_elf_rule assay_elf_rule_padding;
extern const struct assay_elf_rule assay_elf_rule_section_headers;
extern const struct assay_elf_rule assay_elf_rule_symbol_order;
extern const struct assay_elf_rule assay_elf_rule_symtab;

/** All of them, sorted by id; ends with NULL. */
extern const struct assay_elf_rule *const assay_elf_rules[];

/** The rule with an id as it stands in a ledger; NULL when there is none. */
const struct assay_elf_rule *assay_elf_rule_find(const char *id);

/**
 * The rule that may touch a section, going by its header alone; NULL when there is none.
 *
 * Out: *exact whether the section may be missing but not differ; may be NULL
 */
const struct assay_elf_rule *assay_elf_rule_for(const struct assay_elf_section *section,
                                                bool *exact);

#endif
