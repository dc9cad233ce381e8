/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two ELF files made from one, for the fuzz targets that compare them: the input is a count, that
 * many edits of 8 bytes, and a base file. An edit changes the delivered copy, or both copies.
 */
#ifndef ASSAY_TESTS_FUZZ_ELF_PAIR_H
#define ASSAY_TESTS_FUZZ_ELF_PAIR_H

#include "fuzz.h"
#include "model/tier.h"

#define ELF_PAIR_SIZE_MAX 32768 /* bytes of a file */
#define ELF_PAIR_EDITS_MAX 24
#define ELF_PAIR_EDIT_SIZE 8 /* bytes */

struct elf_pair_file {
	uint8_t bytes[ELF_PAIR_SIZE_MAX];
	size_t len;
};

struct elf_pair {
	struct elf_pair_file delivered, rebuilt;
};

/** Make the two files that an input stands for. */
void elf_pair_make(const uint8_t *data, size_t size, struct elf_pair *out);

/**
 * Compare the two, both ways round, and check what holds for any two files: the ledgers are sound,
 * equal files and no others are identical.
 *
 * Return: whether it is a match either way and the files are not equal
 */
bool elf_pair_matches(const struct elf_pair *pair);

#endif
