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
	static struct elf_pair pair;
	struct elf_view view;
	uint64_t type;

	elf_pair_make(data, size, &pair);
	if (!elf_pair_matches(&pair))
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
