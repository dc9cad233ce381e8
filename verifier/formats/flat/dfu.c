/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/flat/dfu.h"

#include <zlib.h>

#include "base/cursor.h"

/* Offsets in the suffix, DFU 1.1, table B.1: bcdDevice, idProduct, idVendor, bcdDFU, ucDfuSignature,
 * bLength, dwCRC. */
#define IDS_LEN 6
#define VERSION_AT 6
#define SIGNATURE_AT 8
#define LENGTH_AT 11
#define CRC_AT 12

/* DFU 1.0, DFU 1.1, and what ST calls DfuSe. */
static const uint64_t versions[] = { 0x0100, 0x0110, 0x011a };

static bool is_version(uint64_t value)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(versions); i++)
		if (versions[i] == value)
			return true;
	return false;
}

/* CRC-32 as zlib's, but not inverted at the end; over everything in front of it. */
static uint32_t checksum(struct assay_span file)
{
	return (uint32_t)~crc32_z(0, file.ptr, file.len - (ASSAY_DFU_SUFFIX - CRC_AT));
}

bool assay_dfu_has_suffix(struct assay_span file)
{
	const uint8_t *suffix;

	if (file.len < ASSAY_DFU_SUFFIX)
		return false;
	suffix = file.ptr + file.len - ASSAY_DFU_SUFFIX;
	return memcmp(suffix + SIGNATURE_AT, "UFD", 3) == 0 &&
	       suffix[LENGTH_AT] == ASSAY_DFU_SUFFIX &&
	       is_version(assay_load(suffix + VERSION_AT, 2, false)) &&
	       assay_load(suffix + CRC_AT, 4, false) == checksum(file);
}

void assay_dfu_add(struct assay_image *image)
{
	if (image->body.len == image->file.len)
		return;
	(void)assay_image_add(image, ASSAY_IMAGE_TARGET, ASSAY_IMAGE_DFU_DEVICE, IDS_LEN);
	(void)assay_image_add(image, ASSAY_IMAGE_FRAMING, "DFU suffix", ASSAY_DFU_SUFFIX - IDS_LEN);
}
