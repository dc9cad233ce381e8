/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cramfs: inodes of 12 bytes with their names in listings, and files in zlib blocks, each behind a
 * list of where its blocks end.
 *
 * Blocks move when one of them is packed otherwise, so inodes and lists are bytes of role METADATA:
 * what they say is in entries and attributes, and every bit of them is one of these or refused.
 * Listings and blocks that two things claim are found by the check that every byte has one purpose;
 * only files that are in the same place as a whole may share it.
 *
 * Source: Linux include/uapi/linux/cramfs_fs.h, fs/cramfs (README and inode.c); util-linux 2.38,
 *         disk-utils/mkfs.cramfs.c (crc, blocks, files).
 * Limits: blocks of 4 KiB, as Linux has pages; listings in no order and the block pointers of
 *         Linux 4.15 (stored and direct blocks, for execution in place) are not read.
 */
#include <inttypes.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "base/quote.h"
#include "formats/contents.h"
#include "formats/readers.h"
#include "formats/stream/codec.h"

#define MAGIC 0x28cd3d45u
#define SIGNATURE "Compressed ROMFS"
#define SUPER 64 /* bytes of the superblock in front of the root's inode */
#define INODE 12
#define SHIFT 512 /* bytes that a boot loader may have in front of it */
#define BLOCK 4096
#define CRC_AT 32
#define PATH_LIMIT 4096 /* bytes; PATH_MAX of Linux */

/* cramfs_fs.h: CRAMFS_FLAG_… */
#define FSID_2 0x1u
#define SORTED 0x2u
#define KNOWN_FLAGS (FSID_2 | SORTED | 0x100u /* holes */ | 0x400u /* shifted root */)

enum count {
	NONE,
	BLOCKS, /* all of different files */
	FILES,
	COUNTS
};

/* struct cramfs_super. What it counts Linux tells to statfs(2) and nobody else. */
static const struct {
	const char *what;
	uint64_t at, length;
	enum assay_role role;
	enum count count; /* METADATA if it is true */
} fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED, NONE },
	{ "size", 4, 4, ASSAY_ROLE_METADATA, NONE },
	{ "flags", 8, 4, ASSAY_ROLE_FIXED, NONE },
	{ "reserved", 12, 4, ASSAY_ROLE_FIXED, NONE },
	{ "signature", 16, 16, ASSAY_ROLE_FIXED, NONE },
	{ "checksum", CRC_AT, 4, ASSAY_ROLE_CHECK, NONE },
	{ "edition", 36, 4, ASSAY_ROLE_FIXED, NONE },
	{ "blocks", 40, 4, ASSAY_ROLE_FIXED, BLOCKS },
	{ "files", 44, 4, ASSAY_ROLE_FIXED, FILES },
	{ "name", 48, 16, ASSAY_ROLE_FIXED, NONE },
	{ "root", SUPER, INODE, ASSAY_ROLE_METADATA, NONE },
};

/* struct cramfs_inode. */
struct inode {
	uint32_t mode, uid, size, gid;
	uint64_t name_len; /* bytes of the name, with zeros */
	uint64_t at;       /* of the content or the listing */
};

/* An entry that has a listing, or content behind a list of block ends. */
struct use {
	struct inode inode;
	size_t entry;
};

struct cramfs {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image; /* the first size bytes */
	uint64_t start;          /* of the superblock */
	bool big_endian;
	uint64_t listed;   /* bytes of all listings */
	struct use *queue; /* owned; directories whose listings are to be read */
	size_t count, cap;
	struct use *uses; /* owned; files and links */
	size_t use_count, use_cap;
	uint64_t blocks;
};

static uint32_t get(const struct cramfs *fs, uint64_t at)
{
	return (uint32_t)assay_load(fs->image.ptr + at, 4, fs->big_endian);
}

/* Bit fields begin at the low end of a word, or in the other byte order at the high end. */
static uint32_t bits(const struct cramfs *fs, uint64_t at, unsigned first, unsigned width)
{
	unsigned shift = fs->big_endian ? 32 - first - width : first;

	return get(fs, at) >> shift & ((1u << width) - 1);
}

