/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inodes: read one behind the other, so that no byte of their table is left out. */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/squashfs/squashfs.h"

#define INODE_MIN 20 /* bytes of the smallest inode: a FIFO's */

/* Fields of an inode, in the order in which they stand in it. */
enum field {
	END,
	LINKS,
	SIZE16,
	SIZE32,
	SIZE64,
	START32,
	START64,
	SPARSE,
	FRAGMENT,
	OFFSET16,
	OFFSET32,
	PARENT,
	XATTR,
	DEVICE,
	INDEX_COUNT,
	TARGET, /* of the size before it */
	BLOCKS,
	INDEX,
};

#define FIELDS_MAX 10

/* Source: squashfs_fs.h, struct squashfs_dir_inode to struct squashfs_lipc_inode. */
static const uint8_t layouts[][FIELDS_MAX] = {
	[SQFS_DIRECTORY] = { START32, LINKS, SIZE16, OFFSET16, PARENT },
	[SQFS_FILE] = { START32, FRAGMENT, OFFSET32, SIZE32, BLOCKS },
	[SQFS_SYMLINK] = { LINKS, SIZE32, TARGET },
	[SQFS_BLOCK] = { LINKS, DEVICE },
	[SQFS_CHARACTER] = { LINKS, DEVICE },
	[SQFS_FIFO] = { LINKS },
	[SQFS_SOCKET] = { LINKS },
	[SQFS_DIRECTORY + SQFS_EXTENDED] = { LINKS, SIZE32, START32, PARENT, INDEX_COUNT, OFFSET16,
	                                     XATTR, INDEX },
	[SQFS_FILE + SQFS_EXTENDED] = { START64, SIZE64, SPARSE, LINKS, FRAGMENT, OFFSET32, XATTR,
	                                BLOCKS },
	[SQFS_SYMLINK + SQFS_EXTENDED] = { LINKS, SIZE32, TARGET, XATTR },
	[SQFS_BLOCK + SQFS_EXTENDED] = { LINKS, DEVICE, XATTR },
	[SQFS_CHARACTER + SQFS_EXTENDED] = { LINKS, DEVICE, XATTR },
	[SQFS_FIFO + SQFS_EXTENDED] = { LINKS, XATTR },
	[SQFS_SOCKET + SQFS_EXTENDED] = { LINKS, XATTR },
};

/* Where a number goes, and how wide it stands there. */
static const struct {
	uint8_t width;  /* bytes in the image */
	uint8_t field;  /* offset in struct sqfs_inode */
	uint8_t member; /* bytes of it */
} numbers[] = {
#define NUMBER(width, name)                                                                        \
	{                                                                                          \
		width, offsetof(struct sqfs_inode, name), sizeof(((struct sqfs_inode *)0)->name)   \
	}
	[LINKS] = NUMBER(4, links),     [SIZE16] = NUMBER(2, size),
	[SIZE32] = NUMBER(4, size),     [SIZE64] = NUMBER(8, size),
	[START32] = NUMBER(4, start),   [START64] = NUMBER(8, start),
	[SPARSE] = NUMBER(8, sparse),   [FRAGMENT] = NUMBER(4, fragment),
	[OFFSET16] = NUMBER(2, offset), [OFFSET32] = NUMBER(4, offset),
	[PARENT] = NUMBER(4, parent),   [XATTR] = NUMBER(4, xattr),
	[DEVICE] = NUMBER(4, device),   [INDEX_COUNT] = NUMBER(2, index_count),
#undef NUMBER
};

static int take_number(struct assay_cursor *cur, enum field field, struct sqfs_inode *inode,
                       struct assay_error *err)
{
	uint8_t *to = (uint8_t *)inode + numbers[field].field;
	struct assay_span bytes;
	uint64_t value;

	if (assay_cursor_take(cur, numbers[field].width, &bytes, err) < 0)
		return -1;
	value = assay_load(bytes.ptr, bytes.len, false);
	if (numbers[field].member == 8)
		memcpy(to, &(uint64_t){ value }, 8);
	else if (numbers[field].member == 4)
		memcpy(to, &(uint32_t){ (uint32_t)value }, 4);
	else
		memcpy(to, &(uint16_t){ (uint16_t)value }, 2);
	return 0;
}

/* One size for each block; the last, shorter one can be in a fragment. */
static int take_blocks(const struct sqfs *fs, struct assay_cursor *cur, struct sqfs_inode *inode,
                       struct assay_error *err)
{
	uint64_t count = inode->size >> fs->block_log;

	if (inode->fragment == SQFS_NO_ID && inode->size % fs->block_size != 0)
		count++;
	if (count > assay_cursor_left(cur) / 4)
		return assay_fail(err, ASSAY_E_FORMAT, "more blocks than the table has room for");
	return assay_cursor_take(cur, count * 4, &inode->blocks, err);
}

/* Entries of an index: 12 bytes, then a name of the length that the last 4 tell, less one. */
static int take_index(struct assay_cursor *cur, struct sqfs_inode *inode, struct assay_error *err)
{
	size_t start = cur->pos;
	struct assay_span bytes;

	for (unsigned i = 0; i < inode->index_count; i++) {
		if (assay_cursor_take(cur, 12, &bytes, err) < 0 ||
		    assay_cursor_take(cur, assay_load(bytes.ptr + 8, 4, false) + 1, &bytes, err) <
		            0)
			return -1;
	}
	inode->index = assay_span_sub(cur->span, start, cur->pos - start);
	return 0;
}

