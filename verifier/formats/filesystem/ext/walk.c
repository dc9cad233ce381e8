/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the root, level by level: one entry for each name, in the order of names. */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/quote.h"
#include "formats/filesystem/ext/inode.h"

#define PATH_LIMIT 4096 /* bytes; PATH_MAX of Linux */

/* A directory whose names are to be read. */
struct folder {
	uint32_t inode, parent;
};

struct walk {
	struct ext *fs;
	struct folder *queue; /* owned */
	size_t count, cap;
};

/* Source: ext4.h, EXT4_FT_*. */
static const struct {
	unsigned mode;
	uint8_t code;
	enum assay_entry_type type;
} types[] = {
	{ S_IFREG, 1, ASSAY_ENTRY_FILE },      { S_IFDIR, 2, ASSAY_ENTRY_DIRECTORY },
	{ S_IFCHR, 3, ASSAY_ENTRY_CHARACTER }, { S_IFBLK, 4, ASSAY_ENTRY_BLOCK },
	{ S_IFIFO, 5, ASSAY_ENTRY_FIFO },      { S_IFSOCK, 6, ASSAY_ENTRY_SOCKET },
	{ S_IFLNK, 7, ASSAY_ENTRY_SYMLINK },
};

static int find_type(const struct ext *fs, const struct ext_inode *inode, uint8_t code,
                     enum assay_entry_type *out, struct assay_error *err)
{
	bool told = (fs->incompat & EXT_INCOMPAT_FILETYPE) != 0;

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(types); i++) {
		if (types[i].mode != (inode->mode & S_IFMT))
			continue;
		*out = types[i].type;
		if (code == (told ? types[i].code : 0))
			return 0;
	}
	return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 " is of another type",
	                  inode->number);
}

static void enqueue(struct walk *walk, uint32_t inode, uint32_t parent)
{
	assay_grow(&walk->queue, &walk->cap, walk->count, sizeof(*walk->queue));
	walk->queue[walk->count++] = (struct folder){ inode, parent };
	walk->fs->directories[inode] = 1;
}

static int fill_entry(struct ext *fs, struct ext_inode *inode, struct assay_error *err)
{
	unsigned type = inode->mode & S_IFMT;
	ASSAY_AUTO_EXT_MAP struct ext_map map = { 0 };

	inode->entry = fs->out->entry_count - 1;
	fs->entries[inode->number] = inode->entry;
	ext_inode_parts(fs, inode);
	if (ext_inode_describe(fs, inode, err) < 0)
		return -1;
	if (type == S_IFREG)
		return ext_add_content(fs, inode, err);
	if (type == S_IFLNK)
		return ext_add_target(fs, inode, err);
	/* Those of a directory are looked for with its names. */
	return type == S_IFDIR ? 0 : ext_map_read(fs, inode, &map, err);
}

static int add_entry(struct walk *walk, uint32_t number, uint8_t code, uint32_t parent,
                     const char *path, struct assay_error *err)
{
	struct ext *fs = walk->fs;
	struct ext_inode inode;
	enum assay_entry_type type = ASSAY_ENTRY_OTHER;
	bool again;

	if (ext_inode_open(fs, number, &inode, err) < 0 ||
	    find_type(fs, &inode, code, &type, err) < 0)
		return -1;
	again = fs->names[number]++ > 0;
	if (again && type == ASSAY_ENTRY_DIRECTORY)
		return assay_fail(err, ASSAY_E_FORMAT, "a directory with two names");
	if (number != EXT_ROOT && number < fs->first_inode)
		return assay_fail(err, ASSAY_E_FORMAT, "a reserved inode with a name");
	if (assay_contents_entry(fs->out, fs->budget, again ? ASSAY_ENTRY_LINK : type, err) < 0 ||
	    assay_contents_text(fs->out, &assay_contents_newest(fs->out)->name,
	                        assay_span_of_str(path), err) < 0)
		return -1;
	if (again)
		return assay_contents_text(
			fs->out, &assay_contents_newest(fs->out)->link,
			assay_span_of_str(fs->out->entries[fs->entries[number]].name), err);
	if (fill_entry(fs, &inode, err) < 0)
		return -1;
	if (type == ASSAY_ENTRY_DIRECTORY)
		enqueue(walk, number, parent);
	return 0;
}

