/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What files hold: data blocks and fragments; and their extended attributes. */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/squashfs/linux.h"

#define SIZE_MASK (SQFS_RAW - 1)
#define OUT_OF_LINE 0x100 /* SQUASHFS_XATTR_VALUE_OOL: the value stands elsewhere */
#define TYPE_MASK 0xff    /* SQUASHFS_XATTR_PREFIX_MASK */
#define FRAGMENT 16       /* bytes of struct squashfs_fragment_entry */

/* Data is between the superblock and the inodes. */
static int check_place(const struct sqfs *fs, const struct sqfs_use *use, struct assay_error *err)
{
	if (use->offset < SQFS_SUPER || use->length > fs->inode_at ||
	    use->offset > fs->inode_at - use->length)
		return assay_fail(err, ASSAY_E_FORMAT, "a block where no data is");
	if (use->length == 0 || use->length > fs->block_size)
		return assay_fail(err, ASSAY_E_FORMAT, "a block of %" PRIu64 " bytes", use->length);
	if (use->raw && use->length != use->whole)
		return assay_fail(err, ASSAY_E_FORMAT, "a stored block of another size");
	if (!use->raw &&
	    !sqfs_linux_unpacks(fs, assay_span_sub(fs->image, use->offset, use->length)))
		return assay_fail(err, ASSAY_E_FORMAT, "a block that Linux does not unpack");
	return 0;
}

/* A block of a file, of which word tells the size. Moves use->offset behind it. */
static int add_block(struct sqfs *fs, struct sqfs_use *use, uint32_t word, struct assay_error *err)
{
	struct assay_piece piece = { .kind = ASSAY_PIECE_ZEROS, .length = use->whole };

	if (word == 0)
		return assay_contents_piece(fs->out, &piece, err);
	use->length = word & SIZE_MASK;
	use->raw = (word & SQFS_RAW) != 0;
	if (check_place(fs, use, err) < 0)
		return -1;
	sqfs_use(&fs->blocks, use);
	piece.kind = use->raw ? ASSAY_PIECE_RAW : ASSAY_PIECE_PACKED;
	piece.codec = fs->codec;
	piece.offset = use->offset;
	piece.packed = use->length;
	piece.unpacked = use->whole;
	use->offset += use->length;
	return assay_contents_piece(fs->out, &piece, err);
}

/* Where a fragment is, and how much of it files use. */
static int fragment_of(const struct sqfs *fs, uint32_t index, struct sqfs_use *out,
                       struct assay_error *err)
{
	const uint8_t *record = fs->fragment_table.data.ptr + (size_t)index * FRAGMENT;
	uint32_t word = (uint32_t)assay_load(record + 8, 4, false);

	*out = (struct sqfs_use){
		.offset = assay_load(record, 8, false),
		.length = word & SIZE_MASK,
		.whole = fs->fragment_ends[index],
		.raw = (word & SQFS_RAW) != 0,
		.entry = ASSAY_NO_ENTRY,
	};
	return check_place(fs, out, err);
}

/* The end of a file, in a block that it shares. */
static int add_tail(struct sqfs *fs, size_t entry, const struct sqfs_inode *inode,
                    struct assay_error *err)
{
	struct sqfs_use fragment;
	struct assay_piece piece;

	if (fragment_of(fs, inode->fragment, &fragment, err) < 0)
		return -1;
	piece = (struct assay_piece){
		.kind = ASSAY_PIECE_PACKED,
		.codec = fragment.raw ? ASSAY_CODEC_STORED : fs->codec,
		.length = inode->size % fs->block_size,
		.offset = fragment.offset,
		.packed = fragment.length,
		.unpacked = fragment.whole,
		.skip = inode->offset,
	};
	sqfs_use(&fs->tails, &(struct sqfs_use){ .offset = inode->offset,
	                                         .length = piece.length,
	                                         .whole = inode->fragment,
	                                         .entry = entry });
	return assay_contents_piece(fs->out, &piece, err);
}

