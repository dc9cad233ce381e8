/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person should know about an ELF file whatever it is compared with: section headers that
 * contradict what is loaded, and unloaded content that is not what its name says. Said even where
 * all bytes are equal, because whoever goes by section headers sees another file than the one
 * that runs.
 *
 * Layer: compare; private to this folder.
 */
#ifndef ASSAY_COMPARE_ELFCMP_REMARK_H
#define ASSAY_COMPARE_ELFCMP_REMARK_H

#include "compare/elfcmp/side.h"
#include "compare/node.h"

/** The causes of such findings. */
#define ASSAY_ELF_VIEWS_DISAGREE "elf/views-disagree"
#define ASSAY_ELF_UNUSUAL_CONTENT "elf/unusual-content"
#define ASSAY_ELF_BAD_SIGNATURE "elf/bad-signature"

/** Which file a remark is about. */
enum assay_elf_who {
	ASSAY_ELF_DELIVERED,
	ASSAY_ELF_REBUILT,
	ASSAY_ELF_BOTH, /* they are equal */
};

#define ASSAY_ELF_REMARKS_MAX 64 /* sections named of each file */

/** Remarks about one file. */
struct assay_elf_remarks {
	struct assay_node *node;
	const struct assay_elf *elf;
	const struct assay_ledger *ledger; /* of that file, accounted for */
	enum assay_elf_who who;
	size_t count;
};

/** Append one about a section. */
void assay_elf_remark_section(struct assay_elf_remarks *remarks, size_t section, const char *cause,
                              const char *what);

/**
 * Append remarks about one side.
 *
 * In:  ledger, of that side, accounted for
 * Out: findings of class unexplained where bytes of the section are that; else of class
 *      identical, which say nothing against the bytes and leave the tier as it is
 */
void assay_elf_remark(struct assay_node *node, const struct assay_elf_side *side,
                      const struct assay_ledger *ledger, enum assay_elf_who who);

/** Append the remark that a file ends with the mark of a module signature, but why not with one. */
void assay_elf_remark_signature(struct assay_node *node, enum assay_elf_who who,
                                const struct assay_error *why);

#endif
