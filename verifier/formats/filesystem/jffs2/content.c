/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content of files: pieces with versions, of which newer ones hide older ones. */
#include <inttypes.h>

#include "base/memory.h"
#include "formats/filesystem/jffs2/inode.h"
#include "formats/stream/codec.h"

#define DATA_LIMIT                                                                                 \
	((uint64_t)1 << 20) /* bytes that a node unpacks to; Linux writes a page, at most 64 KiB */
#define HIDING_LIMIT 2048 /* nodes of a file of which some hide others: each is held against all */

/* Bytes of a file that a node tells. */
struct extent {
	struct jffs2_node *node;
	uint64_t from, to; /* as the node has it */
	uint64_t seen;     /* bytes that are in the file */
};

/* What is in the file, in its order. */
struct run {
	size_t extent;
	uint64_t from, to;
};

struct file {
	struct jffs2 *fs;
	const struct jffs2_inode *inode;
	uint64_t size;
	struct extent *extents; /* owned; by place, then version */
	size_t count;
	struct run *runs; /* owned */
	size_t run_count, run_cap;
};

static int by_place(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->node->version < y->node->version ? -1 : x->node->version > y->node->version;
}

static int check_data(const struct jffs2 *fs, const struct jffs2_node *node,
                      struct assay_error *err)
{
	uint64_t codec = jffs2_load(fs, node->at + 56, 1),
		 packed = jffs2_load(fs, node->at + 48, 4);
	uint64_t length = jffs2_load(fs, node->at + 52, 4);
	bool sound;

	switch (codec) {
	case JFFS2_STORED:
		sound = packed == length;
		break;
	case JFFS2_ZERO:
		sound = packed == 0;
		break;
	case JFFS2_RTIME:
	case JFFS2_ZLIB:
	case JFFS2_LZO:
		sound = packed > 0 && length > 0 && length <= DATA_LIMIT;
		break;
	default:
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
		                     "data packed by %" PRIu64 ", which is not read", codec);
	}
	return sound ? 0
	             : assay_fail_at(err, ASSAY_E_FORMAT, node->at,
	                             "sizes of data that contradict each other");
}

/* Nodes without data say something only if they are the latest. */
static int find_extents(struct file *file, struct assay_error *err)
{
	const struct jffs2 *fs = file->fs;

	file->extents = assay_calloc(file->inode->count, sizeof(*file->extents));
	for (size_t i = 0; i < file->inode->count; i++) {
		struct jffs2_node *node = fs->inode_nodes[file->inode->first + i];
		uint64_t from = jffs2_load(fs, node->at + 44, 4);
		uint64_t length = jffs2_load(fs, node->at + 52, 4);

		if (check_data(fs, node, err) < 0)
			return -1;
		if (from + length > jffs2_load(fs, node->at + 28, 4))
			return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
			                     "data past the end of a file");
		if (length > 0)
			file->extents[file->count++] =
				(struct extent){ node, from, from + length, 0 };
	}
	if (file->count > 0)
		qsort(file->extents, file->count, sizeof(*file->extents), by_place);
	return 0;
}

static void add_run(struct file *file, size_t extent, uint64_t from, uint64_t to)
{
	to = to < file->size ? to : file->size;
	if (from >= to)
		return;
	assay_grow(&file->runs, &file->run_cap, file->run_count, sizeof(*file->runs));
	file->runs[file->run_count++] = (struct run){ extent, from, to };
	file->extents[extent].seen += to - from;
}

static bool is_hiding(const struct file *file)
{
	for (size_t i = 1; i < file->count; i++)
		if (file->extents[i].from < file->extents[i - 1].to)
			return true;
	return false;
}

/* The newest extent at a place, and where it ends or something begins. Return: SIZE_MAX: none */
static size_t newest_at(const struct file *file, uint64_t at, uint64_t *end)
{
	size_t best = SIZE_MAX;

	*end = UINT64_MAX;
	for (size_t i = 0; i < file->count; i++) {
		const struct extent *extent = &file->extents[i];

		if (extent->from > at && extent->from < *end)
			*end = extent->from;
		if (extent->from > at || extent->to <= at)
			continue;
		*end = extent->to < *end ? extent->to : *end;
		if (best == SIZE_MAX || extent->node->version > file->extents[best].node->version)
			best = i;
	}
	return best;
}

static int find_runs(struct file *file, struct assay_error *err)
{
	uint64_t at = 0, end;

	if (!is_hiding(file)) {
		for (size_t i = 0; i < file->count; i++)
			add_run(file, i, file->extents[i].from, file->extents[i].to);
		return 0;
	}
	if (file->count > HIDING_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT,
		                  "more than %d nodes of a file that hide each other",
		                  HIDING_LIMIT);
	for (; at < file->size; at = end) {
		size_t i = newest_at(file, at, &end);

		if (i != SIZE_MAX)
			add_run(file, i, at, end);
	}
	return 0;
}

static int add_piece(struct file *file, const struct run *run, struct assay_error *err)
{
	const struct extent *extent = &file->extents[run->extent];
	const struct jffs2 *fs = file->fs;
	uint64_t at = extent->node->at, skip = run->from - extent->from;
	uint32_t codec = (uint32_t)jffs2_load(fs, at + 56, 1);
	struct assay_piece piece = {
		.kind = ASSAY_PIECE_PACKED,
		.codec = codec,
		.length = run->to - run->from,
		.offset = at + JFFS2_INODE,
		.packed = jffs2_load(fs, at + 48, 4),
		.unpacked = extent->to - extent->from,
		.skip = skip,
	};

	if (codec == JFFS2_ZERO)
		piece = (struct assay_piece){ .kind = ASSAY_PIECE_ZEROS, .length = piece.length };
	if (codec == JFFS2_STORED)
		piece = (struct assay_piece){ .kind = ASSAY_PIECE_RAW,
			                      .length = piece.length,
			                      .offset = piece.offset + skip,
			                      .packed = piece.length };
	return assay_contents_piece(fs->out, &piece, err);
}

