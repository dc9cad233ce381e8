/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the root, level by level: one entry for each name, in the order of names. */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/filesystem/jffs2/inode.h"

#define PATH_LIMIT 4096 /* bytes; PATH_MAX of Linux */
#define NAME_LIMIT 254  /* JFFS2_MAX_NAME_LEN */

/* A directory whose names are to be read. */
struct folder {
	uint32_t inode;
	size_t entry;
};

struct walk {
	struct jffs2 *fs;
	struct folder *queue; /* owned */
	size_t count, cap;
};

/* NULL: there is no node of it. */
static struct jffs2_inode *find_inode(const struct jffs2 *fs, uint32_t number)
{
	size_t low = 0, high = fs->inode_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fs->inodes[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fs->inode_count && fs->inodes[low].number == number ? &fs->inodes[low] : NULL;
}

/* The first name of a directory. */
static size_t first_name(const struct jffs2 *fs, uint32_t directory)
{
	size_t low = 0, high = fs->dirent_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fs->dirents[middle]->owner < directory)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void enqueue(struct walk *walk, uint32_t inode)
{
	assay_grow(&walk->queue, &walk->cap, walk->count, sizeof(*walk->queue));
	walk->queue[walk->count++] = (struct folder){ inode, walk->fs->out->entry_count - 1 };
}

/* The bytes of a name, of the entry that has it: with the time that a directory gets by it. */
static void add_name_parts(struct jffs2 *fs, struct jffs2_node *node)
{
	size_t entry = fs->out->entry_count - 1;

	node->used = true;
	(void)assay_contents_part_at(fs->out, entry, ASSAY_ROLE_METADATA, "name", node->at, 24);
	assay_contents_part_at(fs->out, entry, ASSAY_ROLE_OPAQUE, "time", node->at + 24, 4)->rule =
		JFFS2_TIMES;
	(void)assay_contents_part_at(fs->out, entry, ASSAY_ROLE_METADATA, "name", node->at + 28, 4);
	jffs2_add_check(fs, node->at + 32, 4);
	(void)assay_contents_part_at(fs->out, entry, ASSAY_ROLE_METADATA, "name", node->at + 36,
	                             node->length - 36);
	jffs2_add_padding(fs, entry, node);
}

/* Another name of an inode, or the first. */
static int add_entry(struct walk *walk, struct jffs2_node *name, struct jffs2_inode *inode,
                     const char *path, struct assay_error *err)
{
	struct jffs2 *fs = walk->fs;
	uint32_t mode = (uint32_t)jffs2_load(fs, jffs2_latest(fs, inode)->at + 20, 4);
	bool again = inode->entry != ASSAY_NO_ENTRY;
	enum assay_entry_type type;
	struct assay_entry *entry;

	/* The type beside a name is that of its mode: DT_REG and so on. */
	if (!assay_entry_type_of(mode, &type) || mode > UINT16_MAX ||
	    jffs2_load(fs, name->at + 29, 1) != (mode & S_IFMT) >> 12)
		return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 " is of another type",
		                  inode->number);
	if (again && type == ASSAY_ENTRY_DIRECTORY)
		return assay_fail(err, ASSAY_E_FORMAT, "a directory with two names");
	if (assay_contents_entry(fs->out, fs->budget, again ? ASSAY_ENTRY_LINK : type, err) < 0)
		return -1;
	entry = assay_contents_newest(fs->out);
	if (assay_contents_text(fs->out, &entry->name, assay_span_of_str(path), err) < 0)
		return -1;
	add_name_parts(fs, name);
	if (again)
		return assay_contents_text(fs->out, &entry->link,
		                           assay_span_of_str(fs->out->entries[inode->entry].name),
		                           err);
	if (type == ASSAY_ENTRY_DIRECTORY)
		enqueue(walk, inode->number);
	return jffs2_add_inode(fs, inode, err);
}

static int check_name(const struct jffs2 *fs, const struct jffs2_node *node,
                      struct assay_error *err)
{
	struct assay_span name = jffs2_name(fs, node);

