/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two ELF files made from one, linked or relocatable.
 *
 * Claims: no crash; a sound ledger; equal files and no others are identical, both ways round; and
 * if it is a match, either way, an oracle of its own (elf_oracle.h) finds the same loaded.
 */
#include <elf.h>

#include "elf_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_pair pair;
	enum assay_tier there, back;
	struct elf_view view;
	uint64_t type;

	fuzz_make_pair(data, size, &pair);
	fuzz_compare_pair(&pair, &there, &back);
	if (there == ASSAY_TIER_IDENTICAL ||
	    (there > ASSAY_TIER_NORMALISED && back > ASSAY_TIER_NORMALISED))
		return 0;
	view = elf_view_of(&pair.delivered);
	type = elf_view_at(&view, 16, 2);
	fuzz_assert(type == ET_EXEC || type == ET_DYN || type == ET_REL);
	if (type == ET_REL)
		elf_oracle_object(&pair);
	else
		elf_oracle_linked(&pair);
	return 0;
}
