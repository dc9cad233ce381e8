/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What inodes say, but for the content of files: attributes, targets of links, devices. */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/filesystem/jffs2/inode.h"

#define TARGET_LIMIT 4095 /* bytes; what of a target Linux can follow */
#define SAID_AT 20        /* mode, owner, size and times */
#define TIMES_AT 32
#define SAID_END 44
#define CHECKS_AT 60

/* JFFS2_XPREFIX_* */
static const struct {
	uint8_t code;
	bool whole; /* that is all of the name */
	const char *text;
} prefixes[] = {
	{ 1, false, "user." },
	{ 2, false, "security." },
	{ 3, true, "system.posix_acl_access" },
	{ 4, true, "system.posix_acl_default" },
	{ 5, false, "trusted." },
};

bool jffs2_agrees(const struct jffs2 *fs, const struct jffs2_node *node,
                  const struct jffs2_node *latest)
{
	return memcmp(fs->image.ptr + node->at + SAID_AT, fs->image.ptr + latest->at + SAID_AT,
	              SAID_END - SAID_AT) == 0;
}

void jffs2_add_padding(struct jffs2 *fs, size_t entry, const struct jffs2_node *node)
{
	struct assay_span rest = assay_span_sub(fs->image, node->at + node->length,
	                                        jffs2_padded(node) - node->length);

	if (rest.len > 0 && assay_span_is_fill(rest, 0xff))
		(void)assay_contents_part_at(fs->out, entry, ASSAY_ROLE_METADATA,
		                             "padding of a node", node->at + node->length,
		                             rest.len);
}

void jffs2_add_check(struct jffs2 *fs, uint64_t at, uint64_t length)
{
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_CHECK,
	                             "checksums of nodes", at, length);
}

/* An older node has times as well, which nobody looks at: they are those of the latest, or must be equal. */
void jffs2_add_header(struct jffs2 *fs, const struct jffs2_inode *inode, struct jffs2_node *node)
{
	const struct jffs2_node *latest = jffs2_latest(fs, inode);
	bool agrees = jffs2_agrees(fs, node, latest);
	struct assay_contents *out = fs->out;

	node->used = true;
	(void)assay_contents_part_at(out, inode->entry, ASSAY_ROLE_METADATA, "inode", node->at,
	                             SAID_AT);
	(void)assay_contents_part_at(out, inode->entry,
	                             agrees ? ASSAY_ROLE_METADATA : ASSAY_ROLE_FIXED,
	                             "mode and owner", node->at + SAID_AT, TIMES_AT - SAID_AT);
	for (uint64_t at = TIMES_AT; node == latest && at < SAID_END; at += 4)
		assay_contents_part_at(out, inode->entry, ASSAY_ROLE_OPAQUE, "time", node->at + at,
		                       4)
			->rule = JFFS2_TIMES;
	if (node != latest)
		(void)assay_contents_part_at(out, agrees ? ASSAY_NO_ENTRY : inode->entry,
		                             agrees ? ASSAY_ROLE_CHECK : ASSAY_ROLE_FIXED,
		                             "times of an older node", node->at + TIMES_AT,
		                             SAID_END - TIMES_AT);
	(void)assay_contents_part_at(out, inode->entry, ASSAY_ROLE_METADATA, "inode",
	                             node->at + SAID_END, CHECKS_AT - SAID_END);
	jffs2_add_check(fs, node->at + CHECKS_AT, JFFS2_INODE - CHECKS_AT);
	jffs2_add_padding(fs, inode->entry, node);
}

/* --- extended attributes --- */

static int order_of_attribute(const void *a, const void *b)
{
	const struct jffs2_node *node = *(struct jffs2_node *const *)b;
	uint32_t number = *(const uint32_t *)a;

	return number < node->owner ? -1 : number > node->owner;
}

/* Owner of the name: the contents. Errors: ASSAY_E_FORMAT  not a name */
static int name_attribute(struct jffs2 *fs, const struct jffs2_node *node, struct assay_span *out,
                          struct assay_error *err)
{
	uint64_t code = jffs2_load(fs, node->at + 20, 1), length = jffs2_load(fs, node->at + 21, 1);
	struct assay_span own = assay_span_sub(fs->image, node->at + JFFS2_XATTR, length);
	struct assay_bytes name = { 0 };

