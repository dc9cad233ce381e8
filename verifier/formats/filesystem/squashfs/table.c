/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metadata blocks, and the tables that are made of them. */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/squashfs/linux.h"

#define SIZE_MASK 0x7fffu  /* SQUASHFS_COMPRESSED_SIZE */
#define STORED 0x8000u     /* SQUASHFS_COMPRESSED_BIT */
#define XATTR_HEADER 16    /* bytes of struct squashfs_xattr_id_table */
#define FRAGMENT 16        /* bytes of struct squashfs_fragment_entry */
#define FRAGMENT_UNUSED 12 /* where its unused word is */

static const struct assay_field xattr_fields[] = {
	{ .what = "place", .offset = 0, .length = 8, .role = ASSAY_ROLE_METADATA },
	{ .what = "count", .offset = 8, .length = 4, .role = ASSAY_ROLE_METADATA },
	{ .what = "unused", .offset = 12, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ 0 },
};

static uint64_t get(const struct sqfs *fs, uint64_t offset, size_t width)
{
	return assay_load(fs->image.ptr + offset, width, false);
}

/* One metadata block, at disk. Out: *next where the one behind it begins */
static int unpack_block(struct sqfs *fs, uint64_t disk, uint64_t end, struct assay_sink *sink,
                        uint64_t *next, struct assay_error *err)
{
	size_t before = sink->bytes.len;
	struct assay_span packed;
	uint64_t header, size;

	if (end - disk < 2)
		return assay_fail_at(err, ASSAY_E_FORMAT, disk, "cut short in a metadata block");
	header = get(fs, disk, 2);
	size = header & SIZE_MASK;
	if (size == 0 || size > SQFS_META || size > end - disk - 2)
		return assay_fail_at(err, ASSAY_E_FORMAT, disk, "a metadata block past its table");
	packed = assay_span_sub(fs->image, disk + 2, size);
	if ((header & STORED) == 0 && !sqfs_linux_unpacks(fs, packed))
		return assay_fail_at(err, ASSAY_E_FORMAT, disk,
		                     "a metadata block that Linux does not unpack");
	if (assay_codec_unpack(header & STORED ? ASSAY_CODEC_STORED : fs->codec, packed, SQFS_META,
	                       sink, err) < 0)
		return assay_fail_in(err, "metadata block at %" PRIu64, disk);
	if (sink->bytes.len == before)
		return assay_fail_at(err, ASSAY_E_FORMAT, disk, "an empty metadata block");
	*next = disk + 2 + size;
	return 0;
}

/* All metadata blocks in [start, end). All but the last are full. */
static int unpack_blocks(struct sqfs *fs, struct sqfs_table *table, uint64_t start, uint64_t end,
                         struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = fs->budget, .packed = end - start };
	struct assay_bytes bytes;
	uint64_t disk = start;

	if (start > end || end > fs->image.len)
		return assay_fail(err, ASSAY_E_FORMAT, "past the end, or in no order");
	table->start = start;
	while (disk < end) {
		if (sink.bytes.len % SQFS_META != 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, disk,
			                     "a metadata block behind one that is not full");
		assay_grow(&table->blocks, &table->cap, table->count, sizeof(*table->blocks));
		table->blocks[table->count++] = (struct sqfs_block){ disk - start, sink.bytes.len };
		if (unpack_block(fs, disk, end, &sink, &disk, err) < 0)
			return -1;
	}
	bytes = assay_sink_take(&sink);
	table->data = assay_contents_keep(fs->out, &bytes);
	return 0;
}

static void add_part(struct sqfs *fs, const char *what, uint64_t start, uint64_t end)
{
	if (end > start)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, what,
		                             start, end - start);
}

static int read_plain(struct sqfs *fs, struct sqfs_table *table, const char *what, uint64_t start,
                      uint64_t end, struct assay_error *err)
{
	if (unpack_blocks(fs, table, start, end, err) < 0)
		return assay_fail_in(err, "%s", what);
	add_part(fs, what, start, end);
	return 0;
}

