/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Erase blocks: which size they can have, and the summaries that Linux believes rather than nodes. */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "formats/filesystem/jffs2/jffs2.h"

#define BLOCK_MIN ((uint64_t)4 << 10) /* mkfs.jffs2 makes none that are smaller */
#define BLOCK_MAX ((uint64_t)4 << 20) /* ours; flash memory has up to 2 MiB */
#define MARKER 8                      /* bytes at the end of a summary: its place, and a magic */
#define MARKER_MAGIC 0x02851885u      /* JFFS2_SUM_MAGIC */

static uint64_t end_of(const struct jffs2_node *node)
{
	return node->at + node->length;
}

/* Whether a node is the first one of its block. */
static bool is_first(const struct jffs2 *fs, size_t i, uint64_t size)
{
	return i == 0 || fs->nodes[i - 1].at / size != fs->nodes[i].at / size;
}

/* Linux finds a summary from the end of its block. (Without support for summaries it sees none.) */
static bool is_summary(const struct jffs2_node *node, uint64_t size)
{
	return node->type == JFFS2_TYPE_SUMMARY && end_of(node) % size == 0;
}

/*
 * Erased flash behind a cleanmarker. Linux looks at its size alone, which depends on the flash, so that it
 * takes names and attributes for one as well: what it counts as used.
 */
static bool ends_in_erased(const struct jffs2 *fs, const struct jffs2_node *node)
{
	struct assay_span next = assay_span_sub(fs->image, node->at + jffs2_padded(node), 4);

	return (node->type == JFFS2_TYPE_CLEANMARKER || node->type == JFFS2_TYPE_DIRENT ||
	        node->type == JFFS2_TYPE_XATTR || node->type == JFFS2_TYPE_XREF) &&
	       assay_span_is_fill(next, 0xff);
}

/*
 * Whether Linux sees a node that stands in a block of this size. It takes a block for empty that
 * begins with erased flash, or with nothing but a cleanmarker in front of it.
 */
static bool is_seen(const struct jffs2 *fs, size_t i, uint64_t size)
{
	const struct jffs2_node *node = &fs->nodes[i];

	if (node->at / size != (end_of(node) - 1) / size)
		return false;
	if (is_first(fs, i, size))
		return node->at % size == 0 || is_summary(node, size);
	return !is_first(fs, i - 1, size) || !ends_in_erased(fs, &node[-1]) ||
	       is_summary(node, size);
}

static bool is_readable(const struct jffs2 *fs, uint64_t size)
{
	for (size_t i = 0; i < fs->count; i++)
		if (!is_seen(fs, i, size))
			return false;
	return true;
}

/* Where the end of a summary says that it begins, in its block. */
static bool is_at_end(const struct jffs2 *fs, const struct jffs2_node *node, uint64_t size)
{
	uint64_t end = end_of(node);

	return end % size == 0 && node->length >= JFFS2_SUMMARY + MARKER &&
	       jffs2_load(fs, end - 4, 4) == MARKER_MAGIC &&
	       jffs2_load(fs, end - MARKER, 4) == node->at % size;
}

/* Summaries stand at the ends of blocks, and cleanmarkers at the starts of all that are in use. */
static bool is_usual(const struct jffs2 *fs, uint64_t size)
{
	bool marked = fs->count > 0 && fs->nodes[0].type == JFFS2_TYPE_CLEANMARKER;

	for (size_t i = 0; i < fs->count; i++) {
		const struct jffs2_node *node = &fs->nodes[i];

		if (node->type == JFFS2_TYPE_SUMMARY && !is_at_end(fs, node, size))
			return false;
		if (marked && is_first(fs, i, size) != (node->type == JFFS2_TYPE_CLEANMARKER))
			return false;
	}
	return true;
}

static int find_size(struct jffs2 *fs, struct assay_error *err)
{
	uint64_t blind = 0;

	for (uint64_t size = BLOCK_MAX; size >= BLOCK_MIN; size /= 2)
		if (is_readable(fs, size) && is_usual(fs, size))
			fs->block_size = size;
	if (fs->block_size == 0)
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "nodes that fit into erase blocks of no size");
	for (uint64_t size = fs->block_size; size <= BLOCK_MAX; size *= 2)
		blind |= is_readable(fs, size) ? 0 : size;
	assay_contents_number(fs->out, ASSAY_NO_ENTRY, "size of erase blocks", ASSAY_FORM_NUMBER,
	                      fs->block_size);
	assay_contents_number(fs->out, ASSAY_NO_ENTRY, "byte order", ASSAY_FORM_NUMBER,
	                      fs->big_endian);
	if (blind != 0)
		assay_contents_number(fs->out, ASSAY_NO_ENTRY,
		                      "sizes of erase blocks that hide nodes", ASSAY_FORM_HEX,
		                      blind);
	return 0;
}

/* --- summaries --- */

static void add_number(const struct jffs2 *fs, struct assay_buffer *out, uint64_t value,
                       size_t width)
{
	uint8_t bytes[8];

	assay_store(bytes, width, fs->big_endian, value);
	assay_buffer_add(out, bytes, width);
}

static void add_bytes(const struct jffs2 *fs, struct assay_buffer *out, uint64_t at,
                      uint64_t length)
{
	assay_buffer_add(out, fs->image.ptr + at, length);
}

/* What a summary says about a node: struct jffs2_sum_inode_flash and so on. Return: whether it does */
static bool summarise(const struct jffs2 *fs, const struct jffs2_node *node,
                      struct assay_buffer *out)
{
	uint64_t place = node->at % fs->block_size;