static int add_names(struct walk *walk, const struct folder *folder, const struct ext_names *names,
                     struct assay_error *err)
{
	struct ext *fs = walk->fs;
	bool root = folder->inode == EXT_ROOT;

	for (size_t i = 0; i < names->count; i++) {
		const struct ext_name *name = &names->list[i];
		const char *above = fs->out->entries[fs->entries[folder->inode]].name;
		ASSAY_AUTO_FREE char *path =
			assay_asprintf("%s%s%.*s", root ? "" : above, root ? "" : "/",
		                       (int)name->name.len, (const char *)name->name.ptr);

		if (strlen(path) > PATH_LIMIT)
			return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes",
			                  PATH_LIMIT);
		if (add_entry(walk, name->inode, name->type, folder->inode, path, err) < 0)
			return -1;
	}
	return 0;
}

/* A directory has a link for its name, one for itself and one for each below; or 1, when these
 * are not counted (dir_nlink). */
static void check_links(struct ext *fs, const struct ext_inode *inode, size_t before)
{
	uint32_t below = 0;

	for (size_t i = before; i < fs->out->entry_count; i++)
		below += fs->out->entries[i].type == ASSAY_ENTRY_DIRECTORY;
	if (inode->links != below + 2 && inode->links != 1)
		assay_contents_false(fs->out, fs->entries[inode->number], "number of links",
		                     inode->at + 26, 2);
}

static int read_folder(struct walk *walk, const struct folder *folder, struct assay_error *err)
{
	struct ext *fs = walk->fs;
	struct ext_names names = { 0 };
	struct ext_inode inode;
	size_t before = fs->out->entry_count;
	int result = ext_inode_open(fs, folder->inode, &inode, err);

	inode.entry = fs->entries[folder->inode];
	/* Once more, for what of its content is in the inode; its attributes are there already. */
	if (result == 0)
		result = ext_find_inlined(fs, &inode, err);
	if (result == 0)
		result = ext_read_names(fs, &inode, folder->parent, &names, err);
	if (result == 0)
		result = add_names(walk, folder, &names, err);
	free(names.list);
	if (result == 0)
		check_links(fs, &inode, before);
	return result;
}

static int walk_all(struct walk *walk, struct assay_error *err)
{
	struct ext *fs = walk->fs;
	uint8_t code = (fs->incompat & EXT_INCOMPAT_FILETYPE) != 0 ? 2 : 0;

	if (add_entry(walk, EXT_ROOT, code, EXT_ROOT, ".", err) < 0)
		return -1;
	if (walk->count == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "no root directory");
	for (size_t i = 0; i < walk->count; i++) {
		const struct folder folder = walk->queue[i];

		if (read_folder(walk, &folder, err) < 0) {
			ASSAY_AUTO_FREE char *shown =
				assay_quoted(fs->out->entries[fs->entries[folder.inode]].name);

			return assay_fail_in(err, "%s", shown);
		}
	}
	return 0;
}

int ext_walk(struct ext *fs, struct assay_error *err)
{
	struct walk walk = { .fs = fs };
	int result = walk_all(&walk, err);

	free(walk.queue);
	return result;
}

void ext_check_links(struct ext *fs)
{
	struct ext_inode inode;
	struct assay_error ignored = ASSAY_ERROR_INIT;

	for (uint32_t i = 1; i <= fs->inodes; i++)
		if (fs->names[i] > 0 && !fs->directories[i] &&
		    ext_inode_open(fs, i, &inode, &ignored) == 0 && inode.links != fs->names[i])
			assay_contents_false(fs->out, fs->entries[i], "number of links",
			                     inode.at + 26, 2);
}
