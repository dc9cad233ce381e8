/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Content of files in blocks of 4 KiB, and the parts of all nodes of the index. */
#include <inttypes.h>

#include "formats/filesystem/ubifs/ubifs.h"
#include "formats/stream/codec.h"

#define TIMES "ubifs/timestamps@1"
#define NANOSECONDS 1000000000u
#define SECONDS_BITS 35 /* a time up to the year 3058; ours: what is above is no time of a file */

/* UBIFS_COMPR_*: crypto names of Linux, of which "deflate" has no header. */
static const enum assay_codec codecs[] = { ASSAY_CODEC_STORED, ASSAY_CODEC_LZO, ASSAY_CODEC_DEFLATE,
	                                   ASSAY_CODEC_ZSTD };

/* struct ubifs_ino_node */
static const struct assay_field inode_fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "checksum", 4, 4, ASSAY_ROLE_CHECK },
	{ "node header", 8, 16, ASSAY_ROLE_FIXED },
	{ "key", 24, 16, ASSAY_ROLE_FIXED },
	{ "number of creation", 40, 8, ASSAY_ROLE_FIXED },
	{ "size", 48, 8, ASSAY_ROLE_FIXED },
	{ "times", 56, 36, ASSAY_ROLE_OPAQUE, TIMES },
	{ "number of links", 92, 4, ASSAY_ROLE_FIXED },
	{ "uid", 96, 4, ASSAY_ROLE_FIXED },
	{ "gid", 100, 4, ASSAY_ROLE_FIXED },
	{ "mode", 104, 4, ASSAY_ROLE_FIXED },
	{ "flags", 108, 4, ASSAY_ROLE_FIXED },
	{ "sizes of data and attributes", 112, 20, ASSAY_ROLE_FIXED },
	{ "compression", 132, 2, ASSAY_ROLE_FIXED },
	{ "reserved", 134, 26, ASSAY_ROLE_FIXED },
	{ 0 },
};

static const struct assay_field data_fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "checksum", 4, 4, ASSAY_ROLE_CHECK },
	{ "node header", 8, 16, ASSAY_ROLE_FIXED },
	{ "key", 24, 16, ASSAY_ROLE_FIXED },
	{ "size and compression", 40, 8, ASSAY_ROLE_FIXED },
	{ 0 },
};

/* --- content --- */

static int check_data(const struct ubifs *fs, const struct ubifs_leaf *leaf, uint64_t at,
                      uint64_t end, struct assay_error *err)
{
	uint64_t length = ubifs_load(fs, leaf->at + 40, 4),
		 codec = ubifs_load(fs, leaf->at + 44, 2);
	uint64_t packed = leaf->length - UBIFS_DATA;

	if (codec >= ASSAY_ARRAY_LEN(codecs))
		return assay_fail_at(err, ASSAY_E_FORMAT, leaf->at,
		                     "data packed by %" PRIu64 ", which is not read", codec);
	if (length == 0 || length > UBIFS_BLOCK || at + length > end || packed == 0 ||
	    (codec == 0 && packed != length))
		return assay_fail_at(err, ASSAY_E_FORMAT, leaf->at,
		                     "sizes of data that contradict each other");
	return 0;
}

static int add_zeros(struct ubifs *fs, uint64_t length, struct assay_error *err)
{
	const struct assay_piece piece = { .kind = ASSAY_PIECE_ZEROS, .length = length };

	return length > 0 ? assay_contents_piece(fs->out, &piece, err) : 0;
}

static int add_block(struct ubifs *fs, const struct ubifs_leaf *leaf, struct assay_error *err)
{
	uint64_t length = ubifs_load(fs, leaf->at + 40, 4), packed = leaf->length - UBIFS_DATA;
	uint32_t codec = (uint32_t)ubifs_load(fs, leaf->at + 44, 2);
	const struct assay_piece piece = {
		.kind = codec == 0 ? ASSAY_PIECE_RAW : ASSAY_PIECE_PACKED,
		.codec = codec,
		.length = length,
		.offset = leaf->at + UBIFS_DATA,
		.packed = packed,
		.unpacked = codec == 0 ? 0 : length,
	};

	return assay_contents_piece(fs->out, &piece, err);
}