static struct inode get_inode(const struct cramfs *fs, uint64_t at)
{
	return (struct inode){
		.mode = bits(fs, at, 0, 16),
		.uid = bits(fs, at, 16, 16),
		.size = bits(fs, at + 4, 0, 24),
		.gid = bits(fs, at + 4, 24, 8),
		.name_len = (uint64_t)bits(fs, at + 8, 0, 6) * 4,
		.at = (uint64_t)bits(fs, at + 8, 6, 26) * 4,
	};
}

/*
 * Where the root's listing has to be, right behind its inode. Without that an archive whose first
 * file is a cramfs would look like one behind a boot sector.
 */
static bool root_is_behind(const struct cramfs *fs)
{
	struct inode root = get_inode(fs, fs->start + SUPER);

	return root.at == fs->start + SUPER + INODE || (root.size == 0 && fs->start == 0);
}

/* In: fs->image. Out: fs->start, fs->big_endian */
static bool find_super(struct cramfs *fs)
{
	for (fs->start = 0; fs->start <= SHIFT; fs->start += SHIFT) {
		struct assay_span head = assay_span_sub(fs->image, fs->start, SUPER + INODE);

		if (head.len != SUPER + INODE ||
		    memcmp(head.ptr + 16, SIGNATURE, strlen(SIGNATURE)) != 0)
			continue;
		fs->big_endian = assay_load(head.ptr, 4, true) == MAGIC;
		if (get(fs, fs->start) == MAGIC && root_is_behind(fs))
			return true;
	}
	return false;
}

static bool probe(struct assay_span span)
{
	struct cramfs fs = { .image = span };

	return find_super(&fs);
}

/* --- content --- */

/* Where a block of a file is: behind the one before it, and the first behind the list. */
static int find_block(const struct cramfs *fs, const struct inode *inode, uint64_t i, uint64_t *at,
                      uint64_t *length, struct assay_error *err)
{
	uint64_t count = (inode->size + BLOCK - 1) / BLOCK, end;

	if (!assay_span_holds(fs->image, inode->at, count * 4))
		return assay_fail_at(err, ASSAY_E_FORMAT, inode->at, "content past the end");
	*at = i > 0 ? get(fs, inode->at + (i - 1) * 4) : inode->at + count * 4;
	end = get(fs, inode->at + i * 4);
	if (end < *at || end - *at > 2 * BLOCK || !assay_span_holds(fs->image, *at, end - *at))
		return assay_fail_at(err, ASSAY_E_FORMAT, inode->at + i * 4,
		                     "a block that ends where none can");
	*length = end - *at;
	return 0;
}

static uint64_t unpacked_size(const struct inode *inode, uint64_t i)
{
	uint64_t left = inode->size - i * BLOCK;

	return left < BLOCK ? left : BLOCK;
}

static int add_pieces(const struct cramfs *fs, const struct inode *inode, struct assay_error *err)
{
	for (uint64_t i = 0; i * BLOCK < inode->size; i++) {
		struct assay_piece piece = { .length = unpacked_size(inode, i) };

		if (find_block(fs, inode, i, &piece.offset, &piece.packed, err) < 0)
			return -1;
		piece.kind = piece.packed > 0 ? ASSAY_PIECE_PACKED : ASSAY_PIECE_ZEROS;
		piece.unpacked = piece.packed > 0 ? piece.length : 0;
		piece.offset = piece.packed > 0 ? piece.offset : 0;
		if (assay_contents_piece(fs->out, &piece, err) < 0)
			return -1;
	}
	return 0;
}

static int unpack_block(struct assay_span packed, uint64_t wanted, struct assay_sink *sink,
                        struct assay_error *err)
{
	size_t before = sink->bytes.len;

	if (assay_codec_unpack(ASSAY_CODEC_ZLIB, packed, wanted, sink, err) < 0)
		return -1;
	if (sink->bytes.len - before != wanted)
		return assay_fail(err, ASSAY_E_FORMAT, "a block of %zu bytes, not %" PRIu64,
		                  sink->bytes.len - before, wanted);
	return 0;
}