/* How a table with an index is laid out: its blocks, then where each of them is. */
struct indexed {
	struct sqfs_table *table;
	const char *what;
	uint64_t index; /* where the index is */
	uint64_t size;  /* bytes of the table, unpacked */
};

static int check_index(struct sqfs *fs, const struct indexed *in, struct assay_error *err)
{
	const struct sqfs_table *table = in->table;

	if (table->data.len != in->size)
		return assay_fail_at(err, ASSAY_E_FORMAT, table->start,
		                     "%s: %zu bytes instead of %" PRIu64, in->what, table->data.len,
		                     in->size);
	for (size_t i = 0; i < table->count; i++)
		if (get(fs, in->index + 8 * i, 8) != table->start + table->blocks[i].disk)
			return assay_fail_at(err, ASSAY_E_FORMAT, in->index + 8 * i,
			                     "%s: the index is false", in->what);
	return 0;
}

static int read_indexed(struct sqfs *fs, const struct indexed *in, struct assay_error *err)
{
	uint64_t count = (in->size + SQFS_META - 1) / SQFS_META, start;

	if (count == 0)
		return 0;
	if (!assay_span_holds(fs->image, in->index, 8 * count))
		return assay_fail(err, ASSAY_E_FORMAT, "%s: the index is past the end", in->what);
	start = get(fs, in->index, 8);
	if (start < fs->directory_at || start >= in->index)
		return assay_fail_at(err, ASSAY_E_FORMAT, in->index, "%s: not where it belongs",
		                     in->what);
	if (read_plain(fs, in->table, in->what, start, in->index, err) < 0 ||
	    check_index(fs, in, err) < 0)
		return -1;
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, in->what,
	                             in->index, 8 * count);
	if (start < fs->tables_at)
		fs->tables_at = start;
	return 0;
}

/* The lists of attributes, and in front of them the attributes themselves. */
static int read_xattrs(struct sqfs *fs, struct assay_error *err)
{
	struct indexed lists = { &fs->xattr_table, "lists of attributes" };
	uint64_t values, count;

	if (fs->xattr_at == SQFS_NONE)
		return 0;
	if (!assay_span_holds(fs->image, fs->xattr_at, XATTR_HEADER))
		return assay_fail(err, ASSAY_E_FORMAT, "attributes past the end");
	values = get(fs, fs->xattr_at, 8);
	count = get(fs, fs->xattr_at + 8, 4);
	assay_contents_fields_at(fs->out, ASSAY_NO_ENTRY, "attributes", xattr_fields, fs->xattr_at);
	if (count == 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, fs->xattr_at, "no attributes");
	lists.index = fs->xattr_at + XATTR_HEADER;
	lists.size = count * 16;
	/* The lists' blocks end where their header begins, not where their index does. */
	if (!assay_span_holds(fs->image, lists.index, 8))
		return assay_fail(err, ASSAY_E_FORMAT, "attributes past the end");
	if (values < fs->directory_at || values > get(fs, lists.index, 8))
		return assay_fail_at(err, ASSAY_E_FORMAT, fs->xattr_at, "attributes in no order");
	if (read_plain(fs, &fs->value_table, "attributes", values, get(fs, lists.index, 8), err) <
	    0)
		return -1;
	if (read_plain(fs, &fs->xattr_table, lists.what, get(fs, lists.index, 8), fs->xattr_at,
	               err) < 0)
		return -1;
	if (!assay_span_holds(fs->image, lists.index, 8 * fs->xattr_table.count))
		return assay_fail(err, ASSAY_E_FORMAT, "attributes past the end");
	add_part(fs, "index of attributes", lists.index, lists.index + 8 * fs->xattr_table.count);
	if (values < fs->tables_at)
		fs->tables_at = values;
	return check_index(fs, &lists, err);
}

/*
 * Linux mounts an image only when each index ends where the table behind it begins, the last at the
 * end. Only between the fragments and what is behind them there may be something else.
 *
 * Source: fs/squashfs/super.c: squashfs_fill_super; id.c, export.c, xattr_id.c
 */