	if (fs->image.ptr[node->at + JFFS2_XATTR + length] != 0 ||
	    (length > 0 && memchr(own.ptr, '\0', own.len) != NULL))
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at, "a name with a NUL in it");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(prefixes); i++) {
		if (prefixes[i].code != code || prefixes[i].whole != (length == 0))
			continue;
		name.ptr = (uint8_t *)assay_asprintf("%s%.*s", prefixes[i].text, (int)own.len,
		                                     (const char *)own.ptr);
		name.len = strlen((const char *)name.ptr);
		*out = assay_contents_keep(fs->out, &name);
		return 0;
	}
	return assay_fail_at(err, ASSAY_E_FORMAT, node->at, "not the name of an attribute");
}

/* In: ref, a node that gives an attribute to an inode */
static int add_attribute(struct jffs2 *fs, const struct jffs2_inode *inode, struct jffs2_node *ref,
                         struct assay_error *err)
{
	uint32_t number = ref->version;
	struct jffs2_node **found =
		fs->xattr_count == 0 ? NULL
				     : bsearch(&number, fs->xattrs, fs->xattr_count,
	                                       sizeof(struct jffs2_node *), order_of_attribute);
	struct assay_attribute attribute = { .key = "xattr", .form = ASSAY_FORM_TEXT };
	struct jffs2_node *node = found != NULL ? *found : NULL;
	uint64_t value;

	if (node == NULL || node->version == UINT32_MAX ||
	    (jffs2_load(fs, ref->at + 20, 4) & 1) != 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, ref->at, "an attribute that was deleted");
	if (name_attribute(fs, node, &attribute.name, err) < 0)
		return -1;
	value = JFFS2_XATTR + jffs2_load(fs, node->at + 21, 1) + 1;
	attribute.bytes =
		assay_span_sub(fs->image, node->at + value, jffs2_load(fs, node->at + 22, 2));
	assay_contents_attribute(fs->out, inode->entry, &attribute);
	(void)assay_contents_part_at(fs->out, inode->entry, ASSAY_ROLE_METADATA,
	                             "reference to an attribute", ref->at, ref->length);
	jffs2_add_padding(fs, inode->entry, ref);
	ref->used = true;
	/* Bytes that fill the node up are bytes of no node. */
	if (!node->used)
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA,
		                             "attribute", node->at,
		                             JFFS2_XATTR + jffs2_xattr_data(fs, node));
	node->used = true;
	return 0;
}

static int add_attributes(struct jffs2 *fs, const struct jffs2_inode *inode,
                          struct assay_error *err)
{
	size_t low = 0, high = fs->xref_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fs->xrefs[middle]->owner < inode->number)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < fs->xref_count && fs->xrefs[low]->owner == inode->number; low++)
		if (add_attribute(fs, inode, fs->xrefs[low], err) < 0)
			return -1;
	return 0;
}

/* --- what is no regular file --- */

/*
 * The data of a link or device: Linux reads those of the latest node, stored as they are, and takes no
 * other node beside it (jffs2_do_read_inode_internal).
 */
static int find_data(const struct jffs2 *fs, const struct jffs2_inode *inode,
                     struct assay_span *out, struct assay_error *err)
{
	const struct jffs2_node *node = jffs2_latest(fs, inode);
	uint64_t length = jffs2_load(fs, node->at + 48, 4);

	if (inode->count > 1 || jffs2_load(fs, node->at + 44, 4) != 0 ||
	    jffs2_load(fs, node->at + 52, 4) != length ||
	    jffs2_load(fs, node->at + 56, 1) != JFFS2_STORED)
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
		                     "a special file with data of another kind");
	*out = assay_span_sub(fs->image, node->at + JFFS2_INODE, length);
	return 0;
}

/* Source: jffs2_iget(); old_decode_dev() and new_decode_dev() of linux/kdev_t.h */
static int add_device(struct jffs2 *fs, const struct jffs2_inode *inode, struct assay_span data,
                      struct assay_error *err)
{
	uint64_t number, major, minor;

	if (data.len != 2 && data.len != 4)
		return assay_fail(err, ASSAY_E_FORMAT, "a device of %zu bytes", data.len);
	number = assay_load(data.ptr, data.len, fs->big_endian);
	major = data.len == 2 ? number >> 8 : (number & 0xfff00) >> 8;
	minor = data.len == 2 ? number & 0xff : (number & 0xff) | (number >> 12 & 0xfff00);
	assay_contents_number(fs->out, inode->entry, "device", ASSAY_FORM_DEVICE,
	                      major << 32 | minor);
	return 0;
}

