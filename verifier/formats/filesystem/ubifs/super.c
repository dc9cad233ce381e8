/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in front of the files: superblock, masters, log, properties of erase blocks, orphans. */
#include <inttypes.h>
#include <zlib.h>

#include "formats/filesystem/ubifs/ubifs.h"

#define KNOWN_FLAGS 0xeu /* UBIFS_FLG_BIGLPT, _SPACE_FIXUP, _DOUBLE_HASH */
#define FORMAT_MAX 5     /* UBIFS_FORMAT_VERSION */
#define LOG_BLOCK 3      /* UBIFS_LOG_LNUM */
#define BLOCK_MIN 15360  /* UBIFS_MIN_LEB_SZ */
#define BLOCK_MAX ((uint64_t)4 << 20)
#define DIRTY 1u /* UBIFS_MST_DIRTY */

/* struct ubifs_sb_node */
static const struct assay_field super_fields[] = {
	{ "magic", 0, 4, ASSAY_ROLE_FIXED },
	{ "checksum", 4, 4, ASSAY_ROLE_CHECK },
	{ "node header", 8, 16, ASSAY_ROLE_FIXED },
	{ "keys and flags", 24, 8, ASSAY_ROLE_FIXED },
	{ "geometry", 32, 48, ASSAY_ROLE_FIXED },
	{ "version of the format", 80, 4, ASSAY_ROLE_FIXED },
	{ "compression", 84, 4, ASSAY_ROLE_FIXED },
	{ "reserved pool", 88, 16, ASSAY_ROLE_FIXED },
	{ "granularity of times", 104, 4, ASSAY_ROLE_FIXED },
	{ "UUID", 108, 16, ASSAY_ROLE_OPAQUE, "ubifs/uuid@1" },
	{ "version for reading", 124, 4, ASSAY_ROLE_FIXED },
	{ "authentication and reserved bytes", 128, UBIFS_SUPER - 128, ASSAY_ROLE_FIXED },
	{ 0 },
};

uint32_t ubifs_crc(const uint8_t *node, uint64_t length)
{
	return ~(uint32_t)crc32_z(0, node + 8, (size_t)length - 8);
}

int ubifs_check_node(const struct ubifs *fs, uint64_t at, enum ubifs_type type, uint32_t *length,
                     struct assay_error *err)
{
	uint64_t left = fs->block_size - at % fs->block_size;

	if (at % 8 != 0 || !assay_span_holds(fs->image, at, UBIFS_HEADER) || left < UBIFS_HEADER ||
	    ubifs_load(fs, at, 4) != UBIFS_MAGIC || ubifs_load(fs, at + 20, 1) != type)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "no node of type %d", (int)type);
	*length = (uint32_t)ubifs_load(fs, at + 16, 4);
	if (*length < UBIFS_HEADER || *length > left || !assay_span_holds(fs->image, at, *length))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a node past the end");
	if (ubifs_load(fs, at + 4, 4) != ubifs_crc(fs->image.ptr + at, *length))
		assay_contents_false(fs->out, ASSAY_NO_ENTRY, "checksum of a node", at, *length);
	return 0;
}

/* --- the superblock --- */

static int read_geometry(struct ubifs *fs, struct assay_error *err)
{
	uint64_t flags = ubifs_load(fs, 28, 4), front;

	fs->block_size = ubifs_load(fs, 36, 4);
	fs->blocks = ubifs_load(fs, 40, 4);
	if (ubifs_load(fs, 80, 4) > FORMAT_MAX || (flags & ~KNOWN_FLAGS) != 0 ||
	    ubifs_load(fs, 26, 2) != 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "features that assay does not read: flags 0x%" PRIx64, flags);
	front = LOG_BLOCK + ubifs_load(fs, 56, 4) + ubifs_load(fs, 60, 4) + ubifs_load(fs, 64, 4);
	if (fs->block_size < BLOCK_MIN || fs->block_size > BLOCK_MAX || fs->block_size % 8 != 0 ||
	    front >= fs->blocks)
		return assay_fail(err, ASSAY_E_FORMAT, "sizes that contradict each other");
	if (fs->blocks > fs->image.len / fs->block_size)
		return assay_fail(err, ASSAY_E_FORMAT, "cut short: %" PRIu64 " erase blocks",
		                  fs->blocks);
	fs->image = assay_span_sub(fs->image, 0, fs->blocks * fs->block_size);
	fs->main_block = front;
	return 0;
}

/* An area of erase blocks of which each byte must be equal, unless it is erased. */
static void add_area(struct ubifs *fs, const char *what, uint64_t first, uint64_t count)
{
	for (uint64_t at = first * fs->block_size; at < (first + count) * fs->block_size;
	     at += fs->block_size) {
		struct assay_span block = assay_span_sub(fs->image, at, fs->block_size);
		uint64_t used = block.len;

		while (used > 0 && block.ptr[used - 1] == 0xff)
			used--;
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, what, at,
		                             used);
	}
}

/* --- masters --- */

