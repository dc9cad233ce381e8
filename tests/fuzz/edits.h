/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two files made from one, for targets that compare: the input is a count, that many edits of
 * 8 bytes, and a base file. An edit changes the delivered copy, or both copies.
 */
#ifndef ASSAY_TESTS_FUZZ_EDITS_H
#define ASSAY_TESTS_FUZZ_EDITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/tier.h"

#define FUZZ_FILE_MAX 32768 /* bytes of a file */
#define FUZZ_EDITS_MAX 24
#define FUZZ_EDIT_SIZE 8 /* bytes */

struct fuzz_file {
	uint8_t bytes[FUZZ_FILE_MAX];
	size_t len;
};

struct fuzz_pair {
	struct fuzz_file delivered, rebuilt;
};

/** Make the two files that an input stands for. */
void fuzz_make_pair(const uint8_t *data, size_t size, struct fuzz_pair *out);

/**
 * Compare the two as ELF files, both ways round, and check what holds for any two files: the
 * ledgers are sound, equal files and no others are identical.
 *
 * Out: *there the tier, *back that of the rebuilt file delivered
 */
void fuzz_compare_pair(const struct fuzz_pair *pair, enum assay_tier *there, enum assay_tier *back);

#endif
