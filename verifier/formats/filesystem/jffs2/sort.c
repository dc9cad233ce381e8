/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nodes by what they are about. Those with a false checksum are about nothing. */
#include "base/memory.h"
#include "formats/filesystem/jffs2/jffs2.h"

static int order_of(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_version(const struct jffs2_node *x, const struct jffs2_node *y)
{
	int order = order_of(x->owner, y->owner);

	order = order != 0 ? order : order_of(x->version, y->version);
	return order != 0 ? order : order_of(x->at, y->at);
}

static int compare_nodes(const void *a, const void *b)
{
	return by_version(*(struct jffs2_node *const *)a, *(struct jffs2_node *const *)b);
}

static int compare_names(struct assay_span a, struct assay_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;

	return order != 0 ? order : order_of(a.len, b.len);
}

static int compare_dirents(const void *a, const void *b, void *fs)
{
	const struct jffs2_node *x = *(struct jffs2_node *const *)a;
	const struct jffs2_node *y = *(struct jffs2_node *const *)b;
	int order = order_of(x->owner, y->owner);

	order = order != 0 ? order : compare_names(jffs2_name(fs, x), jffs2_name(fs, y));
	return order != 0 ? order : by_version(x, y);
}

/* Owner: caller frees. */
static struct jffs2_node **collect(const struct jffs2 *fs, enum jffs2_type type, size_t *count)
{
	struct jffs2_node **list = assay_calloc(fs->count, sizeof(struct jffs2_node *));

	*count = 0;
	for (size_t i = 0; i < fs->count; i++)
		if (fs->nodes[i].type == type && !fs->nodes[i].false_check)
			list[(*count)++] = &fs->nodes[i];
	if (type == JFFS2_TYPE_DIRENT && *count > 0)
		qsort_r(list, *count, sizeof(struct jffs2_node *), compare_dirents,
		        (void *)(uintptr_t)fs);
	else if (*count > 0)
		qsort(list, *count, sizeof(struct jffs2_node *), compare_nodes);
	return list;
}

/*
 * Linux copies a node as it is when it cleans up, so that there can be two for a while. Which of two that
 * differ it takes depends on where they are.
 */
static bool is_copy(const struct jffs2 *fs, const struct jffs2_node *a, const struct jffs2_node *b)
{
	return assay_span_equal(assay_span_sub(fs->image, a->at, a->length),
	                        assay_span_sub(fs->image, b->at, b->length));
}

/* Of nodes of one version one is enough. */
static int drop_copies(struct jffs2 *fs, struct assay_error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < fs->inode_node_count; i++) {
		struct jffs2_node *node = fs->inode_nodes[i];
		const struct jffs2_node *last = kept > 0 ? fs->inode_nodes[kept - 1] : NULL;

		if (last == NULL || last->owner != node->owner || last->version != node->version)
			fs->inode_nodes[kept++] = node;
		else if (!is_copy(fs, last, node))
			return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
			                     "two nodes of one version that differ");
	}
	fs->inode_node_count = kept;
	return 0;
}

/* The last of each name. */
static int drop_older_names(struct jffs2 *fs, struct assay_error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < fs->dirent_count; i++) {
		struct jffs2_node *node = fs->dirents[i];
		struct jffs2_node *last = kept > 0 ? fs->dirents[kept - 1] : NULL;

		if (last == NULL || last->owner != node->owner ||
		    !assay_span_equal(jffs2_name(fs, last), jffs2_name(fs, node)))
			fs->dirents[kept++] = node;
		else if (last->version < node->version)
			fs->dirents[kept - 1] = node;
		else if (!is_copy(fs, last, node))
			return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
			                     "two names of one version that differ");
	}
	fs->dirent_count = kept;
	return 0;
}

/* Of two with one number or for one inode the newer one counts: those are not read. */
static int check_attributes(const struct jffs2 *fs, struct assay_error *err)
{
	for (size_t i = 1; i < fs->xattr_count; i++)
		if (fs->xattrs[i - 1]->owner == fs->xattrs[i]->owner)
			return assay_fail_at(err, ASSAY_E_FORMAT, fs->xattrs[i]->at,
			                     "an attribute that was changed");
	for (size_t i = 1; i < fs->xref_count; i++)
		if (fs->xrefs[i - 1]->owner == fs->xrefs[i]->owner &&
		    fs->xrefs[i - 1]->version == fs->xrefs[i]->version)
			return assay_fail_at(err, ASSAY_E_FORMAT, fs->xrefs[i]->at,
			                     "an attribute that a file has twice");
	return 0;
}

static void find_inodes(struct jffs2 *fs)
{
	fs->inodes = assay_calloc(fs->inode_node_count, sizeof(*fs->inodes));
	for (size_t i = 0; i < fs->inode_node_count; i++) {
		uint32_t number = fs->inode_nodes[i]->owner;

		if (fs->inode_count == 0 || fs->inodes[fs->inode_count - 1].number != number)
			fs->inodes[fs->inode_count++] =
				(struct jffs2_inode){ number, i, 0, ASSAY_NO_ENTRY };
		fs->inodes[fs->inode_count - 1].count++;
	}
}

int jffs2_sort(struct jffs2 *fs, struct assay_error *err)
{
	fs->inode_nodes = collect(fs, JFFS2_TYPE_INODE, &fs->inode_node_count);
	fs->dirents = collect(fs, JFFS2_TYPE_DIRENT, &fs->dirent_count);
	fs->xattrs = collect(fs, JFFS2_TYPE_XATTR, &fs->xattr_count);
	fs->xrefs = collect(fs, JFFS2_TYPE_XREF, &fs->xref_count);
	if (drop_copies(fs, err) < 0 || drop_older_names(fs, err) < 0 ||
	    check_attributes(fs, err) < 0)
		return -1;
	find_inodes(fs);
	return 0;
}