static int read_target(const struct cramfs *fs, const struct inode *inode, size_t entry,
                       struct assay_error *err)
{
	ASSAY_AUTO_SINK struct assay_sink sink = { .budget = fs->budget };
	uint64_t at;

	if (inode->size == 0 || inode->size >= BLOCK)
		return assay_fail(err, ASSAY_E_FORMAT, "a link of %" PRIu32 " bytes", inode->size);
	if (find_block(fs, inode, 0, &at, &sink.packed, err) < 0 ||
	    unpack_block(assay_span_sub(fs->image, at, sink.packed), inode->size, &sink, err) < 0)
		return assay_fail_in(err, "target of a link");
	return assay_contents_text(fs->out, &fs->out->entries[entry].link,
	                           assay_span_of_bytes(&sink.bytes), err);
}

static int add_content(struct cramfs *fs, const struct inode *inode, size_t entry,
                       struct assay_error *err)
{
	assay_grow(&fs->uses, &fs->use_cap, fs->use_count, sizeof(*fs->uses));
	fs->uses[fs->use_count++] = (struct use){ *inode, entry };
	return S_ISLNK(inode->mode) ? read_target(fs, inode, entry, err)
	                            : add_pieces(fs, inode, err);
}

/* --- names --- */

/* What an inode says, but for the place of its content and the size of that. */
static void add_attributes(struct cramfs *fs, const struct inode *inode, size_t entry)
{
	bool device = S_ISCHR(inode->mode) || S_ISBLK(inode->mode);
	bool content = S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode);
	uint64_t number = ((uint64_t)inode->size >> 8) << 32 | (inode->size & 0xff);

	assay_contents_number(fs->out, entry, "mode", ASSAY_FORM_OCTAL, inode->mode);
	assay_contents_number(fs->out, entry, "uid", ASSAY_FORM_NUMBER, inode->uid);
	assay_contents_number(fs->out, entry, "gid", ASSAY_FORM_NUMBER, inode->gid);
	if (device)
		assay_contents_number(fs->out, entry, "device", ASSAY_FORM_DEVICE, number);
	else if (!content)
		assay_contents_number(fs->out, entry, "size", ASSAY_FORM_NUMBER, inode->size);
	if ((!content || inode->size == 0) && inode->at != 0)
		assay_contents_number(fs->out, entry, "place without data", ASSAY_FORM_HEX,
		                      inode->at);
}

static int add_entry(struct cramfs *fs, const struct inode *inode, const char *path,
                     struct assay_error *err)
{
	size_t entry = fs->out->entry_count;
	enum assay_entry_type type;

	if (!assay_entry_type_of(inode->mode, &type))
		return assay_fail(err, ASSAY_E_FORMAT, "mode %" PRIo32, inode->mode);
	if (assay_contents_entry(fs->out, fs->budget, type, err) < 0 ||
	    assay_contents_text(fs->out, &fs->out->entries[entry].name, assay_span_of_str(path),
	                        err) < 0)
		return -1;
	add_attributes(fs, inode, entry);
	if (type == ASSAY_ENTRY_SYMLINK || (type == ASSAY_ENTRY_FILE && inode->size > 0))
		return add_content(fs, inode, entry, err);
	if (type != ASSAY_ENTRY_DIRECTORY || inode->size == 0)
		return 0;
	assay_grow(&fs->queue, &fs->cap, fs->count, sizeof(*fs->queue));
	fs->queue[fs->count++] = (struct use){ *inode, entry };
	return 0;
}

/* A name with one to three zeros that fill up, or none. In: last, the name in front of it */
static int check_name(struct assay_span bytes, struct assay_span *name, struct assay_span last,
                      struct assay_error *err)
{
	size_t shorter;
	int order;

	*name = bytes;
	while (name->len > 0 && bytes.len - name->len < 3 && name->ptr[name->len - 1] == 0)
		name->len--;
	if (name->len == 0 || memchr(name->ptr, 0, name->len) != NULL ||
	    memchr(name->ptr, '/', name->len) != NULL || assay_span_is(*name, ".") ||
	    assay_span_is(*name, ".."))
		return assay_fail(err, ASSAY_E_FORMAT, "not a file name");
	shorter = name->len < last.len ? name->len : last.len;
	order = shorter > 0 ? memcmp(name->ptr, last.ptr, shorter) : 0;
	if (order < 0 || (order == 0 && name->len <= last.len))
		return assay_fail(err, ASSAY_E_FORMAT, "names in no order");
	return 0;
}