/* Where there is no data a file has zeros, up to the size that its inode says. */
int ubifs_add_content(struct ubifs *fs, size_t first, struct assay_error *err)
{
	uint64_t size = ubifs_load(fs, fs->leaves[first].at + 48, 8), at = 0;

	for (size_t i = first + 1; i < fs->count && fs->leaves[i].inode == fs->leaves[first].inode;
	     i++) {
		const struct ubifs_leaf *leaf = &fs->leaves[i];
		uint64_t place = (uint64_t)(leaf->rest & 0x1fffffff) * UBIFS_BLOCK;

		if (ubifs_type_of(leaf) != UBIFS_TYPE_DATA)
			continue;
		if (check_data(fs, leaf, place, size, err) < 0 ||
		    add_zeros(fs, place - at, err) < 0 || add_block(fs, leaf, err) < 0)
			return -1;
		at = place + ubifs_load(fs, leaf->at + 40, 4);
	}
	return add_zeros(fs, size - at, err);
}

/* --- parts --- */

/* Three times of seconds, then three of nanoseconds. */
static bool are_times(const struct ubifs *fs, uint64_t at)
{
	for (uint64_t i = 0; i < 3; i++)
		if (ubifs_load(fs, at + 56 + i * 8, 8) >> SECONDS_BITS != 0 ||
		    ubifs_load(fs, at + 80 + i * 4, 4) >= NANOSECONDS)
			return false;
	return true;
}

static void add_inode(struct ubifs *fs, const struct ubifs_leaf *leaf)
{
	if (!are_times(fs, leaf->at)) {
		(void)assay_contents_part_at(fs->out, leaf->entry, ASSAY_ROLE_FIXED,
		                             "inode with odd times", leaf->at, leaf->length);
		return;
	}
	assay_contents_fields_at(fs->out, leaf->entry, "inode", inode_fields, leaf->at);
	if (leaf->length > UBIFS_INODE)
		(void)assay_contents_part_at(fs->out, leaf->entry, ASSAY_ROLE_FIXED,
		                             "data of an inode", leaf->at + UBIFS_INODE,
		                             leaf->length - UBIFS_INODE);
}

/* Data of no file, or of something that has none, must be equal. */
static void add_data(struct ubifs *fs, const struct ubifs_leaf *leaf)
{
	bool stored = ubifs_load(fs, leaf->at + 44, 2) == 0;
	bool file = leaf->entry != ASSAY_NO_ENTRY &&
	            fs->out->entries[leaf->entry].type == ASSAY_ENTRY_FILE;
	enum assay_role role = stored ? ASSAY_ROLE_CONTENT : ASSAY_ROLE_STREAM;
	struct assay_part *part;

	assay_contents_fields_at(fs->out, leaf->entry, "data node", data_fields, leaf->at);
	part = assay_contents_part_at(fs->out, leaf->entry, file ? role : ASSAY_ROLE_FIXED, "data",
	                              leaf->at + UBIFS_DATA, leaf->length - UBIFS_DATA);
	part->content = (uint64_t)(leaf->rest & 0x1fffffff) * UBIFS_BLOCK;
	part->unpacked = ubifs_load(fs, leaf->at + 40, 4);
}

int ubifs_add_leaves(struct ubifs *fs, struct assay_error *err)
{
	for (size_t i = 0; i < fs->count; i++) {
		const struct ubifs_leaf *leaf = &fs->leaves[i];

		switch (ubifs_type_of(leaf)) {
		case UBIFS_TYPE_INODE:
			add_inode(fs, leaf);
			break;
		case UBIFS_TYPE_DATA:
			if (leaf->length <= UBIFS_DATA)
				return assay_fail_at(err, ASSAY_E_FORMAT, leaf->at, "no data");
			add_data(fs, leaf);
			break;
		case UBIFS_TYPE_NAME:
		case UBIFS_TYPE_XATTR:
		case UBIFS_TYPE_PAD:
		case UBIFS_TYPE_SUPER:
		case UBIFS_TYPE_MASTER:
		case UBIFS_TYPE_REFERENCE:
		case UBIFS_TYPE_INDEX:
			(void)assay_contents_part_at(fs->out, leaf->entry, ASSAY_ROLE_FIXED,
			                             ubifs_type_of(leaf) == UBIFS_TYPE_XATTR
			                                     ? "name of an attribute"
			                                     : "name",
			                             leaf->at, leaf->length);
			break;
		}
	}
	return 0;
}

int ubifs_unpack(const struct assay_contents *contents, const struct assay_piece *piece,
                 struct assay_sink *sink, struct assay_error *err)
{
	if (assay_codec_unpack(codecs[piece->codec],
	                       assay_span_sub(contents->span, piece->offset, piece->packed),
	                       piece->unpacked, sink, err) < 0)
		return assay_fail_in(err, "node at %" PRIu64, piece->offset - UBIFS_DATA);
	return 0;
}
