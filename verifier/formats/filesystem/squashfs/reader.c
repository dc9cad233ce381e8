/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * squashfs 4.0: the superblock, and the order in which the rest is read.
 *
 * Two images of the same files differ nearly everywhere when block size, compressor or threads
 * do. So everything but the magic, the version and the time is metadata that is fully turned into
 * entries and attributes, and what no entry stands for makes the image inconclusive.
 */
#include "formats/filesystem/squashfs/linux.h"
#include "formats/readers.h"

#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"

#define MAGIC "hsqs"
#define MAJOR_AT 28
#define MAJOR 4
#define HAS_OPTIONS 0x400  /* SQUASHFS_COMP_OPT: a block with the compressor's options follows */
#define KNOWN_FLAGS 0x0ffb /* all of squashfs_fs.h but SQUASHFS_CHECK, which no version 4 has */
#define BLOCK_LOG_MIN 12   /* 4 KiB */
#define BLOCK_LOG_MAX 20   /* SQUASHFS_FILE_MAX_LOG: 1 MiB */
#define TIMES "squashfs/timestamps@1"

static const struct assay_field super_fields[] = {
	{ .what = "magic", .offset = 0, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "inode count", .offset = 4, .length = 4, .role = ASSAY_ROLE_METADATA },
	{ .what = "time", .offset = 8, .length = 4, .role = ASSAY_ROLE_OPAQUE, .rule = TIMES },
	{ .what = "layout", .offset = 12, .length = 16, .role = ASSAY_ROLE_METADATA },
	{ .what = "version", .offset = 28, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "places", .offset = 32, .length = 64, .role = ASSAY_ROLE_METADATA },
	{ 0 },
};

/* Source: squashfs_fs.h, ZLIB_COMPRESSION and its kin. */
static const struct {
	enum assay_codec codec;
	uint8_t options; /* bytes of the compressor's options (squashfs-tools, *_wrapper.h) */
} compressors[] = {
	[1] = { ASSAY_CODEC_ZLIB, 8 }, [2] = { ASSAY_CODEC_LZMA, 0 }, [3] = { ASSAY_CODEC_LZO, 8 },
	[4] = { ASSAY_CODEC_XZ, 8 },   [5] = { ASSAY_CODEC_LZ4, 8 },  [6] = { ASSAY_CODEC_ZSTD, 4 },
};

static bool probe(struct assay_span span)
{
	return assay_span_starts(span, MAGIC, 4) && span.len >= SQFS_SUPER &&
	       assay_load(span.ptr + MAJOR_AT, 2, false) == MAJOR;
}

static uint64_t get(const struct sqfs *fs, size_t offset, size_t width)
{
	return assay_load(fs->out->span.ptr + offset, width, false);
}

static void parse_super(struct sqfs *fs)
{
	fs->inode_count = (uint32_t)get(fs, 4, 4);
	fs->block_size = (uint32_t)get(fs, 12, 4);
	fs->fragment_count = (uint32_t)get(fs, 16, 4);
	fs->compression = (uint16_t)get(fs, 20, 2);
	fs->block_log = (uint16_t)get(fs, 22, 2);
	fs->flags = (uint16_t)get(fs, 24, 2);
	fs->id_count = (uint16_t)get(fs, 26, 2);
	fs->root = get(fs, 32, 8);
	fs->used = get(fs, 40, 8);
	fs->id_at = get(fs, 48, 8);
	fs->xattr_at = get(fs, 56, 8);
	fs->inode_at = get(fs, 64, 8);
	fs->directory_at = get(fs, 72, 8);
	fs->fragment_at = get(fs, 80, 8);
	fs->export_at = get(fs, 88, 8);
}

static int check_super(struct sqfs *fs, struct assay_error *err)
{
	if (get(fs, 30, 2) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "squashfs 4.%" PRIu64, get(fs, 30, 2));
	if (fs->compression >= ASSAY_ARRAY_LEN(compressors) || fs->compression == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "unknown compression %u", fs->compression);
	if (fs->block_log < BLOCK_LOG_MIN || fs->block_log > BLOCK_LOG_MAX ||
	    fs->block_size != 1u << fs->block_log)
		return assay_fail(err, ASSAY_E_FORMAT, "block size %" PRIu32, fs->block_size);
	if (fs->used < SQFS_SUPER || fs->used > fs->out->span.len)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short: %" PRIu64 " bytes used",
		                  fs->used);
	if (fs->inode_at < SQFS_SUPER || fs->inode_at >= fs->directory_at ||
	    fs->directory_at >= fs->used)
		return assay_fail(err, ASSAY_E_FORMAT, "tables in no order");
	if (fs->inode_count == 0 || fs->id_count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no inodes or no owners");
	fs->codec = compressors[fs->compression].codec;
	fs->image = assay_span_sub(fs->out->span, 0, fs->used);
	return 0;
}

/* How the image was packed: may be otherwise in another image of the same files. */
static void add_packing(struct sqfs *fs, const char *key, uint64_t number, struct assay_span bytes)
{
	const struct assay_attribute attribute = {
		.key = key,
		.form = bytes.ptr != NULL ? ASSAY_FORM_TEXT : ASSAY_FORM_NUMBER,
		.number = number,
		.bytes = bytes,
		.role = ASSAY_ROLE_PACKING,
	};

	assay_contents_attribute(fs->out, ASSAY_NO_ENTRY, &attribute);
}

