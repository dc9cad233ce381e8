/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two files made from one, for targets that compare: the input is a count, that many edits of
 * 8 bytes, and a base file. An edit changes the delivered copy, or both copies.
 */
#ifndef ASSAY_TESTS_FUZZ_EDITS_H
#define ASSAY_TESTS_FUZZ_EDITS_H

#include <stddef.h>
#include <stdint.h>

#include "model/tier.h"

#define FUZZ_FILE_MAX 32768 /* bytes of a file */

struct fuzz_file {
	uint8_t bytes[FUZZ_FILE_MAX];
	size_t len;
};

void fuzz_make_files(const uint8_t *data, size_t size, struct fuzz_file *delivered,
                     struct fuzz_file *rebuilt);

/** Compare two files as ELF files, and check that the ledger is sound. */
enum assay_tier fuzz_tier_of(const struct fuzz_file *delivered, const struct fuzz_file *rebuilt);

#endif
