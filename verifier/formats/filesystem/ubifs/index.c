/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index: a tree of branches, each of which has a key and says where a node is. */
#include "base/memory.h"
#include "formats/filesystem/ubifs/ubifs.h"

#define BRANCH 20       /* struct ubifs_branch with a key of the simple format */
#define LEVELS_MAX 512  /* UBIFS_MAX_LEVELS */
#define FANOUT_MAX 4096 /* ours; mkfs.ubifs makes 8 */

struct branch {
	uint64_t at;
	uint32_t length, inode, rest; /* as in struct ubifs_leaf */
};

/* An index node at work. */
struct level {
	uint64_t at;
	uint32_t next, count;
};

struct walk {
	struct ubifs *fs;
	struct level levels[LEVELS_MAX];
	uint64_t
		seen; /* bytes of all nodes so far: more than there are, and some were seen twice */
};

static int find_branch(const struct ubifs *fs, uint64_t at, struct branch *out,
                       struct assay_error *err)
{
	uint64_t block = ubifs_load(fs, at, 4), offset = ubifs_load(fs, at + 4, 4);

	if (block < fs->main_block || block >= fs->blocks || offset >= fs->block_size)
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a branch that leads to nothing");
	out->at = block * fs->block_size + offset;
	out->length = (uint32_t)ubifs_load(fs, at + 8, 4);
	out->inode = (uint32_t)ubifs_load(fs, at + 12, 4);
	out->rest = (uint32_t)ubifs_load(fs, at + 16, 4);
	return 0;
}

static int check_length(struct walk *walk, const struct branch *branch, enum ubifs_type type,
                        struct assay_error *err)
{
	uint32_t length;

	if (ubifs_check_node(walk->fs, branch->at, type, &length, err) < 0)
		return -1;
	walk->seen += length;
	if (length != branch->length)
		return assay_fail_at(err, ASSAY_E_FORMAT, branch->at,
		                     "a node of another length than the index has");
	if (walk->seen > walk->fs->image.len)
		return assay_fail_at(err, ASSAY_E_FORMAT, branch->at, "a node of two branches");
	return 0;
}

/*
 * Linux looks keys up by those of branches: a node whose first key is not that of the branch to it would
 * hide what is below.
 */
static int open_level(struct walk *walk, const struct branch *branch, bool root, uint64_t level,
                      struct assay_error *err)
{
	struct ubifs *fs = walk->fs;
	struct level *out = &walk->levels[level];
	struct branch first;

	if (check_length(walk, branch, UBIFS_TYPE_INDEX, err) < 0)
		return -1;
	*out = (struct level){ branch->at, 0, 0 };
	if (branch->length >= UBIFS_INDEX)
		out->count = (uint32_t)ubifs_load(fs, branch->at + 24, 2);
	if (out->count == 0 || out->count > FANOUT_MAX ||
	    branch->length != UBIFS_INDEX + (uint64_t)out->count * BRANCH ||
	    ubifs_load(fs, branch->at + 26, 2) != level)
		return assay_fail_at(err, ASSAY_E_FORMAT, branch->at,
		                     "an index node of another kind");
	if (find_branch(fs, branch->at + UBIFS_INDEX, &first, err) < 0)
		return -1;
	if (!root && (first.inode != branch->inode || first.rest != branch->rest))
		return assay_fail_at(err, ASSAY_E_FORMAT, branch->at,
		                     "a branch with another key than what it leads to");
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "index", branch->at,
	                             branch->length);
	return 0;
}

/* Keys go up. Only names can have one key, by their hash. */
static bool is_behind(const struct ubifs_leaf *last, const struct ubifs_leaf *leaf)
{
	if (last->inode != leaf->inode)
		return last->inode < leaf->inode;
	return last->rest < leaf->rest ||
	       (last->rest == leaf->rest && ubifs_type_of(leaf) >= UBIFS_TYPE_NAME);
}

static int add_leaf(struct walk *walk, const struct branch *branch, struct assay_error *err)
{
	static const uint32_t sizes[] = { UBIFS_INODE, UBIFS_DATA, UBIFS_NAME, UBIFS_NAME };
	struct ubifs *fs = walk->fs;
	struct ubifs_leaf leaf = { branch->at, branch->length, branch->inode, branch->rest,
		                   ASSAY_NO_ENTRY };
	enum ubifs_type type = ubifs_type_of(&leaf);

	if (type > UBIFS_TYPE_XATTR)
		return assay_fail_at(err, ASSAY_E_FORMAT, branch->at, "a key of another type");
	if (check_length(walk, branch, type, err) < 0)
		return -1;
	if (branch->length < sizes[type] || ubifs_load(fs, branch->at + 24, 4) != branch->inode ||
	    ubifs_load(fs, branch->at + 28, 4) != branch->rest ||
	    !assay_span_is_fill(assay_span_sub(fs->image, branch->at + 32, 8), 0))
		return assay_fail_at(err, ASSAY_E_FORMAT, branch->at,
		                     "a branch with another key than what it leads to");
	if (fs->count > 0 && !is_behind(&fs->leaves[fs->count - 1], &leaf))
		return assay_fail_at(err, ASSAY_E_FORMAT, branch->at, "keys in no order");
	assay_grow(&fs->leaves, &fs->cap, fs->count, sizeof(*fs->leaves));
	fs->leaves[fs->count++] = leaf;
	return 0;
}

/* From the left to the right, down to the leaves. */
static int walk_levels(struct walk *walk, uint64_t top, struct assay_error *err)
{
	uint64_t level = top;

	for (;;) {
		struct level *here = &walk->levels[level];
		struct branch branch;

		if (here->next == here->count && level == top)
			return 0;
		if (here->next == here->count) {
			level++;
			continue;
		}
		if (find_branch(walk->fs, here->at + UBIFS_INDEX + (uint64_t)here->next++ * BRANCH,
		                &branch, err) < 0)
			return -1;
		if (level == 0 ? add_leaf(walk, &branch, err) < 0
		               : open_level(walk, &branch, false, --level, err) < 0)
			return -1;
	}
}

int ubifs_read_index(struct ubifs *fs, struct assay_error *err)
{
	struct walk *walk = assay_calloc(1, sizeof(*walk));
	struct branch root = { fs->root_at, fs->root_length, 0, 0 };
	uint64_t top = LEVELS_MAX;
	int result = -1;

	walk->fs = fs;
	if (assay_span_holds(fs->image, root.at, UBIFS_INDEX))
		top = ubifs_load(fs, root.at + 26, 2);
	if (top >= LEVELS_MAX)
		(void)assay_fail_at(err, ASSAY_E_FORMAT, root.at, "an index of too many levels");
	else if (open_level(walk, &root, true, top, err) == 0)
		result = walk_levels(walk, top, err);
	free(walk);
	return result;
}
