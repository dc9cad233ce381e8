/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inodes: what each byte of one is for, and what it says about a file. */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/ext/inode.h"

#define BASE 128     /* EXT4_GOOD_OLD_INODE_SIZE */
#define EXTRA_MIN 28 /* fields behind it, up to version_hi */
#define NANOSECONDS 1000000000
#define FAST_LINK 60 /* bytes of i_block */
/* How blocks are found, what is derived from content, and what readahead and allocation go by. */
#define PACKING_FLAGS (EXT_FL_INDEX | EXT_FL_HUGE | EXT_FL_EXTENTS | EXT_FL_INLINE | 0x420000)
/* Compressed, encrypted, verity, a value of attributes, snapshots, folded names. */
#define UNKNOWN_FLAGS 0x4f300e04

/* Source: ext4.h, struct ext4_inode. */
static const struct assay_field base_fields[] = {
	{ .what = "inode", .offset = 0, .length = 8, .role = ASSAY_ROLE_METADATA },
	{ .what = "access time",
	  .offset = 8,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "change time",
	  .offset = 12,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "modification time",
	  .offset = 16,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "deletion time", .offset = 20, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "inode", .offset = 24, .length = 12, .role = ASSAY_ROLE_METADATA },
	{ .what = "version", .offset = 36, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "inode", .offset = 40, .length = 60, .role = ASSAY_ROLE_METADATA },
	{ .what = "generation",
	  .offset = 100,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_IDENTITY },
	{ .what = "inode", .offset = 104, .length = 8, .role = ASSAY_ROLE_METADATA },
	{ .what = "fragment", .offset = 112, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "inode", .offset = 116, .length = 8, .role = ASSAY_ROLE_METADATA },
	{ 0 },
};

/* The same of an inode that is reserved: nobody describes it. */
static const struct assay_field reserved_fields[] = {
	{ .what = "mode", .offset = 0, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "size", .offset = 4, .length = 4, .role = ASSAY_ROLE_METADATA },
	{ .what = "access time",
	  .offset = 8,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "change time",
	  .offset = 12,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "modification time",
	  .offset = 16,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_TIMES },
	{ .what = "deletion time and owner", .offset = 20, .length = 8, .role = ASSAY_ROLE_FIXED },
	{ .what = "blocks", .offset = 28, .length = 4, .role = ASSAY_ROLE_METADATA },
	{ .what = "flags and version", .offset = 32, .length = 8, .role = ASSAY_ROLE_FIXED },
	{ .what = "block map", .offset = 40, .length = 60, .role = ASSAY_ROLE_METADATA },
	{ .what = "generation",
	  .offset = 100,
	  .length = 4,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_IDENTITY },
	{ .what = "attributes", .offset = 104, .length = 4, .role = ASSAY_ROLE_FIXED },
	{ .what = "size", .offset = 108, .length = 4, .role = ASSAY_ROLE_METADATA },
	{ .what = "fragment and more", .offset = 112, .length = 12, .role = ASSAY_ROLE_FIXED },
	{ 0 },
};

/* clang-format off */
#define EXTRA_FIELDS                                                                               \
	{ .what = "change time", .offset = 0, .length = 4, .role = ASSAY_ROLE_OPAQUE, .rule = EXT_TIMES }, \
	{ .what = "modification time", .offset = 4, .length = 4, .role = ASSAY_ROLE_OPAQUE, .rule = EXT_TIMES }, \
	{ .what = "access time", .offset = 8, .length = 4, .role = ASSAY_ROLE_OPAQUE, .rule = EXT_TIMES }, \
	{ .what = "creation time", .offset = 12, .length = 8, .role = ASSAY_ROLE_OPAQUE, .rule = EXT_TIMES }, \
	{ .what = "version", .offset = 20, .length = 4, .role = ASSAY_ROLE_FIXED }
/* clang-format on */

static const struct assay_field extra_fields[] = { EXTRA_FIELDS, { 0 } };

/* With what is behind them in an inode of 256 bytes. */
static const struct assay_field all_extra_fields[] = {
	EXTRA_FIELDS,
	{ .what = "attributes", .offset = 24, .length = 100, .role = ASSAY_ROLE_METADATA },
	{ 0 },
};

static uint64_t get(const struct ext_inode *inode, size_t at, size_t width)
{
	return assay_load(inode->bytes.ptr + at, width, false);
}

static uint64_t halves(const struct ext_inode *inode, size_t low, size_t high, size_t width)
{
	return get(inode, low, width) | get(inode, high, width < 4 ? 2 : width) << (8 * width);
}

