/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elf/padding: zeros between things, where the other file has none or something else.
 *
 * When a section that is not loaded changes its size, the padding that aligns the next one does
 * too. The bytes are in no segment, no executable page, no section and no header, and they are
 * zero: a zero that nothing reads carries nothing. Any other value is unexplained, unless the
 * rebuilt file has it at the same place; in the 2,263 64-bit files of a Debian 12 there is none.
 *
 * So are zeros behind the end of everything, which patchelf and image tools leave and strip(1)
 * drops, as long as the delivered file has no more of them than the rebuilt one.
 */
#include "compare/elfcmp/rule.h"

const struct assay_elf_rule assay_elf_rule_padding = {
	.id = "elf/padding@1",
	.class = ASSAY_CLASS_NORMALISED,
	.cause = "padding",
	.summary = "zeros that align what follows, in nothing that is loaded",
};
