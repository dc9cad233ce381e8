/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What files hold: runs of blocks, holes, or bytes in the inode itself. */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/ext/inode.h"

#define MAP_AT 40
#define MAP_SIZE 60

static int add_piece(struct ext *fs, enum assay_piece_kind kind, uint64_t offset, uint64_t length,
                     struct assay_error *err)
{
	const struct assay_piece piece = {
		.kind = kind,
		.length = length,
		.offset = kind == ASSAY_PIECE_RAW ? offset : 0,
		.packed = kind == ASSAY_PIECE_RAW ? length : 0,
	};

	return length > 0 ? assay_contents_piece(fs->out, &piece, err) : 0;
}

/* One run: content up to the size of the file; what is behind it is nobody's (see the gaps). */
static int add_run(struct ext *fs, const struct ext_inode *inode, const struct ext_run *run,
                   struct assay_error *err)
{
	uint64_t from = run->logical * fs->block_size, length = run->count * fs->block_size;
	uint64_t at = run->physical * fs->block_size;
	struct assay_part *part;

	if (from >= inode->size)
		return 0;
	length = length < inode->size - from ? length : inode->size - from;
	if (run->unwritten)
		return add_piece(fs, ASSAY_PIECE_ZEROS, 0, length, err);
	part = assay_contents_part_at(fs->out, inode->entry, ASSAY_ROLE_CONTENT, "content", at,
	                              length);
	part->content = from;
	return add_piece(fs, ASSAY_PIECE_RAW, at, length, err);
}

static int add_runs(struct ext *fs, const struct ext_inode *inode, const struct ext_map *map,
                    struct assay_error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < map->count && end < inode->size; i++) {
		const struct ext_run *run = &map->runs[i];
		uint64_t from = run->logical * fs->block_size;

		from = from < inode->size ? from : inode->size;
		if (add_piece(fs, ASSAY_PIECE_ZEROS, 0, from - end, err) < 0 ||
		    add_run(fs, inode, run, err) < 0)
			return -1;
		end = from + run->count * fs->block_size;
	}
	return end < inode->size ? add_piece(fs, ASSAY_PIECE_ZEROS, 0, inode->size - end, err) : 0;
}

/* Content in the inode: 60 bytes, then the value of an attribute. Both are metadata there. */
static int add_inline(struct ext *fs, const struct ext_inode *inode, struct assay_error *err)
{
	uint64_t here = inode->size < MAP_SIZE ? inode->size : MAP_SIZE;
	uint64_t there = inode->size - here;

	if (there > inode->inlined.len)
		return assay_fail(err, ASSAY_E_FORMAT, "content past the end of the inode");
	ext_add_unused(fs, inode->entry, "bytes behind the content",
	               assay_span_sub(inode->bytes, MAP_AT + here, MAP_SIZE - here));
	ext_add_unused(fs, inode->entry, "bytes behind the end",
	               assay_span_sub(inode->inlined, there, inode->inlined.len));
	if (add_piece(fs, ASSAY_PIECE_RAW, inode->at + MAP_AT, here, err) < 0)
		return -1;
	return there == 0 ? 0
	                  : add_piece(fs, ASSAY_PIECE_RAW,
	                              (uint64_t)(inode->inlined.ptr - fs->image.ptr), there, err);
}

int ext_add_content(struct ext *fs, struct ext_inode *inode, struct assay_error *err)
{
	ASSAY_AUTO_EXT_MAP struct ext_map map = { 0 };

	if (ext_map_read(fs, inode, &map, err) < 0)
		return -1;
	if ((inode->flags & EXT_FL_INLINE) != 0)
		return add_inline(fs, inode, err);
	return add_runs(fs, inode, &map, err);
}

/* A target that begins among the fields of the inode and goes on in an attribute. */
static int join_target(struct ext *fs, const struct ext_inode *inode, struct assay_span *out,
                       struct assay_error *err)
{
	struct assay_bytes whole = { NULL, inode->size };

	if (inode->size - MAP_SIZE != inode->inlined.len)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "inode %" PRIu32 ": a target of another size", inode->number);
	whole.ptr = assay_calloc(whole.len + 1, 1);
	memcpy(whole.ptr, inode->bytes.ptr + MAP_AT, MAP_SIZE);
	if (inode->inlined.len > 0)
		memcpy(whole.ptr + MAP_SIZE, inode->inlined.ptr, inode->inlined.len);
	*out = assay_contents_keep(fs->out, &whole);
	return 0;
}

/* The target's bytes: in the inode, or in one block. */
static int find_target(struct ext *fs, struct ext_inode *inode, struct assay_span *out,
                       struct assay_error *err)
{
	ASSAY_AUTO_EXT_MAP struct ext_map map = { 0 };

	if (ext_map_read(fs, inode, &map, err) < 0)
		return -1;
	if (ext_inode_is_fast(inode) && inode->size < MAP_SIZE) {
		ext_add_unused(fs, inode->entry, "bytes behind the end", inode->inlined);
		*out = assay_span_sub(inode->bytes, MAP_AT, inode->size);
		ext_add_unused(
			fs, inode->entry, "bytes behind the target",
			assay_span_sub(inode->bytes, MAP_AT + inode->size, MAP_SIZE - inode->size));
		return 0;
	}
	if (ext_inode_is_fast(inode))
		return join_target(fs, inode, out, err);
	if (map.count != 1 || map.runs[0].logical != 0 || map.runs[0].count != 1 ||
	    map.runs[0].unwritten || inode->size > fs->block_size)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "inode %" PRIu32 ": a target that is nowhere", inode->number);
	*out = assay_span_sub(ext_block(fs, map.runs[0].physical), 0, inode->size);
	(void)assay_contents_part_at(fs->out, inode->entry, ASSAY_ROLE_METADATA, "target",
	                             map.runs[0].physical * fs->block_size, inode->size);
	return 0;
}

int ext_add_target(struct ext *fs, struct ext_inode *inode, struct assay_error *err)
{
	struct assay_span target;

	if (inode->size == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 ": a link without target",
		                  inode->number);
	if (find_target(fs, inode, &target, err) < 0)
		return -1;
	return assay_contents_text(fs->out, &fs->out->entries[inode->entry].link, target, err);
}