	if (node->type == JFFS2_TYPE_INODE || node->type == JFFS2_TYPE_XATTR) {
		add_number(fs, out, node->type, 2);
		add_bytes(fs, out, node->at + 12, 8);
		add_number(fs, out, place, 4);
		add_number(fs, out, node->length, 4);
	} else if (node->type == JFFS2_TYPE_DIRENT) {
		add_number(fs, out, node->type, 2);
		add_number(fs, out, node->length, 4);
		add_number(fs, out, place, 4);
		add_bytes(fs, out, node->at + 12, 12);
		add_bytes(fs, out, node->at + 28, 2);
		add_bytes(fs, out, node->at + JFFS2_DIRENT, node->length - JFFS2_DIRENT);
	} else if (node->type == JFFS2_TYPE_XREF) {
		add_number(fs, out, node->type, 2);
		add_number(fs, out, place, 4);
	} else {
		return false;
	}
	return true;
}

/* In: at, the place of the summary among the nodes. Return: whether it is what its block makes it */
static bool is_true_summary(const struct jffs2 *fs, size_t at)
{
	const struct jffs2_node *node = &fs->nodes[at];
	uint64_t room = node->length - JFFS2_SUMMARY - MARKER, block = node->at / fs->block_size;
	ASSAY_AUTO_BUFFER struct assay_buffer wanted = { 0 };
	struct assay_span sum = assay_span_sub(fs->image, node->at + JFFS2_SUMMARY, room);
	uint64_t number = 0;
	size_t first = at;

	while (first > 0 && fs->nodes[first - 1].at / fs->block_size == block)
		first--;
	for (size_t i = first; i < at; i++)
		number += summarise(fs, &fs->nodes[i], &wanted);
	return jffs2_load(fs, node->at + 12, 4) == number && wanted.len <= sum.len &&
	       (wanted.len == 0 || memcmp(sum.ptr, wanted.ptr, wanted.len) == 0) &&
	       (assay_span_is_fill(assay_span_sub(sum, wanted.len, sum.len), 0xff) ||
	        assay_span_is_fill(assay_span_sub(sum, wanted.len, sum.len), 0));
}

/* The size of cleanmarkers, and bytes of padding: nothing is decided by them. */
static bool is_plain(const struct jffs2 *fs, const struct jffs2_node *node)
{
	uint64_t marker = jffs2_load(fs, node->at + 16, 4);

	return (marker == 0 || marker == fs->nodes[0].length) &&
	       jffs2_load(fs, node->at + 20, 4) == 0;
}

static void add_summary(struct jffs2 *fs, struct jffs2_node *node, bool is_true)
{
	bool plain = is_true && is_plain(fs, node);

	node->used = true;
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY,
	                             plain ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED, "summary",
	                             node->at, node->length);
}

/*
 * In larger blocks the end of a summary leads to another place. Linux takes for a summary what has the
 * checksum of its header, whatever magic and type stand there (jffs2_sum_scan_sumnode).
 */
static bool leads_elsewhere(const struct jffs2 *fs, uint64_t end, uint64_t size,
                            const struct jffs2_node *summary)
{
	uint64_t offset = jffs2_load(fs, end - MARKER, 4), at = end - size + offset;
	uint8_t header[8];

	if (offset > size - MARKER - JFFS2_HEADER || at == summary->at)
		return false;
	assay_store(header, 2, fs->big_endian, JFFS2_MAGIC);
	assay_store(header + 2, 2, fs->big_endian, JFFS2_TYPE_SUMMARY);
	memcpy(header + 4, fs->image.ptr + at + 4, 4);
	return jffs2_load(fs, at + 8, 4) == jffs2_crc(assay_span_of(header, sizeof(header)));
}

/* What Linux takes for the end of a summary must be one: a file could hold something like it. */
static int check_marker(const struct jffs2 *fs, uint64_t end, const struct jffs2_node *last,
                        struct assay_error *err)
{
	if (jffs2_load(fs, end - 4, 4) != MARKER_MAGIC)
		return 0;
	if (last == NULL || last->type != JFFS2_TYPE_SUMMARY || end_of(last) != end)
		return assay_fail_at(err, ASSAY_E_FORMAT, end - MARKER,
		                     "the end of a summary that no node has");
	for (uint64_t size = fs->block_size * 2; size <= BLOCK_MAX && end % size == 0; size *= 2)
		if (leads_elsewhere(fs, end, size, last))
			return assay_fail_at(err, ASSAY_E_FORMAT, end - MARKER,
			                     "the end of a summary that leads to another one");
	return 0;
}

static int check_markers(const struct jffs2 *fs, struct assay_error *err)
{
	size_t next = 0;

	for (uint64_t end = fs->block_size; end <= fs->image.len; end += fs->block_size) {
		while (next < fs->count && fs->nodes[next].at < end)
			next++;
		if (check_marker(fs, end, next > 0 ? &fs->nodes[next - 1] : NULL, err) < 0)
			return -1;
	}
	return 0;
}

int jffs2_read_blocks(struct jffs2 *fs, struct assay_error *err)
{
	if (find_size(fs, err) < 0 || check_markers(fs, err) < 0)
		return -1;
	for (size_t i = 0; i < fs->count; i++) {
		struct jffs2_node *node = &fs->nodes[i];
		bool is_true;

		if (node->type != JFFS2_TYPE_SUMMARY)
			continue;
		is_true = !node->false_check && is_true_summary(fs, i);
		if (!is_true)
			assay_contents_false(fs->out, ASSAY_NO_ENTRY, "summary", node->at,
			                     node->length);
		add_summary(fs, node, is_true);
	}
	return 0;
}