	if (name.len == 0 || name.len > NAME_LIMIT || memchr(name.ptr, '/', name.len) != NULL ||
	    memchr(name.ptr, '\0', name.len) != NULL || assay_span_is(name, ".") ||
	    assay_span_is(name, ".."))
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at, "not a file name");
	return 0;
}

/*
 * A name without an inode was deleted: its node is one that nobody needs. Linux cuts names off at a zero, and
 * would delete another one.
 */
static int read_name(struct walk *walk, const struct folder *folder, struct jffs2_node *node,
                     struct assay_error *err)
{
	struct jffs2 *fs = walk->fs;
	const char *above = fs->out->entries[folder->entry].name;
	uint32_t number = (uint32_t)jffs2_load(fs, node->at + 20, 4);
	struct assay_span name = jffs2_name(fs, node);
	bool root = folder->inode == JFFS2_ROOT;
	ASSAY_AUTO_FREE char *path = NULL;
	struct jffs2_inode *inode;

	if (check_name(fs, node, err) < 0)
		return -1;
	if (number == 0)
		return 0;
	if (jffs2_load(fs, node->at + 30, 2) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at, "unused bytes that are in use");
	inode = find_inode(fs, number);
	if (inode == NULL || number == JFFS2_ROOT)
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
		                     "a name that leads to no inode, or to the root");
	path = assay_asprintf("%s%s%.*s", root ? "" : above, root ? "" : "/", (int)name.len,
	                      (const char *)name.ptr);
	if (strlen(path) > PATH_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes", PATH_LIMIT);
	return add_entry(walk, node, inode, path, err);
}

static int read_folder(struct walk *walk, const struct folder *folder, struct assay_error *err)
{
	struct jffs2 *fs = walk->fs;

	for (size_t i = first_name(fs, folder->inode);
	     i < fs->dirent_count && fs->dirents[i]->owner == folder->inode; i++)
		if (read_name(walk, folder, fs->dirents[i], err) < 0)
			return -1;
	return 0;
}

/* Without a node Linux makes up a root (jffs2_do_read_inode_internal). */
static void make_up_root(struct jffs2 *fs)
{
	size_t entry = fs->out->entry_count - 1;

	assay_contents_number(fs->out, entry, "mode", ASSAY_FORM_OCTAL, S_IFDIR | 0755);
	assay_contents_number(fs->out, entry, "uid", ASSAY_FORM_NUMBER, 0);
	assay_contents_number(fs->out, entry, "gid", ASSAY_FORM_NUMBER, 0);
}

static int add_root(struct walk *walk, struct assay_error *err)
{
	struct jffs2 *fs = walk->fs;
	struct jffs2_inode *root = find_inode(fs, JFFS2_ROOT);

	if (assay_contents_entry(fs->out, fs->budget, ASSAY_ENTRY_DIRECTORY, err) < 0 ||
	    assay_contents_text(fs->out, &assay_contents_newest(fs->out)->name,
	                        assay_span_of_str("."), err) < 0)
		return -1;
	enqueue(walk, JFFS2_ROOT);
	if (root != NULL &&
	    (jffs2_load(fs, jffs2_latest(fs, root)->at + 20, 4) & ~07777u) != S_IFDIR)
		return assay_fail(err, ASSAY_E_FORMAT, "no root directory");
	if (root != NULL)
		return jffs2_add_inode(fs, root, err);
	make_up_root(fs);
	return 0;
}

static int walk_all(struct walk *walk, struct assay_error *err)
{
	if (add_root(walk, err) < 0)
		return -1;
	for (size_t i = 0; i < walk->count; i++) {
		const struct folder folder = walk->queue[i];

		if (read_folder(walk, &folder, err) < 0)
			return assay_fail_in(err, "names of inode %" PRIu32, folder.inode);
	}
	return 0;
}

int jffs2_walk(struct jffs2 *fs, struct assay_error *err)
{
	struct walk walk = { .fs = fs };
	int result = walk_all(&walk, err);

	free(walk.queue);
	return result;
}
