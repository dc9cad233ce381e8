/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "formats/filesystem/jffs2/inode.h"
#include "formats/readers.h"

static bool probe(struct assay_span span)
{
	struct jffs2 fs = { 0 };

	return jffs2_is_node(&fs, span);
}

static int read_all(struct jffs2 *fs, struct assay_error *err)
{
	if (!jffs2_is_node(fs, fs->out->span))
		return assay_fail(err, ASSAY_E_FORMAT, "no node");
	if (jffs2_scan(fs, err) < 0 || jffs2_read_blocks(fs, err) < 0 || jffs2_sort(fs, err) < 0)
		return -1;
	return jffs2_walk(fs, err);
}

/* Nodes that say nothing, and those that the tree does not need. */
static void add_others(struct jffs2 *fs)
{
	for (size_t i = 0; i < fs->count; i++) {
		const struct jffs2_node *node = &fs->nodes[i];
		bool header =
			node->type == JFFS2_TYPE_CLEANMARKER || node->type == JFFS2_TYPE_PADDING;

		/* What is behind the header is fill, or must be equal. */
		if (header)
			(void)assay_contents_part_at(
				fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA,
				node->type == JFFS2_TYPE_PADDING ? "padding" : "cleanmarker",
				node->at, JFFS2_HEADER);
		else if (!node->used)
			(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
			                             "node that nothing needs", node->at,
			                             node->length);
	}
}

static void fini(struct jffs2 *fs)
{
	free(fs->nodes);
	free(fs->inode_nodes);
	free(fs->dirents);
	free(fs->xattrs);
	free(fs->xrefs);
	free(fs->inodes);
}

static int read_jffs2(struct assay_budget *budget, struct assay_contents *out,
                      struct assay_error *err)
{
	struct jffs2 fs = { .out = out, .budget = budget };
	int result = read_all(&fs, err);

	if (result == 0) {
		add_others(&fs);
		assay_contents_gaps(out, "bytes of no node");
	}
	fini(&fs);
	return result;
}

/* --- checksums --- */

static void fix_node(const struct jffs2 *fs, const struct jffs2_node *node, uint8_t *image)
{
	uint8_t *bytes = image + node->at;
	bool dirent = node->type == JFFS2_TYPE_DIRENT;

	if (node->type == JFFS2_TYPE_INODE)
		assay_store(
			bytes + 60, 4, fs->big_endian,
			jffs2_crc(assay_span_of(bytes + JFFS2_INODE, node->length - JFFS2_INODE)));
	if (node->type == JFFS2_TYPE_INODE || dirent)
		assay_store(bytes + (dirent ? 32 : 64), 4, fs->big_endian,
		            jffs2_crc(assay_span_of(bytes, dirent ? 32 : 60)));
}

/* Nodes of one inode that say what the latest says, in what was delivered. */
static void fix_times(const struct jffs2 *fs, const struct jffs2_inode *inode, uint8_t *image)
{
	const struct jffs2_node *latest = jffs2_latest(fs, inode);

	for (size_t i = 0; i + 1 < inode->count; i++) {
		const struct jffs2_node *node = fs->inode_nodes[inode->first + i];

		if (node->used && jffs2_agrees(fs, node, latest))
			memcpy(image + node->at + 32, image + latest->at + 32, 12);
	}
}

static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	ASSAY_AUTO_CONTENTS struct assay_contents scratch = {
		.reader = contents->reader,
		.span = contents->span,
	};
	struct assay_budget budget = assay_budget_for(NULL, contents->span.len);
	struct jffs2 fs = { .out = &scratch, .budget = &budget };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	/* It was read before. */
	if (read_all(&fs, &ignored) == 0) {
		for (size_t i = 0; i < fs.inode_count; i++)
			fix_times(&fs, &fs.inodes[i], image);
		for (size_t i = 0; i < fs.count; i++)
			if (fs.nodes[i].used)
				fix_node(&fs, &fs.nodes[i], image);
	}
	fini(&fs);
}

const struct assay_reader assay_reader_jffs2 = {
	.name = "jffs2",
	.repack_rule = "jffs2/repacked@1",
	.probe = probe,
	.read = read_jffs2,
	.unpack = jffs2_unpack,
	.recompute = recompute,
};