static int add_target(struct jffs2 *fs, const struct jffs2_inode *inode, struct assay_span data,
                      struct assay_error *err)
{
	if (data.len == 0 || data.len > TARGET_LIMIT)
		return assay_fail(err, ASSAY_E_FORMAT, "a link of %zu bytes", data.len);
	return assay_contents_text(fs->out, &fs->out->entries[inode->entry].link, data, err);
}

static int add_special(struct jffs2 *fs, const struct jffs2_inode *inode, struct assay_error *err)
{
	struct jffs2_node *node = jffs2_latest(fs, inode);
	uint32_t type = (uint32_t)jffs2_load(fs, node->at + 20, 4) & S_IFMT;
	uint64_t size = jffs2_load(fs, node->at + 28, 4);
	struct assay_span data = { 0 };

	if (find_data(fs, inode, &data, err) < 0)
		return -1;
	if (type == S_IFLNK && (size != data.len || add_target(fs, inode, data, err) < 0))
		return assay_fail(err, ASSAY_E_FORMAT, "a target that is no text of its size");
	if ((type == S_IFCHR || type == S_IFBLK) && add_device(fs, inode, data, err) < 0)
		return -1;
	if (type != S_IFLNK && type != S_IFCHR && type != S_IFBLK && data.len > 0)
		return assay_fail_at(err, ASSAY_E_FORMAT, node->at,
		                     "data of what should have none");
	if (type != S_IFLNK)
		assay_contents_number(fs->out, inode->entry, "size", ASSAY_FORM_NUMBER, size);
	jffs2_add_header(fs, inode, node);
	if (data.len > 0)
		(void)assay_contents_part_at(fs->out, inode->entry, ASSAY_ROLE_METADATA,
		                             "target or device", node->at + JFFS2_INODE, data.len);
	return 0;
}

/* A directory can have been changed: the latest node counts. */
static int keep_latest(struct jffs2 *fs, struct jffs2_inode *inode, uint32_t type)
{
	(void)fs;
	if (type == S_IFDIR || type == S_IFIFO || type == S_IFSOCK) {
		inode->first += inode->count - 1;
		inode->count = 1;
	}
	return 0;
}

static int check_nodes(const struct jffs2 *fs, const struct jffs2_inode *inode,
                       struct assay_error *err)
{
	for (size_t i = 0; i < inode->count; i++) {
		const struct jffs2_node *node = fs->inode_nodes[inode->first + i];

		/* Linux takes data for the latest only from 1 on (jffs2_build_inode_fragtree). */
		if (inode->count == 1 && node->version == 0 && jffs2_load(fs, node->at + 52, 4) > 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, node->at, "data of version 0");
		/* Of the compression that a user asked for, and flags. */
		if (jffs2_load(fs, node->at + 57, 1) != 0 || jffs2_load(fs, node->at + 58, 2) != 0)
			return assay_fail_at(err, ASSAY_E_FORMAT, node->at, "flags of an inode");
	}
	return 0;
}

int jffs2_add_inode(struct jffs2 *fs, struct jffs2_inode *inode, struct assay_error *err)
{
	const struct jffs2_node *latest = jffs2_latest(fs, inode);
	uint32_t mode = (uint32_t)jffs2_load(fs, latest->at + 20, 4);
	size_t entry = fs->out->entry_count - 1;

	inode->entry = entry;
	if (check_nodes(fs, inode, err) < 0)
		return -1;
	assay_contents_number(fs->out, entry, "mode", ASSAY_FORM_OCTAL, mode);
	assay_contents_number(fs->out, entry, "uid", ASSAY_FORM_NUMBER,
	                      jffs2_load(fs, latest->at + 24, 2));
	assay_contents_number(fs->out, entry, "gid", ASSAY_FORM_NUMBER,
	                      jffs2_load(fs, latest->at + 26, 2));
	keep_latest(fs, inode, mode & S_IFMT);
	if ((S_ISREG(mode) ? jffs2_add_content(fs, inode, err) : add_special(fs, inode, err)) < 0)
		return assay_fail_in(err, "inode %" PRIu32, inode->number);
	return add_attributes(fs, inode, err);
}
