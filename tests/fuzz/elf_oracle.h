/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What two ELF files that match must have in common, found without any of assay's ELF code: the
 * gABI, byte offsets, and nothing clever. Each aborts when it does not hold.
 */
#ifndef ASSAY_TESTS_FUZZ_ELF_ORACLE_H
#define ASSAY_TESTS_FUZZ_ELF_ORACLE_H

#include "edits.h"
#include "fuzz.h"

/** One of the two files. */
struct elf_view {
	const struct fuzz_file *file;
	bool wide, big; /* 64 bits; big-endian */
};

struct elf_view elf_view_of(const struct fuzz_file *file);

/** The number at an offset, which must lie in the file. width: bytes */
uint64_t elf_view_at(const struct elf_view *view, uint64_t offset, size_t width);

/** Whether a byte lies in the value of a GNU build-id, going by the bytes in front of it alone. */
bool elf_view_in_build_id(const struct elf_view *view, uint64_t offset);

/** Linked files: everything that is loaded, but build-ids and where the section headers are. */
void elf_oracle_linked(const struct fuzz_pair *pair);

/** Relocatable files: sections that are loaded, their relocations, and symbols that others see. */
void elf_oracle_object(const struct fuzz_pair *pair);

#endif