static int check_order(const struct sqfs *fs, struct assay_error *err)
{
	const struct {
		const struct sqfs_table *table;
		uint64_t index; /* where it is */
		uint64_t start; /* of what is in front of it and belongs to it */
		bool apart;     /* may end before what is behind it */
	} tables[] = {
		{ &fs->xattr_table, fs->xattr_at + XATTR_HEADER, fs->value_table.start, false },
		{ &fs->id_table, fs->id_at, fs->id_table.start, false },
		{ &fs->export_table, fs->export_at, fs->export_table.start, false },
		{ &fs->fragment_table, fs->fragment_at, fs->fragment_table.start, true },
	};
	uint64_t end = fs->used;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tables); i++) {
		uint64_t stop = tables[i].index + 8 * tables[i].table->count;

		if (tables[i].table->count == 0)
			continue;
		if (stop > end || (stop < end && !tables[i].apart))
			return assay_fail_at(err, ASSAY_E_FORMAT, stop, "tables in no order");
		end = tables[i].start;
	}
	return 0;
}

static int check_fragments(struct sqfs *fs, struct assay_error *err)
{
	for (uint64_t i = 0; i < fs->fragment_count; i++)
		if (assay_load(fs->fragment_table.data.ptr + i * FRAGMENT + FRAGMENT_UNUSED, 4,
		               false) != 0)
			return assay_fail(err, ASSAY_E_FORMAT, "fragment %" PRIu64 ": unknown bits",
			                  i);
	return 0;
}

int sqfs_read_tables(struct sqfs *fs, struct assay_error *err)
{
	const struct indexed tables[] = {
		{ &fs->fragment_table, "fragment table", fs->fragment_at,
		  (uint64_t)fs->fragment_count * FRAGMENT },
		{ &fs->export_table, "export table", fs->export_at,
		  fs->export_at == SQFS_NONE ? 0 : (uint64_t)fs->inode_count * 8 },
		{ &fs->id_table, "owners", fs->id_at, (uint64_t)fs->id_count * 4 },
	};

	fs->tables_at = fs->used;
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(tables); i++)
		if (read_indexed(fs, &tables[i], err) < 0)
			return -1;
	if (read_xattrs(fs, err) < 0 || check_order(fs, err) < 0 || check_fragments(fs, err) < 0)
		return -1;
	if (read_plain(fs, &fs->inode_table, "inodes", fs->inode_at, fs->directory_at, err) < 0)
		return -1;
	return read_plain(fs, &fs->directory_table, "directories", fs->directory_at, fs->tables_at,
	                  err);
}

bool sqfs_resolve(const struct sqfs_table *table, uint64_t block, uint64_t offset, uint64_t *at)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->blocks[middle].disk < block)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == table->count || table->blocks[low].disk != block || offset >= SQFS_META)
		return false;
	*at = table->blocks[low].at + offset;
	return *at < table->data.len;
}

void sqfs_use(struct sqfs_uses *uses, const struct sqfs_use *use)
{
	assay_grow(&uses->list, &uses->cap, uses->count, sizeof(*uses->list));
	uses->list[uses->count++] = *use;
}

static int order(const void *a, const void *b)
{
	const struct sqfs_use *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

static int order_by_whole(const void *a, const void *b)
{
	const struct sqfs_use *x = a, *y = b;

	if (x->whole != y->whole)
		return x->whole < y->whole ? -1 : 1;
	return order(a, b);
}

void sqfs_uses_sort(struct sqfs_uses *uses, bool by_whole)
{
	if (uses->count > 0)
		qsort(uses->list, uses->count, sizeof(*uses->list),
		      by_whole ? order_by_whole : order);
}

bool sqfs_uses_cover(struct sqfs_uses *uses, uint64_t length, bool exact)
{
	uint64_t end = 0;

	sqfs_uses_sort(uses, false);
	for (size_t i = 0; i < uses->count; i++) {
		const struct sqfs_use *use = &uses->list[i];
		bool again =
			i > 0 && use->offset == use[-1].offset && use->length == use[-1].length;

		if (again)
			continue;
		if (use->offset > end || (exact && use->offset != end))
			return false;
		if (use->offset + use->length > end)
			end = use->offset + use->length;
	}
	return end == length;
}