static void parse(struct ext *fs, struct ext_inode *inode)
{
	inode->mode = (uint16_t)get(inode, 0, 2);
	inode->links = (uint16_t)get(inode, 26, 2);
	inode->uid = (uint32_t)halves(inode, 2, 120, 2);
	inode->gid = (uint32_t)halves(inode, 24, 122, 2);
	inode->size = halves(inode, 4, 108, 4);
	inode->blocks = get(inode, 28, 4) | get(inode, 116, 2) << 32;
	inode->acl = get(inode, 104, 4) | get(inode, 118, 2) << 32;
	inode->flags = (uint32_t)get(inode, 32, 4);
	inode->generation = (uint32_t)get(inode, 100, 4);
	inode->seed = ext_crc32c_number(ext_crc32c_number(fs->seed, inode->number, 4),
	                                inode->generation, 4);
	inode->entry = ASSAY_NO_ENTRY;
	inode->extra = fs->inode_size > BASE ? (uint16_t)get(inode, BASE, 2) : 0;
}

/*
 * Programs that do not have a feature go by what a map was before there was the flag: Linux's ext2
 * takes an extent tree for numbers of blocks.
 */
static bool flags_are_known(const struct ext *fs, uint32_t flags)
{
	if ((flags & EXT_FL_EXTENTS) != 0 && (fs->incompat & EXT_INCOMPAT_EXTENTS) == 0)
		return false;
	if ((flags & EXT_FL_INLINE) != 0 && (fs->incompat & EXT_INCOMPAT_INLINE) == 0)
		return false;
	return (flags & UNKNOWN_FLAGS) == 0;
}

int ext_inode_open(struct ext *fs, uint32_t number, struct ext_inode *out, struct assay_error *err)
{
	const struct ext_group *group;

	*out = (struct ext_inode){ .number = number };
	if (number == 0 || number > fs->inodes)
		return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 " is not there", number);
	group = &fs->groups[(number - 1) / fs->inodes_per_group];
	if (!ext_inode_used(fs, number))
		return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 " is not in use", number);
	out->at = group->inode_table * fs->block_size +
	          (uint64_t)((number - 1) % fs->inodes_per_group) * fs->inode_size;
	out->bytes = assay_span_sub(fs->image, out->at, fs->inode_size);
	parse(fs, out);
	if (out->extra != 0 &&
	    (out->extra < EXTRA_MIN || out->extra % 4 != 0 || out->extra > fs->inode_size - BASE))
		return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 ": %u bytes of fields",
		                  number, out->extra);
	if (!flags_are_known(fs, out->flags))
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "inode %" PRIu32 ": flags that assay does not read", number);
	return 0;
}

/* Times count nanoseconds in the upper 30 bits. */
static bool times_are_sound(const struct ext_inode *inode)
{
	static const uint8_t places[] = { 132, 136, 140, 148 };

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(places); i++)
		if (get(inode, places[i], 4) >> 2 >= NANOSECONDS)
			return false;
	return true;
}

static void add_checksum(struct ext *fs, const struct ext_inode *inode)
{
	uint32_t crc;

	if (!fs->checksums) {
		ext_add_reserved(fs, ASSAY_NO_ENTRY, inode->at + 124, 2);
		if (inode->extra > 0)
			ext_add_reserved(fs, ASSAY_NO_ENTRY, inode->at + 130, 2);
		return;
	}
	crc = ext_crc32c(inode->seed, assay_span_sub(inode->bytes, 0, 124));
	crc = ext_crc32c_number(crc, 0, 2);
	crc = ext_crc32c(crc, assay_span_sub(inode->bytes, 126, 2));
	if (inode->extra > 0)
		crc = ext_crc32c_without(crc, assay_span_sub(inode->bytes, 128, fs->inode_size), 2,
		                         2);
	else
		crc = ext_crc32c(crc, assay_span_sub(inode->bytes, 128, fs->inode_size));
	ext_checksum(fs, "inode checksum", inode->at + 124, 2, crc);
	if (inode->extra > 0)
		ext_checksum(fs, "inode checksum", inode->at + 130, 2, crc >> 16);
}

/* Bytes around the place where the first 128 bytes end. */
static void add_reserved(struct ext *fs, const struct ext_inode *inode, enum assay_role rest)
{
	ext_add_reserved(fs, inode->entry, inode->at + 126, 2);
	if (inode->extra > 0)
		(void)assay_contents_part_at(fs->out, inode->entry, rest, "size of fields",
		                             inode->at + BASE, 2);
}

/* What is behind the first 128 bytes and says something; in inodes of the usual size it is one part. */
static void add_extra(struct ext *fs, const struct ext_inode *inode, enum assay_role rest)
{
	struct assay_contents *out = fs->out;
	size_t entry = inode->entry;
	bool sound = times_are_sound(inode);

	if (sound && fs->inode_size == 256 && rest == ASSAY_ROLE_METADATA) {
		assay_contents_fields_at(out, entry, "more fields", all_extra_fields,
		                         inode->at + 132);
		return;
	}
	if (sound)
		assay_contents_fields_at(out, entry, "more fields", extra_fields, inode->at + 132);
	else
		(void)assay_contents_part_at(out, entry, ASSAY_ROLE_FIXED, "times that are none",
		                             inode->at + 132, 24);
	(void)assay_contents_part_at(out, entry, rest, "attributes", inode->at + 156,
	                             fs->inode_size - 156);
}

