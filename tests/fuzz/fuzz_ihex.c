/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intel HEX. Claims: parts cover the file; the reader's bytes and addresses are those of a decoder
 * that believes everything (images.c).
 */
#include "images.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_image(&assay_image_ihex, data, size);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max);
	if (seed % 8 != 0)
		fuzz_mend(data, size);
	return size;
}