static int add_zeros(struct file *file, uint64_t length, struct assay_error *err)
{
	const struct assay_piece piece = { .kind = ASSAY_PIECE_ZEROS, .length = length };

	return length > 0 ? assay_contents_piece(file->fs->out, &piece, err) : 0;
}

/* Linux makes a file shorter that has no data up to its end. */
static int add_pieces(struct file *file, struct assay_error *err)
{
	uint64_t at = 0;

	for (size_t i = 0; i < file->run_count; i++) {
		const struct run *run = &file->runs[i];

		if (add_zeros(file, run->from - at, err) < 0 || add_piece(file, run, err) < 0)
			return -1;
		at = run->to;
	}
	return at == file->size ? 0
	                        : assay_fail(err, ASSAY_E_FORMAT, "%" PRIu64 " bytes of %" PRIu64,
	                                     at, file->size);
}

/* The data of a node of which all is in the file; otherwise there is something that nobody sees. */
static void add_data(struct file *file, const struct extent *extent)
{
	struct jffs2 *fs = file->fs;
	uint64_t at = extent->node->at, packed = jffs2_load(fs, at + 48, 4);
	bool stored = jffs2_load(fs, at + 56, 1) == JFFS2_STORED;
	bool whole = extent->seen == extent->to - extent->from;
	enum assay_role role = stored ? ASSAY_ROLE_CONTENT : ASSAY_ROLE_STREAM;
	struct assay_part *part;

	if (packed == 0)
		return;
	part = assay_contents_part_at(fs->out, file->inode->entry, whole ? role : ASSAY_ROLE_FIXED,
	                              whole ? "data" : "data of which a part counts",
	                              at + JFFS2_INODE, packed);
	part->content = extent->from;
	part->unpacked = extent->to - extent->from;
}

/* The latest node first: it has what others have not. */
static void add_parts(struct file *file)
{
	struct jffs2_node *latest = jffs2_latest(file->fs, file->inode);

	jffs2_add_header(file->fs, file->inode, latest);
	for (size_t i = 0; i < file->count; i++) {
		const struct extent *extent = &file->extents[i];

		if (extent->seen == 0 && extent->node != latest)
			continue; /* nobody needs it */
		if (extent->node != latest)
			jffs2_add_header(file->fs, file->inode, extent->node);
		add_data(file, extent);
	}
}

int jffs2_add_content(struct jffs2 *fs, struct jffs2_inode *inode, struct assay_error *err)
{
	struct file file = { .fs = fs, .inode = inode };
	int result;

	file.size = jffs2_load(fs, jffs2_latest(fs, inode)->at + 28, 4);
	result = find_extents(&file, err);
	if (result == 0)
		result = find_runs(&file, err);
	if (result == 0)
		result = add_pieces(&file, err);
	if (result == 0)
		add_parts(&file);
	free(file.extents);
	free(file.runs);
	return result;
}

/* --- unpacking --- */

#define PLACE_MAX 0x7fff /* places that Linux can remember: a short */

/*
 * A byte and how many more of those that once followed it: fs/jffs2/compr_rtime.c. The sum of what is
 * written and what is read ends with the data, on both sides.
 */
static int unpack_rtime(struct assay_span packed, uint64_t wanted, struct assay_sink *sink,
                        struct assay_error *err)
{
	ASSAY_AUTO_BYTES struct assay_bytes out = { assay_calloc(wanted + 1, 1), 0 };
	size_t places[256] = { 0 }, in = 0;

	while (out.len < wanted) {
		size_t from, repeat;
		uint8_t value;

		if (packed.len - in < 2)
			return assay_fail(err, ASSAY_E_FORMAT, "rtime block: cut short");
		value = packed.ptr[in++];
		repeat = packed.ptr[in++];
		out.ptr[out.len++] = value;
		from = places[value];
		places[value] = out.len;
		if (repeat > wanted - out.len)
			return assay_fail(err, ASSAY_E_FORMAT, "rtime block: holds too much");
		if (repeat > 0 && from > PLACE_MAX)
			return assay_fail(err, ASSAY_E_FORMAT, "rtime block: reads from too far");
		for (; repeat > 0; repeat--)
			out.ptr[out.len++] = out.ptr[from++];
	}
	if (in != packed.len)
		return assay_fail(err, ASSAY_E_FORMAT, "rtime block: bytes behind its end");
	return assay_sink_add(sink, assay_span_of_bytes(&out), err);
}

int jffs2_unpack(const struct assay_contents *contents, const struct assay_piece *piece,
                 struct assay_sink *sink, struct assay_error *err)
{
	struct assay_span packed = assay_span_sub(contents->span, piece->offset, piece->packed);
	int result;

	if (piece->codec == JFFS2_RTIME)
		result = unpack_rtime(packed, piece->unpacked, sink, err);
	else
		result = assay_codec_unpack(piece->codec == JFFS2_LZO ? ASSAY_CODEC_LZO
		                                                      : ASSAY_CODEC_ZLIB,
		                            packed, piece->unpacked, sink, err);
	return result == 0 ? 0
	                   : assay_fail_in(err, "node at %" PRIu64, piece->offset - JFFS2_INODE);
}