void ext_inode_parts(struct ext *fs, const struct ext_inode *inode)
{
	struct assay_contents *out = fs->out;
	size_t entry = inode->entry;
	bool named = entry != ASSAY_NO_ENTRY;
	enum assay_role rest = named ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED;

	assay_contents_fields_at(out, entry, named ? "inode" : "reserved inode",
	                         named ? base_fields : reserved_fields, inode->at);
	add_checksum(fs, inode);
	if (named && inode->extra > 0 && get(inode, 126, 2) == 0)
		(void)assay_contents_part_at(out, entry, rest, "reserved, and size of fields",
		                             inode->at + 126, 4);
	else
		add_reserved(fs, inode, rest);
	if (fs->inode_size == BASE)
		return;
	if (inode->extra == 0) {
		(void)assay_contents_part_at(out, entry, ASSAY_ROLE_FIXED, "end of an inode",
		                             inode->at + BASE, fs->inode_size - BASE);
		return;
	}
	add_extra(fs, inode, rest);
}

void ext_add_unused(struct ext *fs, size_t entry, const char *key, struct assay_span bytes)
{
	if (bytes.len > 0 && !assay_span_is_fill(bytes, 0))
		assay_contents_attribute(fs->out, entry,
		                         &(struct assay_attribute){ .key = key,
		                                                    .form = ASSAY_FORM_TEXT,
		                                                    .bytes = bytes });
}

static void add_number(struct ext *fs, const struct ext_inode *inode, const char *key,
                       enum assay_attribute_form form, uint64_t number)
{
	assay_contents_number(fs->out, inode->entry, key, form, number);
}

/* Linux: old_decode_dev() and new_decode_dev() of linux/kdev_t.h; ext4_iget(). */
static void add_device(struct ext *fs, const struct ext_inode *inode)
{
	uint64_t old = get(inode, 40, 4), code = get(inode, 44, 4);
	uint64_t major = (code & 0xfff00) >> 8, minor = (code & 0xff) | (code >> 12 & 0xfff00);

	if (old != 0) {
		major = old >> 8 & 0xff;
		minor = old & 0xff;
		ext_add_unused(fs, inode->entry, "bytes of no device",
		               assay_span_sub(inode->bytes, 42, 58));
	} else {
		ext_add_unused(fs, inode->entry, "bytes of no device",
		               assay_span_sub(inode->bytes, 48, 52));
	}
	add_number(fs, inode, "device", ASSAY_FORM_DEVICE, major << 32 | minor);
}

bool ext_inode_is_fast(const struct ext_inode *inode)
{
	bool link = (inode->mode & S_IFMT) == S_IFLNK;

	if ((inode->flags & EXT_FL_INLINE) != 0)
		return true;
	return link && inode->size < FAST_LINK && (inode->flags & EXT_FL_EXTENTS) == 0;
}

int ext_inode_describe(struct ext *fs, struct ext_inode *inode, struct assay_error *err)
{
	unsigned type = inode->mode & S_IFMT;

	add_number(fs, inode, "mode", ASSAY_FORM_OCTAL, inode->mode & 07777);
	add_number(fs, inode, "uid", ASSAY_FORM_NUMBER, inode->uid);
	add_number(fs, inode, "gid", ASSAY_FORM_NUMBER, inode->gid);
	add_number(fs, inode, "links", ASSAY_FORM_NUMBER, inode->links);
	if ((inode->flags & ~PACKING_FLAGS) != 0)
		add_number(fs, inode, "flags", ASSAY_FORM_HEX, inode->flags & ~PACKING_FLAGS);
	add_number(fs, inode, "bytes of fields", ASSAY_FORM_NUMBER, inode->extra);
	if (inode->extra >= 32 && get(inode, 156, 4) != 0)
		add_number(fs, inode, "project", ASSAY_FORM_NUMBER, get(inode, 156, 4));
	if (type == S_IFCHR || type == S_IFBLK)
		add_device(fs, inode);
	if (type == S_IFIFO || type == S_IFSOCK)
		ext_add_unused(fs, inode->entry, "bytes of no file",
		               assay_span_sub(inode->bytes, 40, 60));
	if (type != S_IFREG && type != S_IFDIR && type != S_IFLNK && inode->size != 0)
		add_number(fs, inode, "size of no file", ASSAY_FORM_NUMBER, inode->size);
	return ext_add_xattrs(fs, inode, err);
}
