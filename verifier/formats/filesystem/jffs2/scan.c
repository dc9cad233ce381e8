/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One node behind the other, as jffs2_scan_eraseblock() of Linux finds them. */
#include <inttypes.h>
#include <zlib.h>

#include "base/memory.h"
#include "formats/filesystem/jffs2/jffs2.h"

#define ACCURATE 0x2000u /* JFFS2_NODE_ACCURATE */
#define ERASED 0xffffffffu

/* Sizes, and which bytes checksums are of. */
static const struct kind {
	enum jffs2_type type;
	uint32_t least;    /* bytes */
	uint32_t check_at; /* checksum of the bytes in front of sum_to; 0: none */
	uint32_t sum_to;
	uint32_t data_check_at; /* checksum of all bytes behind least; 0: none */
} kinds[] = {
	{ JFFS2_TYPE_DIRENT, JFFS2_DIRENT, 32, 32, 36 },
	{ JFFS2_TYPE_INODE, JFFS2_INODE, 64, 60, 60 },
	{ JFFS2_TYPE_CLEANMARKER, JFFS2_HEADER, 0, 0, 0 },
	{ JFFS2_TYPE_PADDING, JFFS2_HEADER, 0, 0, 0 },
	{ JFFS2_TYPE_SUMMARY, JFFS2_SUMMARY, 28, 24, 24 },
	{ JFFS2_TYPE_XATTR, JFFS2_XATTR, 28, 28, 24 },
	{ JFFS2_TYPE_XREF, JFFS2_XREF, 24, 24, 0 },
};

uint32_t jffs2_crc(struct assay_span bytes)
{
	return ~(uint32_t)crc32_z(ERASED, bytes.ptr, bytes.len);
}

/* A header with a true checksum; the bit that a node loses when it gets obsolete counts as set. */
static bool is_header(const struct jffs2 *fs, uint64_t at)
{
	uint8_t header[8];

	if (!assay_span_holds(fs->image, at, JFFS2_HEADER) || jffs2_load(fs, at, 2) != JFFS2_MAGIC)
		return false;
	memcpy(header, fs->image.ptr + at, sizeof(header));
	assay_store(header + 2, 2, fs->big_endian, jffs2_load(fs, at + 2, 2) | ACCURATE);
	return jffs2_load(fs, at + 8, 4) == jffs2_crc(assay_span_of(header, sizeof(header)));
}

bool jffs2_is_node(struct jffs2 *fs, struct assay_span span)
{
	fs->image = span;
	fs->big_endian = assay_span_starts(span, "\x19\x85", 2);
	return is_header(fs, 0);
}

static const struct kind *find_kind(uint64_t type)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(kinds); i++)
		if (kinds[i].type == (enum jffs2_type)type)
			return &kinds[i];
	return NULL;
}

/* Bytes that the fields of a node say it has; 0: as many as it has. */
static uint64_t told_length(const struct jffs2 *fs, const struct jffs2_node *node)
{
	if (node->type == JFFS2_TYPE_DIRENT)
		return JFFS2_DIRENT + jffs2_load(fs, node->at + 28, 1);
	if (node->type == JFFS2_TYPE_INODE)
		return JFFS2_INODE + jffs2_load(fs, node->at + 48, 4);
	if (node->type == JFFS2_TYPE_XATTR)
		return (JFFS2_XATTR + jffs2_xattr_data(fs, node) + 3) / 4 * 4;
	return node->type == JFFS2_TYPE_XREF ? JFFS2_XREF : 0;
}

static void check_sum(struct jffs2 *fs, struct jffs2_node *node, const char *what, uint64_t at,
                      struct assay_span bytes)
{
	if (jffs2_load(fs, at, 4) == jffs2_crc(bytes))
		return;
	node->false_check = true;
	assay_contents_false(fs->out, ASSAY_NO_ENTRY, what, at, 4);
}

/* Linux looks for nodes behind the first 12 bytes of a cleanmarker that is longer than it thinks. */
static bool is_blank(const struct jffs2 *fs, const struct jffs2_node *node)
{
	struct assay_span rest =
		assay_span_sub(fs->image, node->at + JFFS2_HEADER, node->length - JFFS2_HEADER);

	return assay_span_is_fill(rest, 0) || assay_span_is_fill(rest, 0xff);
}

static int check_node(struct jffs2 *fs, struct jffs2_node *node, const struct kind *kind,
                      struct assay_error *err)
{
	uint64_t told;

	if (node->length < kind->least)
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at, "a node that is too short");
	told = told_length(fs, node);
	if (told != 0 && told != node->length)
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
		                     "a node with two sizes that contradict each other");
	if (node->type == JFFS2_TYPE_CLEANMARKER && !is_blank(fs, node))
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
		                     "a cleanmarker that holds something");
	if (kind->check_at != 0)
		check_sum(fs, node, "checksum of a node", node->at + kind->check_at,
		          assay_span_sub(fs->image, node->at, kind->sum_to));
	if (kind->data_check_at != 0)
		check_sum(fs, node, "checksum of data", node->at + kind->data_check_at,
		          assay_span_sub(fs->image, node->at + kind->least,
		                         node->type == JFFS2_TYPE_XATTR
		                                 ? jffs2_xattr_data(fs, node)
		                                 : node->length - kind->least));
	if (told != 0) {
		node->owner = (uint32_t)jffs2_load(fs, node->at + 12, 4);
		node->version = (uint32_t)jffs2_load(fs, node->at + 16, 4);
	}
	return 0;
}

static int read_node(struct jffs2 *fs, uint64_t at, struct assay_error *err)
{
	struct jffs2_node node = { .at = at, .type = JFFS2_TYPE_OBSOLETE };
	uint64_t type = jffs2_load(fs, at + 2, 2), length = jffs2_load(fs, at + 4, 4);
	const struct kind *kind = find_kind(type);

	if (length < JFFS2_HEADER || !assay_span_holds(fs->image, at, length))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a node past the end");
	node.length = (uint32_t)length;
	if ((type & ACCURATE) != 0) {
		if (kind == NULL)
			return assay_fail_at(err, ASSAY_E_FORMAT, at,
			                     "a node of the unknown type 0x%" PRIx64, type);
		node.type = kind->type;
		if (check_node(fs, &node, kind, err) < 0)
			return -1;
	}
	assay_grow(&fs->nodes, &fs->cap, fs->count, sizeof(*fs->nodes));
	fs->nodes[fs->count++] = node;
	return 0;
}

int jffs2_scan(struct jffs2 *fs, struct assay_error *err)
{
	uint64_t at = 0;

	while (at < fs->image.len) {
		struct assay_span word = assay_span_sub(fs->image, at, 4);

		if (assay_span_is_fill(word, 0xff) || assay_span_is_fill(word, 0)) {
			at += 4;
			continue;
		}
		if (!is_header(fs, at))
			return assay_fail_at(err, ASSAY_E_FORMAT, at,
			                     "bytes that are no node, nor erased");
		if (read_node(fs, at, err) < 0)
			return -1;
		at += jffs2_padded(&fs->nodes[fs->count - 1]);
	}
	return 0;
}