/* Bytes that belong to a node with those that fill up to the next one. */
static uint64_t step_over(const struct ubifs *fs, uint64_t at, uint64_t length)
{
	uint64_t padding = 0;

	if (ubifs_load(fs, at + 20, 1) == UBIFS_TYPE_PAD &&
	    assay_span_holds(fs->image, at, UBIFS_HEADER + 4))
		padding = ubifs_load(fs, at + UBIFS_HEADER, 4);
	return (length + 7) / 8 * 8 + padding;
}

/* The next node at or behind a place of an erase block. Return: whether there is one */
static bool next_node(const struct ubifs *fs, uint64_t *at, uint64_t end)
{
	while (*at + UBIFS_HEADER <= end && ubifs_load(fs, *at, 4) != UBIFS_MAGIC)
		*at += 8;
	return *at + UBIFS_HEADER <= end && ubifs_load(fs, *at + 16, 4) >= UBIFS_HEADER;
}

/* The last node of a type in an erase block. Return: false when there is none */
static bool last_of(const struct ubifs *fs, uint64_t block, enum ubifs_type type, uint64_t *out)
{
	uint64_t end = (block + 1) * fs->block_size;
	bool found = false;

	for (uint64_t at = block * fs->block_size; next_node(fs, &at, end);
	     at += step_over(fs, at, ubifs_load(fs, at + 16, 4))) {
		if (ubifs_load(fs, at + 20, 1) != type)
			continue;
		found = true;
		*out = at;
	}
	return found;
}

/* Linux wants two that are equal behind their headers: ubifs_read_master(), scan_for_master(). */
static int read_master(struct ubifs *fs, struct assay_error *err)
{
	uint64_t first, second, block, offset;
	uint32_t length;

	if (!last_of(fs, 1, UBIFS_TYPE_MASTER, &first) ||
	    !last_of(fs, 2, UBIFS_TYPE_MASTER, &second))
		return assay_fail(err, ASSAY_E_FORMAT, "less than two masters");
	if (ubifs_check_node(fs, first, UBIFS_TYPE_MASTER, &length, err) < 0 ||
	    ubifs_check_node(fs, second, UBIFS_TYPE_MASTER, &length, err) < 0)
		return -1;
	if (!assay_span_equal(
		    assay_span_sub(fs->image, first + UBIFS_HEADER, UBIFS_MASTER - UBIFS_HEADER),
		    assay_span_sub(fs->image, second + UBIFS_HEADER,
	                           UBIFS_MASTER - UBIFS_HEADER)) ||
	    length != UBIFS_MASTER)
		return assay_fail_at(err, ASSAY_E_FORMAT, second, "two masters that differ");
	if ((ubifs_load(fs, first + 40, 4) & DIRTY) != 0)
		assay_contents_partial(fs->out, "it was not unmounted");
	block = ubifs_load(fs, first + 48, 4);
	offset = ubifs_load(fs, first + 52, 4);
	fs->root_length = (uint32_t)ubifs_load(fs, first + 56, 4);
	if (block < fs->main_block || block >= fs->blocks || offset >= fs->block_size)
		return assay_fail_at(err, ASSAY_E_FORMAT, first, "an index that is not there");
	fs->root_at = block * fs->block_size + offset;
	return 0;
}

/* Nodes in the log that lead to a journal, or of files that wait to be deleted. */
static void check_front(struct ubifs *fs)
{
	uint64_t at;

	for (uint64_t block = LOG_BLOCK; block < LOG_BLOCK + ubifs_load(fs, 56, 4); block++)
		if (last_of(fs, block, UBIFS_TYPE_REFERENCE, &at))
			assay_contents_partial(fs->out, "its journal was not replayed");
	for (uint64_t block = fs->main_block - ubifs_load(fs, 64, 4); block < fs->main_block;
	     block++) {
		at = block * fs->block_size;
		if (next_node(fs, &at, at + fs->block_size))
			assay_contents_partial(fs->out, "files wait to be deleted");
	}
}

int ubifs_read_super(struct ubifs *fs, struct assay_error *err)
{
	uint32_t length;

	fs->image = fs->out->span;
	fs->block_size = fs->image.len; /* so far */
	if (fs->image.len < UBIFS_SUPER ||
	    ubifs_check_node(fs, 0, UBIFS_TYPE_SUPER, &length, err) < 0 || length != UBIFS_SUPER)
		return assay_fail(err, ASSAY_E_FORMAT, "no superblock");
	if (read_geometry(fs, err) < 0 || read_master(fs, err) < 0)
		return -1;
	check_front(fs);
	assay_contents_fields_at(fs->out, ASSAY_NO_ENTRY, "superblock", super_fields, 0);
	add_area(fs, "master", 1, 2);
	add_area(fs, "log", LOG_BLOCK, ubifs_load(fs, 56, 4));
	add_area(fs, "properties of erase blocks", LOG_BLOCK + ubifs_load(fs, 56, 4),
	         ubifs_load(fs, 60, 4));
	add_area(fs, "orphans", fs->main_block - ubifs_load(fs, 64, 4), ubifs_load(fs, 64, 4));
	return 0;
}
