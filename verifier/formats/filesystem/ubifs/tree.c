/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the root, level by level: one entry for each name, in the order of names. */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/filesystem/ubifs/ubifs.h"

#define PATH_LIMIT 4096   /* bytes; PATH_MAX of Linux */
#define TARGET_LIMIT 4095 /* bytes; what of a target Linux can follow */
#define HASH_MASK 0x1fffffffu

/* UBIFS_ITYPE_* */
static const uint32_t types[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK };

/* A directory whose names are to be read. */
struct folder {
	size_t leaf;
	size_t entry;
};

struct walk {
	struct ubifs *fs;
	struct folder *queue; /* owned */
	size_t count, cap;
};

/* The leaf of an inode. Return: SIZE_MAX when there is none */
static size_t find_inode(const struct ubifs *fs, uint64_t number)
{
	size_t low = 0, high = fs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fs->leaves[middle].inode < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < fs->count && fs->leaves[low].inode == number && fs->leaves[low].rest == 0
	               ? low
	               : SIZE_MAX;
}

static struct assay_span name_of(const struct ubifs *fs, const struct ubifs_leaf *leaf)
{
	return assay_span_sub(fs->image, leaf->at + UBIFS_NAME, ubifs_load(fs, leaf->at + 50, 2));
}

/* Linux finds a name by this: key_r5_hash() in fs/ubifs/key.h. Its characters have a sign. */
static uint32_t hash_of(struct assay_span name)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < name.len; i++) {
		int8_t c = (int8_t)name.ptr[i];

		hash += (uint32_t)c << 4;
		hash += (uint32_t)(c >> 4);
		hash *= 11;
	}
	hash &= HASH_MASK;
	return hash <= 2 ? hash + 3 : hash;
}

static int check_name(const struct ubifs *fs, const struct ubifs_leaf *leaf,
                      struct assay_error *err)
{
	struct assay_span name = name_of(fs, leaf);

	if (name.len == 0 || leaf->length != UBIFS_NAME + name.len + 1 ||
	    fs->image.ptr[leaf->at + UBIFS_NAME + name.len] != 0 ||
	    memchr(name.ptr, '\0', name.len) != NULL || memchr(name.ptr, '/', name.len) != NULL ||
	    assay_span_is(name, ".") || assay_span_is(name, ".."))
		return assay_fail_at(err, ASSAY_E_FORMAT, leaf->at, "not a file name");
	if (hash_of(name) != (leaf->rest & HASH_MASK))
		return assay_fail_at(err, ASSAY_E_FORMAT, leaf->at,
		                     "a name that is not found by its hash");
	return 0;
}

/* All nodes of an inode but names, which belong to the entries that they name. */
static void claim(struct ubifs *fs, size_t first, size_t entry)
{
	for (size_t i = first; i < fs->count && fs->leaves[i].inode == fs->leaves[first].inode; i++)
		if (ubifs_type_of(&fs->leaves[i]) != UBIFS_TYPE_NAME)
			fs->leaves[i].entry = entry;
}

/* Attributes are inodes of their own, whose numbers stand beside their names. */
static int claim_attributes(struct ubifs *fs, size_t first, size_t entry, struct assay_error *err)
{
	for (size_t i = first; i < fs->count && fs->leaves[i].inode == fs->leaves[first].inode;
	     i++) {
		size_t value;

		if (ubifs_type_of(&fs->leaves[i]) != UBIFS_TYPE_XATTR)
			continue;
		value = find_inode(fs, ubifs_load(fs, fs->leaves[i].at + 40, 8));
		if (check_name(fs, &fs->leaves[i], err) < 0)
			return -1;
		if (value == SIZE_MAX || fs->leaves[value].entry != ASSAY_NO_ENTRY)
			return assay_fail_at(err, ASSAY_E_FORMAT, fs->leaves[i].at,
			                     "an attribute without a value of its own");
		fs->leaves[value].entry = entry;
	}
	return 0;
}

static void enqueue(struct walk *walk, size_t leaf)
{
	assay_grow(&walk->queue, &walk->cap, walk->count, sizeof(*walk->queue));
	walk->queue[walk->count++] = (struct folder){ leaf, walk->fs->out->entry_count - 1 };
}

/* Data inside of an inode: the target of a link, a device, the value of an attribute. */
static int add_target(struct ubifs *fs, size_t leaf, struct assay_error *err)
{
	uint64_t at = fs->leaves[leaf].at, length = ubifs_load(fs, at + 112, 4);

	if (length == 0 || length > TARGET_LIMIT || length != ubifs_load(fs, at + 48, 8))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a link of %" PRIu64 " bytes",
		                     length);
	return assay_contents_text(fs->out, &assay_contents_newest(fs->out)->link,
	                           assay_span_sub(fs->image, at + UBIFS_INODE, length), err);
}

static int fill_entry(struct walk *walk, size_t leaf, uint32_t mode, struct assay_error *err)
{
	struct ubifs *fs = walk->fs;
	size_t entry = fs->out->entry_count - 1;

	claim(fs, leaf, entry);
	if (claim_attributes(fs, leaf, entry, err) < 0)
		return -1;
	if (S_ISDIR(mode))
		enqueue(walk, leaf);
	if (S_ISREG(mode))
		return ubifs_add_content(fs, leaf, err);
	return S_ISLNK(mode) ? add_target(fs, leaf, err) : 0;
}

