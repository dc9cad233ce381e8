/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/disk/flash_piece.h"

#include "base/cursor.h"
#include "formats/filesystem/extent.h"
#include "formats/image/extent.h"
#include "formats/image/uboot_env.h"

#define SECTOR 4096

/* With the zeros up to a sector that mksquashfs adds. Source: squashfs_fs.h: bytes_used at 40,
 * s_major at 28 */
static bool squashfs(struct assay_span span, uint64_t *length)
{
	struct assay_span padding;

	if (!assay_span_starts(span, "hsqs", 4) || span.len < 96 ||
	    assay_load(span.ptr + 28, 2, false) != 4)
		return false;
	*length = assay_load(span.ptr + 40, 8, false);
	if (*length < 96 || *length > span.len)
		return false;
	padding = assay_span_sub(span, *length, -*length % SECTOR);
	if (assay_span_is_fill(padding, 0))
		*length += padding.len;
	return true;
}

static bool environment(struct assay_span span, uint64_t *length)
{
	struct assay_uboot_env env;

	if (!assay_uboot_env_is(span, &env))
		return false;
	*length = env.size;
	return true;
}

/* Source: Linux, drivers/mtd/ubi/ubi-media.h: struct ubi_ec_hdr, version 1 */
static bool ubi(struct assay_span span, uint64_t *length)
{
	*length = span.len;
	return assay_span_starts(span, "UBI#\1\0\0\0", 8);
}

/* A node in either byte order. Source: Linux, include/uapi/linux/jffs2.h */
static bool jffs2(struct assay_span span, uint64_t *length)
{
	static const uint16_t types[] = { 0x2003, 0x2004, 0xe001, 0xe002, 0xe008, 0xe009, 0x2006 };
	bool big = assay_span_starts(span, "\x19\x85", 2);
	uint64_t type;

	if (span.len < 12 || (!big && !assay_span_starts(span, "\x85\x19", 2)))
		return false;
	type = assay_load(span.ptr + 2, 2, big);
	*length = span.len;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(types); i++)
		if (type == types[i])
			return true;
	return false;
}

static const struct {
	const char *kind;
	bool (*measure)(struct assay_span span, uint64_t *length);
} kinds[] = {
	{ "uimage", assay_uimage_extent },
	{ "fdt", assay_fdt_extent },
	{ "trx", assay_trx_extent },
	{ "fip", assay_fip_extent },
	{ "squashfs", squashfs },
	{ "ubi", ubi },
	{ "jffs2", jffs2 },
	{ "romfs", assay_romfs_extent },
	{ "ext", assay_ext_extent },
	{ "env", environment },
};

bool flash_piece_at(struct assay_span span, struct flash_piece *out)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++) {
		if (!kinds[i].measure(span, &out->length))
			continue;
		out->kind = kinds[i].kind;
		return true;
	}
	return false;
}
