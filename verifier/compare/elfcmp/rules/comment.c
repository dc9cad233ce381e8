/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/comment: which compilers made the file, as text.
 *
 * Compilers write .comment for people (.ident); no loader and no debugger reads it. It is not
 * loaded. To keep it from becoming a store for something else it may only differ while both
 * sides are short and plain text; anything else stays unexplained.
 *
 * Source: gABI chapter 4, "Special Sections": .comment holds version control information.
 */
#include <elf.h>

#include "compare/elfcmp/rule.h"

/* The longest in the 2,560 linked files of a Debian 12 is below 1 KiB: one line a compiler. */
#define COMMENT_LIMIT 65536 /* bytes */

static bool is_text(uint8_t byte)
{
	return byte == '\0' || byte == '\t' || byte == '\n' || (byte >= 0x20 && byte < 0x7f);
}

static const char *refuse(const struct assay_elf *elf, const struct assay_elf_section *section)
{
	(void)elf;
	if (section->data.len >= COMMENT_LIMIT)
		return "65536 bytes or more";
	for (size_t i = 0; i < section->data.len; i++)
		if (!is_text(section->data.ptr[i]))
			return "it holds bytes that are not text";
	return NULL;
}

static const struct assay_elf_rule_section sections[] = {
	{ ".comment", SHT_PROGBITS, false },
	{ 0 },
};

const struct assay_elf_rule assay_elf_rule_comment = {
	.id = "elf/comment@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "compiler_identification",
	.summary = ".comment: names of the compilers, not loaded",
	.sections = sections,
	.refuse = refuse,
};
