/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checksums of ext4, and the parts that they are. */
#include "base/cursor.h"
#include "formats/filesystem/ext/ext.h"

#define CRC32C 0x82f63b78 /* RFC 3720, reflected */
#define CRC16 0xa001      /* Linux lib/crc16.c, reflected */

static void fill_table(uint32_t table[256], uint32_t polynomial)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
		table[i] = crc;
	}
}

uint32_t ext_crc32c(uint32_t seed, struct assay_span bytes)
{
	static _Thread_local uint32_t table[256];

	if (table[1] == 0)
		fill_table(table, CRC32C);
	for (size_t i = 0; i < bytes.len; i++)
		seed = seed >> 8 ^ table[(seed ^ bytes.ptr[i]) & 0xff];
	return seed;
}

uint32_t ext_crc32c_number(uint32_t seed, uint64_t number, size_t width)
{
	uint8_t bytes[8];

	assay_store(bytes, width, false, number);
	return ext_crc32c(seed, assay_span_of(bytes, width));
}

uint32_t ext_crc32c_without(uint32_t seed, struct assay_span bytes, uint64_t offset, size_t width)
{
	seed = ext_crc32c(seed, assay_span_sub(bytes, 0, offset));
	seed = ext_crc32c_number(seed, 0, width);
	return ext_crc32c(seed, assay_span_sub(bytes, offset + width, bytes.len));
}

uint16_t ext_crc16(uint16_t seed, struct assay_span bytes)
{
	static _Thread_local uint32_t table[256];
	uint32_t crc = seed;

	if (table[1] == 0)
		fill_table(table, CRC16);
	for (size_t i = 0; i < bytes.len; i++)
		crc = crc >> 8 ^ table[(crc ^ bytes.ptr[i]) & 0xff];
	return (uint16_t)crc;
}

void ext_checksum(struct ext *fs, const char *what, uint64_t at, size_t width, uint64_t value)
{
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_CHECK, what, at, width);
	if (fs->fix != NULL)
		assay_store(fs->fix + at, width, false, value);
	else if (ext_load(fs, at, width) != (width == 2 ? value & 0xffff : value))
		assay_contents_false(fs->out, ASSAY_NO_ENTRY, what, at, width);
}

void ext_add_reserved(struct ext *fs, size_t entry, uint64_t at, uint64_t length)
{
	bool zeros = assay_span_is_fill(assay_span_sub(fs->image, at, length), 0);

	(void)assay_contents_part_at(fs->out, entry, zeros ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED,
	                             "reserved", at, length);
}