static int read_name(struct cramfs *fs, const struct use *folder, uint64_t at,
                     struct assay_span *last, struct assay_error *err)
{
	const char *above = fs->out->entries[folder->entry].name;
	struct inode inode = get_inode(fs, at);
	ASSAY_AUTO_FREE char *path = NULL;
	bool root = folder->entry == 0;
	struct assay_span name;

	if (check_name(assay_span_sub(fs->image, at + INODE, inode.name_len), &name, *last, err) <
	    0)
		return -1;
	path = assay_asprintf("%s%s%.*s", root ? "" : above, root ? "" : "/", (int)name.len,
	                      (const char *)name.ptr);
	if (strlen(path) > PATH_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes", PATH_LIMIT);
	*last = name;
	return add_entry(fs, &inode, path, err);
}

static int read_listing(struct cramfs *fs, const struct use *folder, struct assay_error *err)
{
	uint64_t at = folder->inode.at, end = at + folder->inode.size;
	struct assay_span last = { 0 };

	if (!assay_span_holds(fs->image, at, folder->inode.size))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a listing past the end");
	fs->listed += folder->inode.size;
	if (fs->listed > fs->image.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a listing of two directories");
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, "listing", at,
	                             folder->inode.size);
	while (at < end) {
		if (end - at < INODE || end - at - INODE < get_inode(fs, at).name_len)
			return assay_fail_at(err, ASSAY_E_FORMAT, at, "a name past the end");
		if (read_name(fs, folder, at, &last, err) < 0)
			return assay_fail_in(err, "listing at %" PRIu64, folder->inode.at);
		at += INODE + get_inode(fs, at).name_len;
	}
	return 0;
}

/* --- parts of content --- */

static int by_place(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->inode.at != y->inode.at)
		return x->inode.at < y->inode.at ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* In: alone, its blocks belong to one file; otherwise what they hold is told by several entries */
static int add_parts(struct cramfs *fs, const struct use *use, bool alone, struct assay_error *err)
{
	const struct inode *inode = &use->inode;
	uint64_t count = (inode->size + BLOCK - 1) / BLOCK, at, length;

	fs->blocks += count;
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, "ends of blocks",
	                             inode->at, count * 4);
	for (uint64_t i = 0; i < count; i++) {
		struct assay_part *part;

		if (find_block(fs, inode, i, &at, &length, err) < 0)
			return -1;
		if (length == 0)
			continue;
		part = assay_contents_part_at(fs->out, alone ? use->entry : ASSAY_NO_ENTRY,
		                              alone ? ASSAY_ROLE_STREAM : ASSAY_ROLE_METADATA,
		                              "block", at, length);
		part->content = i * BLOCK;
		part->unpacked = unpacked_size(inode, i);
	}
	return 0;
}

/*
 * Linux takes what is in one place for one inode (fs/cramfs/inode.c, cramino): all have the mode and
 * owner of the one that is looked up first. Where these differ, who shares with whom counts.
 */
static void add_shared(struct cramfs *fs, const struct use *uses, size_t count)
{
	const struct inode *first = &uses[0].inode;
	bool same = true;

	for (size_t i = 1; i < count; i++)
		same = same && uses[i].inode.mode == first->mode &&
		       uses[i].inode.uid == first->uid && uses[i].inode.gid == first->gid;
	for (size_t i = 0; !same && i < count; i++)
		assay_contents_number(fs->out, uses[i].entry, "inode of", ASSAY_FORM_ENTRY,
		                      uses[0].entry);
}

