/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair.h"

#include <stdio.h>

#include "base/cursor.h"
#include "formats/filesystem/jffs2/jffs2.h"
#include "formats/image/pe.h"
#include "formats/stream/deflate.h"

#define BLOCK 512 /* of a tar archive */

static bool is_in(size_t changed, size_t from, size_t to)
{
	return changed != REPAIR_ALL && changed >= from && changed < to;
}

static void repair_tar(uint8_t *block, size_t start, size_t changed)
{
	unsigned sum = 0;

	if (memcmp(block + 257, "ustar", 5) != 0 || is_in(changed, start + 148, start + 156))
		return;
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	(void)snprintf((char *)block + 148, 8, "%06o", sum & 0777777);
}

/* A legacy U-Boot image: the CRC of the data, then that of the header. */
static void repair_uimage(struct assay_bytes *file, size_t changed)
{
	struct assay_span span = assay_span_of_bytes(file);
	uint64_t size;

	if (span.len < 64 || !assay_span_starts(span, "\x27\x05\x19\x56", 4) ||
	    is_in(changed, 4, 8) || is_in(changed, 24, 28))
		return;
	size = assay_load(span.ptr + 12, 4, true);
	assay_store(file->ptr + 24, 4, true, assay_crc32(assay_span_sub(span, 64, size)));
	memset(file->ptr + 4, 0, 4);
	assay_store(file->ptr + 4, 4, true, assay_crc32(assay_span_sub(span, 0, 64)));
}

/* A U-Boot environment of one block: seeds.py makes one. */
static void repair_env(struct assay_bytes *file, size_t changed)
{
	struct assay_span span = assay_span_of_bytes(file);

	if (span.len == BLOCK && !is_in(changed, 0, 4) &&
	    assay_span_starts(assay_span_sub(span, 5, 8), "bootcmd=", 8))
		assay_store(file->ptr, 4, false, assay_crc32(assay_span_sub(span, 5, BLOCK)));
}

static void repair_trx(struct assay_bytes *file, size_t changed)
{
	struct assay_span span = assay_span_of_bytes(file);

	if (span.len > 28 && assay_span_starts(span, "HDR0", 4) && !is_in(changed, 8, 12))
		assay_store(file->ptr + 8, 4, false,
		            ~assay_crc32(assay_span_sub(span, 12,
		                                        assay_load(span.ptr + 4, 4, false) - 12)));
}

static void repair_table(struct assay_bytes *file, uint64_t header_at, size_t changed)
{
	struct assay_span span = assay_span_of_bytes(file), table;
	uint8_t *header = file->ptr + header_at;

	if (!assay_span_holds(span, header_at, 512) || memcmp(header, "EFI PART", 8) != 0 ||
	    is_in(changed, header_at + 16, header_at + 20) ||
	    is_in(changed, header_at + 88, header_at + 92))
		return;
	table = assay_span_sub(span, assay_load(header + 72, 8, false) * 512,
	                       assay_load(header + 80, 4, false) * 128);
	assay_store(header + 88, 4, false, assay_crc32(table));
	memset(header + 16, 0, 4);
	assay_store(header + 16, 4, false, assay_crc32(assay_span_of(header, 92)));
}

/* Both tables of a disk, the second where the first says. */
static void repair_gpt(struct assay_bytes *file, size_t changed)
{
	struct assay_span first = assay_span_sub(assay_span_of_bytes(file), 512, 512);

	repair_table(file, 512, changed);
	if (first.len == 512)
		repair_table(file, assay_load(first.ptr + 32, 8, false) % (1u << 20) * 512,
		             changed);
}

/* Source: linux/jffs2.h. The checksum of a header has the bit of a node that counts set. */
static uint32_t crc_of_node(const uint8_t *bytes, size_t length)
{
	return jffs2_crc(assay_span_of(bytes, length));
}

static void repair_node(uint8_t *node, size_t at, size_t length, bool big, size_t changed)
{
	static const struct {
		uint16_t type;
		uint8_t size, check_at, sum_to, data_check_at; /* the latter: 0, none */
	} kinds[] = {
		{ 0xe001, 40, 32, 32, 36 }, { 0xe002, 68, 64, 60, 60 }, { 0x2006, 32, 28, 24, 24 },
		{ 0xe008, 32, 28, 28, 24 }, { 0xe009, 28, 24, 24, 0 },
	};
	uint16_t type = (uint16_t)assay_load(node + 2, 2, big);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t size = kinds[i].size, check = kinds[i].check_at,
		       data = kinds[i].data_check_at;

		if (kinds[i].type != type || length < size)
			continue;
		if (type == 0xe008 && size + node[21] + 1 + assay_load(node + 22, 2, big) < length)
			length = size + node[21] + 1 + (size_t)assay_load(node + 22, 2, big);
		if (data != 0 && !is_in(changed, at + data, at + data + 4))
			assay_store(node + data, 4, big, crc_of_node(node + size, length - size));
		if (!is_in(changed, at + check, at + check + 4))
			assay_store(node + check, 4, big, crc_of_node(node, kinds[i].sum_to));
	}
}

/* Nodes one behind the other, as long as they say. */
static void repair_jffs2(struct assay_bytes *file, size_t changed)
{
	struct assay_span span = assay_span_of_bytes(file);
	bool big = assay_span_starts(span, "\x19\x85", 2);

	if (!big && !assay_span_starts(span, "\x85\x19", 2))
		return;
	for (size_t at = 0; at + 12 <= file->len;) {
		uint8_t *node = file->ptr + at;
		uint64_t length = assay_load(node + 4, 4, big);
		uint64_t type = assay_load(node + 2, 2, big);

		if (assay_load(node, 2, big) != 0x1985 || length < 12 ||
		    !assay_span_holds(span, at, length)) {
			at += 4;
			continue;
		}
		assay_store(node + 2, 2, big, type | 0x2000);
		if (!is_in(changed, at + 8, at + 12))
			assay_store(node + 8, 4, big, crc_of_node(node, 8));
		assay_store(node + 2, 2, big, type);
		repair_node(node, at, (size_t)length, big, changed);
		at += (size_t)(length + 3) / 4 * 4;
	}
}

/* The checksum of a PE image that has one. */
static void repair_pe(struct assay_bytes *file, size_t changed)
{
	ASSAY_AUTO_PE struct assay_pe pe = { 0 };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	if (assay_pe_read(assay_span_of_bytes(file), &pe, &ignored) < 0 ||
	    is_in(changed, pe.checksum, pe.checksum + 4) ||
	    assay_load(file->ptr + pe.checksum, 4, false) == 0)
		return;
	assay_store(file->ptr + pe.checksum, 4, false, assay_pe_checksum(&pe, file->len));
}

void repair_checksums(struct assay_bytes *file, size_t changed)
{
	for (size_t at = 0; at + BLOCK <= file->len; at += BLOCK)
		if (changed == REPAIR_ALL || is_in(changed, at, at + BLOCK))
			repair_tar(file->ptr + at, at, changed);
	repair_uimage(file, changed);
	repair_env(file, changed);
	repair_trx(file, changed);
	repair_gpt(file, changed);
	repair_jffs2(file, changed);
	repair_pe(file, changed);
}