/* The compressor's options: a metadata block that is not compressed. */
static int read_options(struct sqfs *fs, struct assay_error *err)
{
	static const uint8_t none[1];
	struct assay_span options = assay_span_of(none, 0);
	uint8_t size = compressors[fs->compression].options;

	if ((fs->flags & HAS_OPTIONS) != 0) {
		if (!assay_span_holds(fs->image, SQFS_SUPER, 2 + (uint64_t)size))
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "cut short in the compressor's options");
		if (size == 0 || get(fs, SQFS_SUPER, 2) != (0x8000u | size))
			return assay_fail(err, ASSAY_E_FORMAT, "unknown options of the compressor");
		(void)assay_contents_part(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA,
		                          "options of the compressor", 2 + (uint64_t)size);
		options = assay_span_sub(fs->image, SQFS_SUPER + 2, size);
	}
	add_packing(fs, "options of the compressor", 0, options);
	return sqfs_linux_mounts(fs, options, err);
}

static int read_super(struct sqfs *fs, struct assay_error *err)
{
	parse_super(fs);
	if (check_super(fs, err) < 0)
		return -1;
	assay_contents_fields(fs->out, ASSAY_NO_ENTRY, "superblock", super_fields);
	add_packing(fs, "compression", fs->compression, assay_span_of(NULL, 0));
	add_packing(fs, "block size", fs->block_size, assay_span_of(NULL, 0));
	add_packing(fs, "flags", fs->flags & KNOWN_FLAGS, assay_span_of(NULL, 0));
	assay_contents_number(fs->out, ASSAY_NO_ENTRY, "unknown flags", ASSAY_FORM_HEX,
	                      fs->flags & ~KNOWN_FLAGS);
	return read_options(fs, err);
}

/* What no inode leads to is not in any entry. */
static void check_reached(struct sqfs *fs)
{
	for (size_t i = 0; i < fs->inode_count; i++)
		if (fs->inodes[i].entry == ASSAY_NO_ENTRY)
			assay_contents_partial(fs->out, "inode %" PRIu32 " has no name",
			                       fs->inodes[i].number);
	for (size_t i = 0; i < fs->id_count; i++)
		if (!fs->id_used[i])
			assay_contents_partial(fs->out, "an owner that no file has");
	for (size_t i = 0; i < fs->xattr_table.data.len / 16; i++)
		if (!fs->xattr_used[i])
			assay_contents_partial(fs->out, "attributes that no file has");
	if (!sqfs_uses_cover(&fs->listings, fs->directory_table.data.len, true))
		assay_contents_partial(fs->out, "names in no directory");
	if (!sqfs_uses_cover(&fs->values, fs->value_table.data.len, false))
		assay_contents_partial(fs->out, "values of no attribute");
}

static int read_all(struct sqfs *fs, struct assay_error *err)
{
	if (read_super(fs, err) < 0 || sqfs_read_tables(fs, err) < 0 ||
	    sqfs_read_inodes(fs, err) < 0)
		return -1;
	fs->id_used = assay_calloc(fs->id_count, sizeof(*fs->id_used));
	fs->xattr_used = assay_calloc(fs->xattr_table.data.len / 16 + 1, sizeof(*fs->xattr_used));
	if (sqfs_walk(fs, err) < 0)
		return -1;
	check_reached(fs);
	return sqfs_add_blocks(fs, err);
}

static void fini(struct sqfs *fs)
{
	struct sqfs_table *tables[] = { &fs->inode_table,    &fs->directory_table,
		                        &fs->fragment_table, &fs->export_table,
		                        &fs->id_table,       &fs->xattr_table,
		                        &fs->value_table };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tables); i++)
		free(tables[i]->blocks);
	free(fs->inodes);
	free(fs->listings.list);
	free(fs->blocks.list);
	free(fs->tails.list);
	free(fs->values.list);
	free(fs->fragment_ends);
	free(fs->id_used);
	free(fs->xattr_used);
}

static int read_squashfs(struct assay_budget *budget, struct assay_contents *out,
                         struct assay_error *err)
{
	struct sqfs fs = { .out = out, .budget = budget };
	int result = read_all(&fs, err);

	/* Also what is behind the end: mksquashfs fills up to a multiple of 4 KiB. */
	if (result == 0)
		assay_contents_gaps(out, "bytes of no file");
	fini(&fs);
	return result;
}

static int unpack(const struct assay_contents *contents, const struct assay_piece *piece,
                  struct assay_sink *sink, struct assay_error *err)
{
	size_t before = sink->bytes.len;

	if (assay_codec_unpack((enum assay_codec)piece->codec,
	                       assay_span_sub(contents->span, piece->offset, piece->packed),
	                       piece->unpacked, sink, err) < 0)
		return assay_fail_in(err, "block at %" PRIu64, piece->offset);
	if (sink->bytes.len - before != piece->unpacked)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "block at %" PRIu64 " unpacks to %zu bytes, not %" PRIu64,
		                  piece->offset, sink->bytes.len - before, piece->unpacked);
	return 0;
}

const struct assay_reader assay_reader_squashfs = {
	.name = "squashfs",
	.repack_rule = "squashfs/repacked@1",
	.probe = probe,
	.read = read_squashfs,
	.unpack = unpack,
};