static int add_all_parts(struct cramfs *fs, struct assay_error *err)
{
	if (fs->use_count > 0)
		qsort(fs->uses, fs->use_count, sizeof(*fs->uses), by_place);
	for (size_t i = 0, next; i < fs->use_count; i = next) {
		const struct use *use = &fs->uses[i];

		for (next = i + 1; next < fs->use_count && fs->uses[next].inode.at == use->inode.at;
		     next++)
			if (fs->uses[next].inode.size != use->inode.size)
				return assay_fail_at(err, ASSAY_E_FORMAT, use->inode.at,
				                     "two files of different size in one place");
		add_shared(fs, use, next - i);
		if (add_parts(fs, use, next == i + 1 && !S_ISLNK(use->inode.mode), err) < 0)
			return -1;
	}
	return 0;
}

/* --- the superblock --- */

/* Of the image from the superblock on, with zeros in its own place. */
static uint32_t checksum(const struct cramfs *fs)
{
	static const uint8_t zeros[4];
	struct assay_span rest = assay_span_sub(fs->image, fs->start, fs->image.len);
	uLong crc = crc32_z(0, rest.ptr, CRC_AT);

	crc = crc32_z(crc, zeros, sizeof(zeros));
	return (uint32_t)crc32_z(crc, rest.ptr + CRC_AT + 4, rest.len - CRC_AT - 4);
}

/* When everything else was read. */
static void add_super(struct cramfs *fs)
{
	const uint64_t counts[COUNTS] = { [BLOCKS] = fs->blocks, [FILES] = fs->out->entry_count };

	if (fs->start > 0)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                             "bytes in front", 0, fs->start);
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(fields); i++) {
		uint64_t at = fs->start + fields[i].at;
		bool is_right = fields[i].count != NONE && get(fs, at) == counts[fields[i].count];

		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY,
		                             is_right ? ASSAY_ROLE_METADATA : fields[i].role,
		                             fields[i].what, at, fields[i].length);
	}
	if (get(fs, fs->start + CRC_AT) != checksum(fs))
		assay_contents_false(fs->out, ASSAY_NO_ENTRY, "checksum", fs->start + CRC_AT, 4);
}

static int read_super(struct cramfs *fs, struct assay_error *err)
{
	uint32_t size, flags;
	struct inode root;

	fs->image = fs->out->span;
	if (!find_super(fs))
		return assay_fail(err, ASSAY_E_FORMAT, "no superblock");
	size = get(fs, fs->start + 4);
	flags = get(fs, fs->start + 8);
	if (size < fs->start + SUPER + INODE || size > fs->image.len)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short: %" PRIu32 " bytes", size);
	fs->image = assay_span_sub(fs->image, 0, size);
	if ((flags & ~KNOWN_FLAGS) != 0 || (flags & FSID_2) == 0 || (flags & SORTED) == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "flags 0x%" PRIx32 " are not read", flags);
	root = get_inode(fs, fs->start + SUPER);
	if (!S_ISDIR(root.mode) || root.name_len != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no root directory");
	return add_entry(fs, &root, ".", err);
}

static int read_all(struct cramfs *fs, struct assay_error *err)
{
	if (read_super(fs, err) < 0)
		return -1;
	for (size_t i = 0; i < fs->count; i++) {
		const struct use folder = fs->queue[i];

		if (read_listing(fs, &folder, err) < 0)
			return -1;
	}
	if (add_all_parts(fs, err) < 0)
		return -1;
	add_super(fs);
	return 0;
}

static int read_cramfs(struct assay_budget *budget, struct assay_contents *out,
                       struct assay_error *err)
{
	struct cramfs fs = { .out = out, .budget = budget };
	int result = read_all(&fs, err);

	/* Between files, and up to the end of the last block. */
	if (result == 0)
		assay_contents_gaps(out, "bytes of no file");
	free(fs.queue);
	free(fs.uses);
	return result;
}

static int unpack(const struct assay_contents *contents, const struct assay_piece *piece,
                  struct assay_sink *sink, struct assay_error *err)
{
	if (unpack_block(assay_span_sub(contents->span, piece->offset, piece->packed),
	                 piece->unpacked, sink, err) < 0)
		return assay_fail_in(err, "block at %" PRIu64, piece->offset);
	return 0;
}

const struct assay_reader assay_reader_cramfs = {
	.name = "cramfs",
	.repack_rule = "cramfs/repacked@1",
	.probe = probe,
	.read = read_cramfs,
	.unpack = unpack,
};