/* What of an inode nothing reads must be equal, where it is anything. */
static void add_unused(struct sqfs *fs, size_t entry, const struct sqfs_inode *inode,
                       uint64_t stored, uint64_t holes)
{
	/* mksquashfs counts one byte less when all of a file is a hole. */
	bool whole = holes == inode->size && inode->sparse + 1 == holes;

	/* Where all is a hole mksquashfs writes the place where data would have been. */
	if (stored == 0 && inode->start != 0 &&
	    (holes == 0 || inode->start < SQFS_SUPER || inode->start > fs->inode_at))
		assay_contents_number(fs->out, entry, "place without data", ASSAY_FORM_HEX,
		                      inode->start);
	if (inode->fragment == SQFS_NO_ID && inode->offset != 0)
		assay_contents_number(fs->out, entry, "place in no fragment", ASSAY_FORM_HEX,
		                      inode->offset);
	if (inode->extended && inode->sparse != holes && !whole)
		assay_contents_number(fs->out, entry, "bytes in holes", ASSAY_FORM_NUMBER,
		                      inode->sparse);
}

int sqfs_add_content(struct sqfs *fs, size_t entry, const struct sqfs_inode *inode,
                     struct assay_error *err)
{
	struct sqfs_use use = { .offset = inode->start, .entry = entry };
	uint64_t holes = 0;

	for (size_t i = 0; i < inode->blocks.len; i += 4) {
		uint64_t left = inode->size - use.content;

		use.whole = left < fs->block_size ? (uint32_t)left : fs->block_size;
		if (add_block(fs, &use, (uint32_t)assay_load(inode->blocks.ptr + i, 4, false),
		              err) < 0)
			return -1;
		if (assay_load(inode->blocks.ptr + i, 4, false) == 0)
			holes += use.whole;
		use.content += use.whole;
	}
	add_unused(fs, entry, inode, use.content - holes, holes);
	return inode->fragment == SQFS_NO_ID ? 0 : add_tail(fs, entry, inode, err);
}

/* Where the value of an attribute is: here, or where a reference leads. */
static int find_value(struct sqfs *fs, struct assay_cursor *cur, bool elsewhere,
                      struct assay_span *out, struct assay_error *err)
{
	struct assay_cursor there = assay_cursor_at(fs->value_table.data, false);
	struct assay_span ref;
	uint32_t size;
	uint64_t at;

	if (assay_cursor_u32(cur, &size, err) < 0 || assay_cursor_take(cur, size, out, err) < 0)
		return -1;
	if (!elsewhere)
		return 0;
	ref = *out;
	if (ref.len != 8 || !sqfs_resolve(&fs->value_table, assay_load(ref.ptr, 8, false) >> 16,
	                                  assay_load(ref.ptr, 8, false) & 0xffff, &at))
		return assay_fail(err, ASSAY_E_FORMAT, "a value that is nowhere");
	if (assay_cursor_seek(&there, at, err) < 0 || assay_cursor_u32(&there, &size, err) < 0 ||
	    assay_cursor_take(&there, size, out, err) < 0)
		return -1;
	sqfs_use(&fs->values, &(struct sqfs_use){ .offset = at, .length = there.pos - at });
	return 0;
}

static int add_xattr(struct sqfs *fs, size_t entry, struct assay_cursor *cur,
                     struct assay_error *err)
{
	static const char *const prefixes[] = { "user.", "trusted.", "security." };
	struct assay_attribute attribute = { .key = "xattr", .form = ASSAY_FORM_TEXT };
	struct assay_span name;
	struct assay_bytes full = { 0 };
	uint16_t type, size;

	if (assay_cursor_u16(cur, &type, err) < 0 || assay_cursor_u16(cur, &size, err) < 0 ||
	    assay_cursor_take(cur, size, &name, err) < 0 ||
	    find_value(fs, cur, (type & OUT_OF_LINE) != 0, &attribute.bytes, err) < 0)
		return -1;
	if ((type & TYPE_MASK) >= ASSAY_ARRAY_LEN(prefixes) || (type & ~(TYPE_MASK | OUT_OF_LINE)))
		return assay_fail(err, ASSAY_E_FORMAT, "an attribute of type %u", type);
	full.len = strlen(prefixes[type & TYPE_MASK]) + name.len;
	full.ptr = assay_calloc(full.len, 1);
	memcpy(full.ptr, prefixes[type & TYPE_MASK], full.len - name.len);
	if (name.len > 0)
		memcpy(full.ptr + full.len - name.len, name.ptr, name.len);
	attribute.name = assay_contents_keep(fs->out, &full);
	assay_contents_attribute(fs->out, entry, &attribute);
	return 0;
}

