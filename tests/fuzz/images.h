/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the fuzz targets of address images share: a decoder that believes everything, to hold the
 * readers' answers against, and a mutator that makes checksums true again, without which nothing
 * behind them would ever be reached.
 */
#ifndef ASSAY_TESTS_FUZZ_IMAGES_H
#define ASSAY_TESTS_FUZZ_IMAGES_H

#include "formats/flat/image.h"
#include "fuzz.h"

#define CELLS_MAX 65536
#define FILE_MAX_FUZZ 32768 /* bytes */

/** One byte of an image. */
struct cell {
	uint64_t address;
	uint8_t value;
};

enum form {
	FORM_RAW,
	FORM_ELF,
	FORM_IHEX,
	FORM_SREC,
	FORM_UF2,
};

/** A file as the believer sees it. */
struct believed {
	enum form form;
	struct assay_span body;       /* without a DFU suffix */
	struct cell cells[CELLS_MAX]; /* in the order of the file; none of a raw binary */
	size_t count;
};

/** Decode a file. Whatever its checksums, lengths and types say is believed. */
void fuzz_believe(struct assay_span file, struct believed *out);

/** By address. */
void fuzz_sort_cells(struct believed *image);

/** The cell with an address, of a sorted image; NULL: none. */
const struct cell *fuzz_find_cell(const struct believed *image, uint64_t address);

/** Make what a reader checks true: in place. */
void fuzz_mend(uint8_t *data, size_t size);

/** Read with one reader, and claim what must hold of what it says. Return: 0 */
int fuzz_image(const struct assay_image_reader *reader, const uint8_t *data, size_t size);

/* libFuzzer's; in a replay nobody calls it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

#endif