/* In: name, SIZE_MAX for the root */
static int add_entry(struct walk *walk, size_t leaf, size_t name, const char *path,
                     struct assay_error *err)
{
	struct ubifs *fs = walk->fs;
	uint64_t at = fs->leaves[leaf].at;
	uint32_t mode = (uint32_t)ubifs_load(fs, at + 104, 4);
	uint64_t code = name == SIZE_MAX ? 1 : ubifs_load(fs, fs->leaves[name].at + 49, 1);
	bool again = fs->leaves[leaf].entry != ASSAY_NO_ENTRY;
	enum assay_entry_type type;

	if (code >= ASSAY_ARRAY_LEN(types) || types[code] != (mode & S_IFMT) ||
	    !assay_entry_type_of(mode, &type) ||
	    fs->leaves[leaf].length != UBIFS_INODE + ubifs_load(fs, at + 112, 4))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "an inode of another type");
	if (again && S_ISDIR(mode))
		return assay_fail_at(err, ASSAY_E_FORMAT, at, "a directory with two names");
	if (assay_contents_entry(fs->out, fs->budget, again ? ASSAY_ENTRY_LINK : type, err) < 0 ||
	    assay_contents_text(fs->out, &assay_contents_newest(fs->out)->name,
	                        assay_span_of_str(path), err) < 0)
		return -1;
	if (name != SIZE_MAX)
		fs->leaves[name].entry = fs->out->entry_count - 1;
	if (again)
		return assay_contents_text(
			fs->out, &assay_contents_newest(fs->out)->link,
			assay_span_of_str(fs->out->entries[fs->leaves[leaf].entry].name), err);
	return fill_entry(walk, leaf, mode, err);
}

/* --- names --- */

struct named {
	const struct ubifs *fs;
	size_t leaf;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	struct assay_span p = name_of(x->fs, &x->fs->leaves[x->leaf]);
	struct assay_span q = name_of(y->fs, &y->fs->leaves[y->leaf]);
	size_t len = p.len < q.len ? p.len : q.len;
	int order = memcmp(p.ptr, q.ptr, len);

	if (order != 0)
		return order;
	return p.len < q.len ? -1 : p.len > q.len;
}

/* The names of a directory, sorted. Owner: caller frees. Errors: ASSAY_E_FORMAT */
static int collect_names(const struct ubifs *fs, size_t first, struct named **out, size_t *count,
                         struct assay_error *err)
{
	size_t end = first;

	while (end < fs->count && fs->leaves[end].inode == fs->leaves[first].inode)
		end++;
	*out = assay_calloc(end - first, sizeof(**out));
	*count = 0;
	for (size_t i = first; i < end; i++) {
		if (ubifs_type_of(&fs->leaves[i]) != UBIFS_TYPE_NAME)
			continue;
		if (check_name(fs, &fs->leaves[i], err) < 0)
			return -1;
		(*out)[(*count)++] = (struct named){ fs, i };
	}
	if (*count > 0)
		qsort(*out, *count, sizeof(**out), by_name);
	for (size_t i = 1; i < *count; i++)
		if (by_name(&(*out)[i - 1], &(*out)[i]) == 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, fs->leaves[(*out)[i].leaf].at,
			                     "a name that stands twice");
	return 0;
}

static int read_name(struct walk *walk, const struct folder *folder, size_t name,
                     struct assay_error *err)
{
	struct ubifs *fs = walk->fs;
	const struct ubifs_leaf *leaf = &fs->leaves[name];
	const char *above = fs->out->entries[folder->entry].name;
	struct assay_span text = name_of(fs, leaf);
	size_t inode = find_inode(fs, ubifs_load(fs, leaf->at + 40, 8));
	bool root = folder->entry == 0;
	ASSAY_AUTO_FREE char *path = assay_asprintf("%s%s%.*s", root ? "" : above, root ? "" : "/",
	                                            (int)text.len, (const char *)text.ptr);

	if (inode == SIZE_MAX)
		return assay_fail_at(err, ASSAY_E_FORMAT, leaf->at,
		                     "a name that leads to no inode");
	if (strlen(path) > PATH_LIMIT)
		return assay_fail(err, ASSAY_E_LIMIT, "a path of more than %d bytes", PATH_LIMIT);
	return add_entry(walk, inode, name, path, err);
}

static int read_folder(struct walk *walk, const struct folder *folder, struct assay_error *err)
{
	struct named *names = NULL;
	size_t count = 0;
	int result = collect_names(walk->fs, folder->leaf, &names, &count, err);

	for (size_t i = 0; result == 0 && i < count; i++)
		result = read_name(walk, folder, names[i].leaf, err);
	free(names);
	return result;
}

static int walk_all(struct walk *walk, struct assay_error *err)
{
	size_t root = find_inode(walk->fs, UBIFS_ROOT);

	if (root == SIZE_MAX)
		return assay_fail(err, ASSAY_E_FORMAT, "no root directory");
	if (add_entry(walk, root, SIZE_MAX, ".", err) < 0)
		return -1;
	for (size_t i = 0; i < walk->count; i++) {
		const struct folder folder = walk->queue[i];

		if (read_folder(walk, &folder, err) < 0)
			return -1;
	}
	return 0;
}

int ubifs_walk(struct ubifs *fs, struct assay_error *err)
{
	struct walk walk = { .fs = fs };
	int result = walk_all(&walk, err);

	free(walk.queue);
	return result;
}