int sqfs_add_xattrs(struct sqfs *fs, size_t entry, uint32_t list, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(fs->value_table.data, false);
	const uint8_t *record;
	uint64_t ref, count, size, at;

	if (list >= fs->xattr_table.data.len / 16)
		return assay_fail(err, ASSAY_E_FORMAT, "attributes that are not in the table");
	fs->xattr_used[list] = true;
	record = fs->xattr_table.data.ptr + (size_t)list * 16;
	ref = assay_load(record, 8, false);
	count = assay_load(record + 8, 4, false);
	size = assay_load(record + 12, 4, false);
	if (!sqfs_resolve(&fs->value_table, ref >> 16, ref & 0xffff, &at) ||
	    assay_cursor_seek(&cur, at, err) < 0)
		return assay_fail(err, ASSAY_E_FORMAT, "attributes past the end");
	/* What listxattr(2) returns, and the values: Linux reads it and makes nothing of it. */
	assay_contents_number(fs->out, entry, "bytes of attributes", ASSAY_FORM_NUMBER, size);
	for (uint64_t i = 0; i < count; i++)
		if (add_xattr(fs, entry, &cur, err) < 0)
			return -1;
	sqfs_use(&fs->values, &(struct sqfs_use){ .offset = at, .length = cur.pos - at });
	return 0;
}

/* A data block, or one that several files share, which then belongs to none of them. */
static void add_data_part(struct sqfs *fs, const struct sqfs_use *use, bool shared)
{
	enum assay_role role = use->raw ? ASSAY_ROLE_CONTENT : ASSAY_ROLE_STREAM;
	struct assay_part *part;

	part = assay_contents_part_at(fs->out, shared ? ASSAY_NO_ENTRY : use->entry,
	                              shared ? ASSAY_ROLE_METADATA : role, "data block",
	                              use->offset, use->length);
	part->content = use->content;
	part->unpacked = use->whole;
}

static void add_data_parts(struct sqfs *fs)
{
	struct sqfs_uses *uses = &fs->blocks;

	sqfs_uses_sort(uses, false);
	for (size_t i = 0, next; i < uses->count; i = next) {
		const struct sqfs_use *use = &uses->list[i];

		for (next = i + 1; next < uses->count; next++)
			if (uses->list[next].offset != use->offset ||
			    uses->list[next].length != use->length)
				break;
		add_data_part(fs, use, next > i + 1);
	}
}

/* Whether the ends of files in a fragment leave no byte of it out. Moves *next behind them. */
static bool is_covered(const struct sqfs *fs, uint32_t fragment, size_t *next)
{
	uint64_t end = 0;
	bool gap = false;

	for (; *next < fs->tails.count && fs->tails.list[*next].whole == fragment; ++*next) {
		const struct sqfs_use *use = &fs->tails.list[*next];

		gap = gap || use->offset > end;
		if (use->offset + use->length > end)
			end = use->offset + use->length;
	}
	return !gap && end > 0;
}

/* What of a fragment is in no file must be equal, and with it all of the fragment. */
static int add_fragment_parts(struct sqfs *fs, struct assay_error *err)
{
	size_t next = 0;

	sqfs_uses_sort(&fs->tails, true);
	for (uint32_t i = 0; i < fs->fragment_count; i++) {
		bool covered = is_covered(fs, i, &next);
		struct sqfs_use use;

		if (fragment_of(fs, i, &use, err) < 0)
			return assay_fail_in(err, "fragment %" PRIu32, i);
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY,
		                             covered ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED,
		                             "fragment", use.offset, use.length);
	}
	return 0;
}

int sqfs_add_blocks(struct sqfs *fs, struct assay_error *err)
{
	add_data_parts(fs);
	return add_fragment_parts(fs, err);
}
