/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <lzma.h>

#include "base/cursor.h"
#include "formats/filesystem/squashfs/linux.h"

#define XZ_HEADER 12 /* bytes of the header of a stream, and of its footer */
#define XZ_CHECK_AT 7
#define XZ_FILTERS 2 /* one that transforms programs, and LZMA2 */
#define ZSTD_MAGIC "\x28\xb5\x2f\xfd"
#define ZSTD_SINGLE 0x20 /* Single_Segment_flag: the window is the content */
#define LZ4_VERSION 1    /* LZ4_LEGACY */

/* The filters of the first block, of which liblzma allocates the options. */
struct filters {
	lzma_filter list[LZMA_FILTERS_MAX + 1];
};

static void free_filters(struct filters *filters)
{
	for (size_t i = 0; filters->list[i].id != LZMA_VLI_UNKNOWN; i++)
		free(filters->list[i].options);
}

static bool is_transform(const lzma_filter *filter)
{
	return filter->id >= LZMA_FILTER_X86 && filter->id <= LZMA_FILTER_SPARC &&
	       filter->options == NULL;
}

/* Return: the dictionary that they need; UINT64_MAX when Linux knows one of them not */
static uint64_t dictionary_of(const struct filters *filters)
{
	size_t count = 0;

	while (filters->list[count].id != LZMA_VLI_UNKNOWN)
		count++;
	if (count == 0 || count > XZ_FILTERS || filters->list[count - 1].id != LZMA_FILTER_LZMA2 ||
	    (count == XZ_FILTERS && !is_transform(&filters->list[0])))
		return UINT64_MAX;
	return ((const lzma_options_lzma *)filters->list[count - 1].options)->dict_size;
}

/* One block, as mksquashfs makes it: the index at the end has one record. */
static bool has_one_block(struct assay_span packed)
{
	uint64_t index = (assay_load(packed.ptr + packed.len - 8, 4, false) + 1) * 4;

	return index <= packed.len - 2 * XZ_HEADER &&
	       packed.ptr[packed.len - XZ_HEADER - index + 1] == 1;
}

static bool xz_fits(struct assay_span packed, uint64_t window)
{
	struct filters filters = { .list = { { .id = LZMA_VLI_UNKNOWN } } };
	lzma_block block = { .filters = filters.list };
	uint64_t dictionary;

	if (packed.len < 3 * XZ_HEADER || packed.ptr[XZ_CHECK_AT] > LZMA_CHECK_CRC32 ||
	    packed.ptr[XZ_HEADER] == 0 || !has_one_block(packed))
		return false;
	block.check = (lzma_check)packed.ptr[XZ_CHECK_AT];
	block.header_size = lzma_block_header_size_decode(packed.ptr[XZ_HEADER]);
	if (!assay_span_holds(packed, XZ_HEADER, block.header_size) ||
	    lzma_block_header_decode(&block, NULL, packed.ptr + XZ_HEADER) != LZMA_OK)
		return false;
	dictionary = dictionary_of(&filters);
	free_filters(&filters);
	return dictionary <= window;
}

static bool zstd_fits(struct assay_span packed, uint64_t window)
{
	uint64_t base;

	if (packed.len < 6 || !assay_span_starts(packed, ZSTD_MAGIC, 4))
		return false;
	if ((packed.ptr[4] & ZSTD_SINGLE) != 0)
		return true;
	base = UINT64_C(1) << (10 + (packed.ptr[5] >> 3));
	return base + base / 8 * (packed.ptr[5] & 7) <= window;
}

bool sqfs_linux_unpacks(const struct sqfs *fs, struct assay_span packed)
{
	if (fs->codec == ASSAY_CODEC_XZ)
		return xz_fits(packed, fs->window);
	return fs->codec != ASSAY_CODEC_ZSTD || zstd_fits(packed, fs->window);
}

/* 2^n or 3 * 2^n. */
static bool is_dictionary(uint64_t size)
{
	while (size > 0 && size % 2 == 0)
		size /= 2;
	return size == 1 || size == 3;
}

int sqfs_linux_mounts(struct sqfs *fs, struct assay_span options, struct assay_error *err)
{
	uint64_t first = options.len >= 4 ? assay_load(options.ptr, 4, false) : 0;

	fs->window = fs->block_size > SQFS_META ? fs->block_size : SQFS_META;
	if (options.len == 0)
		return 0;
	if (fs->codec == ASSAY_CODEC_XZ)
		fs->window = first;
	if ((fs->codec == ASSAY_CODEC_XZ && !is_dictionary(first)) ||
	    (fs->codec == ASSAY_CODEC_LZ4 && first != LZ4_VERSION))
		return assay_fail(err, ASSAY_E_FORMAT, "options of the compressor: %" PRIu64,
		                  first);
	return 0;
}