static int take_field(const struct sqfs *fs, struct assay_cursor *cur, enum field field,
                      struct sqfs_inode *inode, struct assay_error *err)
{
	if (field == TARGET)
		return assay_cursor_take(cur, inode->size, &inode->target, err);
	if (field == BLOCKS)
		return take_blocks(fs, cur, inode, err);
	if (field == INDEX)
		return take_index(cur, inode, err);
	return take_number(cur, field, inode, err);
}

static int take_inode(const struct sqfs *fs, struct assay_cursor *cur, struct sqfs_inode *inode,
                      struct assay_error *err)
{
	struct assay_span head;
	uint16_t type;

	*inode = (struct sqfs_inode){
		.at = cur->pos,
		.links = 1,
		.xattr = SQFS_NO_ID,
		.fragment = SQFS_NO_ID,
		.entry = ASSAY_NO_ENTRY,
	};
	if (assay_cursor_take(cur, 16, &head, err) < 0)
		return -1;
	type = (uint16_t)assay_load(head.ptr, 2, false);
	inode->mode = (uint16_t)assay_load(head.ptr + 2, 2, false);
	inode->uid = (uint16_t)assay_load(head.ptr + 4, 2, false);
	inode->gid = (uint16_t)assay_load(head.ptr + 6, 2, false);
	inode->mtime = (uint32_t)assay_load(head.ptr + 8, 4, false);
	inode->number = (uint32_t)assay_load(head.ptr + 12, 4, false);
	if (type == 0 || type >= ASSAY_ARRAY_LEN(layouts))
		return assay_fail(err, ASSAY_E_FORMAT, "an inode of type %u", type);
	inode->extended = type > SQFS_EXTENDED;
	inode->type = type > SQFS_EXTENDED ? type - SQFS_EXTENDED : type;
	for (size_t i = 0; layouts[type][i] != END; i++)
		if (take_field(fs, cur, layouts[type][i], inode, err) < 0)
			return -1;
	return 0;
}

static int check_inode(const struct sqfs *fs, const struct sqfs_inode *inode,
                       struct assay_error *err)
{
	if (inode->uid >= fs->id_count || inode->gid >= fs->id_count)
		return assay_fail(err, ASSAY_E_FORMAT, "an owner that is not in the table");
	if (inode->number == 0 || inode->number > fs->inode_count)
		return assay_fail(err, ASSAY_E_FORMAT, "inode number %" PRIu32, inode->number);
	if (inode->fragment != SQFS_NO_ID && inode->fragment >= fs->fragment_count)
		return assay_fail(err, ASSAY_E_FORMAT, "a fragment that is not in the table");
	return 0;
}

/* Each number is there once, and the export table leads to it. */
static int check_numbers(const struct sqfs *fs, struct assay_error *err)
{
	ASSAY_AUTO_FREE bool *seen = assay_calloc((size_t)fs->inode_count + 1, sizeof(*seen));
	const uint8_t *exports = fs->export_table.data.ptr;

	for (size_t i = 0; i < fs->inode_count; i++) {
		const struct sqfs_inode *inode = &fs->inodes[i];
		uint64_t ref, at;

		if (seen[inode->number])
			return assay_fail(err, ASSAY_E_FORMAT, "two inodes number %" PRIu32,
			                  inode->number);
		seen[inode->number] = true;
		if (exports == NULL)
			continue;
		ref = assay_load(exports + 8 * ((size_t)inode->number - 1), 8, false);
		if (!sqfs_resolve(&fs->inode_table, ref >> 16, ref & 0xffff, &at) ||
		    at != inode->at)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "the export table is false for inode %" PRIu32,
			                  inode->number);
	}
	return 0;
}

/* Files share a fragment: what is behind the last of them must not be there. */
static int measure_fragments(struct sqfs *fs, struct assay_error *err)
{
	fs->fragment_ends =
		assay_calloc((size_t)fs->fragment_count + 1, sizeof(*fs->fragment_ends));
	for (size_t i = 0; i < fs->inode_count; i++) {
		const struct sqfs_inode *inode = &fs->inodes[i];
		uint64_t end = inode->offset + inode->size % fs->block_size;

		if (inode->type != SQFS_FILE || inode->fragment == SQFS_NO_ID)
			continue;
		if (inode->size % fs->block_size == 0 || end > fs->block_size)
			return assay_fail(err, ASSAY_E_FORMAT,
			                  "inode %zu: an end behind its fragment", i);
		if (end > fs->fragment_ends[inode->fragment])
			fs->fragment_ends[inode->fragment] = (uint32_t)end;
	}
	return 0;
}

int sqfs_read_inodes(struct sqfs *fs, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(fs->inode_table.data, false);

	if (fs->inode_count > fs->inode_table.data.len / INODE_MIN)
		return assay_fail(err, ASSAY_E_FORMAT, "more inodes than the table has room for");
	fs->inodes = assay_calloc(fs->inode_count, sizeof(*fs->inodes));
	for (size_t i = 0; i < fs->inode_count; i++)
		if (take_inode(fs, &cur, &fs->inodes[i], err) < 0 ||
		    check_inode(fs, &fs->inodes[i], err) < 0)
			return assay_fail_in(err, "inode %zu", i);
	if (assay_cursor_left(&cur) > 0)
		return assay_fail(err, ASSAY_E_FORMAT, "%zu bytes behind the last inode",
		                  assay_cursor_left(&cur));
	if (check_numbers(fs, err) < 0)
		return -1;
	return measure_fragments(fs, err);
}
