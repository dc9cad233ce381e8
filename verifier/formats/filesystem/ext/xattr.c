/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extended attributes: behind the fields of an inode, and in a block that inodes may share. */
#include <inttypes.h>

#include "base/cursor.h"
#include "base/memory.h"
#include "formats/filesystem/ext/inode.h"

#define MAGIC 0xea020000 /* EXT4_XATTR_MAGIC */
#define HEADER 32        /* struct ext4_xattr_header */
#define ENTRY 16         /* struct ext4_xattr_entry, before its name */
#define ACL_ACCESS 2     /* EXT4_XATTR_INDEX_POSIX_ACL_ACCESS, _DEFAULT */
#define ACL_DEFAULT 3
#define SYSTEM 7     /* EXT4_XATTR_INDEX_SYSTEM */
#define NAME_SHIFT 5 /* of the hash of an entry: NAME_HASH_SHIFT, VALUE_HASH_SHIFT */
#define VALUE_SHIFT 16
#define BLOCK_SHIFT 16 /* BLOCK_HASH_SHIFT */

/* Source: ext4/xattr.h, EXT4_XATTR_INDEX_*. */
static const char *const prefixes[] = {
	NULL,
	"user.",
	"system.posix_acl_access",
	"system.posix_acl_default",
	"trusted.",
	NULL,
	"security.",
	"system.",
};

/* One place with attributes at work. */
struct area {
	struct ext *fs;
	struct ext_inode *inode;
	struct assay_span bytes; /* values count from its start */
	bool *known;             /* for each byte, whether it has a meaning; owned */
	bool block;              /* entries have true hashes */
	bool silent;             /* nothing is made of what is found */
	uint32_t hash;           /* of all entries so far */
	const uint8_t *last;     /* the entry before; NULL: none */
};

static void know(struct area *area, uint64_t at, uint64_t length)
{
	memset(area->known + at, true, length);
}

/* Source: ext4_xattr_hash_entry() of xattr.c. Kernels differ in whether a name's bytes have a sign. */
static uint32_t hash_of(struct assay_span name, struct assay_span value, bool sign)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash << NAME_SHIFT | hash >> (32 - NAME_SHIFT)) ^
		       (sign ? (uint32_t)(int32_t)(int8_t)name.ptr[i] : name.ptr[i]);
	for (size_t i = 0; i < value.len; i += 4) {
		uint8_t word[4] = { 0 };

		memcpy(word, value.ptr + i, value.len - i < 4 ? value.len - i : 4);
		hash = (hash << VALUE_SHIFT | hash >> (32 - VALUE_SHIFT)) ^
		       (uint32_t)assay_load(word, 4, false);
	}
	return hash;
}

static void add_attribute(struct area *area, unsigned index, struct assay_span name,
                          struct assay_span value)
{
	struct ext *fs = area->fs;
	size_t prefix = strlen(prefixes[index]);
	struct assay_bytes full = { assay_calloc(prefix + name.len + 1, 1), prefix + name.len };
	struct assay_attribute attribute = { .key = "xattr", .form = ASSAY_FORM_TEXT };

	memcpy(full.ptr, prefixes[index], prefix);
	if (name.len > 0)
		memcpy(full.ptr + prefix, name.ptr, name.len);
	attribute.name = assay_contents_keep(fs->out, &full);
	attribute.bytes = value;
	assay_contents_attribute(fs->out, area->inode->entry, &attribute);
}

static void check_hash(struct area *area, const uint8_t *entry, struct assay_span name,
                       struct assay_span value)
{
	uint32_t hash = (uint32_t)assay_load(entry + 12, 4, false);
	uint64_t at = (uint64_t)(entry - area->fs->image.ptr) + 12;

	area->hash =
		hash == 0 ? 0
			  : (area->hash << BLOCK_SHIFT | area->hash >> (32 - BLOCK_SHIFT)) ^ hash;
	/* In an inode nobody needs it, and most do not compute it. */
	if (!area->block && hash == 0)
		return;
	if (hash != hash_of(name, value, false) && hash != hash_of(name, value, true))
		assay_contents_false(area->fs->out, area->inode->entry, "hash of an attribute", at,
		                     4);
}

/* Linux looks for it in the inode, and only there, and then goes by the flag. */
static int add_inlined(struct area *area, struct assay_span name, struct assay_span value,
                       struct assay_error *err)
{
	if (!assay_span_is(name, "data") || area->block ||
	    (area->inode->flags & EXT_FL_INLINE) == 0 || area->inode->has_inlined)
		return assay_fail(err, ASSAY_E_FORMAT, "an attribute of the system out of place");
	area->inode->inlined = value;
	area->inode->has_inlined = true;
	return 0;
}

/* What Linux finds it by: one that says its prefix in its name is not found. */
static bool is_kind(unsigned index, struct assay_span name)
{
	if (index >= ASSAY_ARRAY_LEN(prefixes) || prefixes[index] == NULL)
		return false;
	return (index == ACL_ACCESS || index == ACL_DEFAULT) == (name.len == 0);
}

/* Linux ends its search in a block at the first that comes behind the one that it looks for. */
static bool is_sorted(const struct area *area, const uint8_t *entry)
{
	const uint8_t *last = area->last;
	int order;

	if (!area->block || last == NULL)
		return true;
	order = (int)last[1] - entry[1];
	order = order != 0 ? order : (int)last[0] - entry[0];
	return order < 0 || (order == 0 && memcmp(last + ENTRY, entry + ENTRY, entry[0]) < 0);
}

static int read_entry(struct area *area, uint64_t at, uint64_t *next, struct assay_error *err)
{
	const uint8_t *entry = area->bytes.ptr + at;
	uint64_t length, size, offset;
	struct assay_span name, value;

	if (!assay_span_holds(area->bytes, at, ENTRY))
		return assay_fail(err, ASSAY_E_FORMAT, "attributes past the end");
	length = entry[0];
	*next = at + ENTRY + ((length + 3) & ~UINT64_C(3));
	if (*next + 4 > area->bytes.len)
		return assay_fail(err, ASSAY_E_FORMAT, "attributes past the end");
	offset = assay_load(entry + 2, 2, false);
	size = assay_load(entry + 8, 4, false);
	name = assay_span_of(entry + ENTRY, length);
	if (!is_kind(entry[1], name) || assay_load(entry + 4, 4, false) != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "an attribute of another kind");
	if (!assay_span_holds(area->bytes, offset, size) || (size == 0 && offset > area->bytes.len))
		return assay_fail(err, ASSAY_E_FORMAT, "a value past the end");
	if (!is_sorted(area, entry))
		return assay_fail(err, ASSAY_E_FORMAT, "attributes in no order");
	area->last = entry;
	value = assay_span_sub(area->bytes, offset, size);
	know(area, at, ENTRY + length);
	know(area, offset, size);
	if (entry[1] == SYSTEM && add_inlined(area, name, value, err) < 0)
		return -1;
	if (entry[1] != SYSTEM && !area->silent)
		add_attribute(area, entry[1], name, value);
	if (!area->silent)
		check_hash(area, entry, name, value);
	return 0;
}

/* What no attribute has must be equal on both sides, where it is anything. */
static void add_unknown(struct area *area)
{
	struct assay_bytes rest = { assay_calloc(area->bytes.len + 1, 1), 0 };
	struct assay_span kept;

	for (size_t i = 0; i < area->bytes.len; i++)
		if (!area->known[i])
			rest.ptr[rest.len++] = area->bytes.ptr[i];
	if (assay_span_is_fill(assay_span_of_bytes(&rest), 0)) {
		assay_bytes_fini(&rest);
		return;
	}
	kept = assay_contents_keep(area->fs->out, &rest);
	ext_add_unused(area->fs, area->inode->entry,
	               area->block ? "bytes of no attribute in a block"
	                           : "bytes of no attribute in an inode",
	               kept);
}

static int read_area(struct area *area, uint64_t at, struct assay_error *err)
{
	while (assay_span_holds(area->bytes, at, 4) &&
	       assay_load(area->bytes.ptr + at, 4, false) != 0)
		if (read_entry(area, at, &at, err) < 0)
			return assay_fail_in(err, "inode %" PRIu32, area->inode->number);
	if (!area->silent)
		add_unknown(area);
	return 0;
}

/* Whether there are attributes behind the fields. */
static bool has_area(const struct ext_inode *inode)
{
	uint64_t start = 128 + (uint64_t)inode->extra;

	return inode->extra > 0 && assay_span_holds(inode->bytes, start, 4) &&
	       assay_load(inode->bytes.ptr + start, 4, false) == MAGIC;
}

static int read_inode(struct ext *fs, struct ext_inode *inode, bool silent, struct assay_error *err)
{
	uint64_t start = 128 + (uint64_t)inode->extra;
	struct area area = { .fs = fs, .inode = inode, .silent = silent };
	int result;

	/* Values count from the first entry, which is behind the magic. */
	area.bytes = assay_span_sub(inode->bytes, start + 4, inode->bytes.len);
	area.known = assay_calloc(area.bytes.len + 1, sizeof(*area.known));
	result = read_area(&area, 0, err);
	free(area.known);
	return result;
}

static void add_block_parts(struct ext *fs, uint64_t block)
{
	uint64_t at = block * fs->block_size;
	uint32_t crc = ext_crc32c_number(fs->seed, block, 8);

	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA,
	                             "block of attributes", at, 16);
	ext_add_reserved(fs, ASSAY_NO_ENTRY, at + 20, 12);
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_METADATA, "attributes",
	                             at + HEADER, fs->block_size - HEADER);
	if (fs->checksums)
		ext_checksum(fs, "checksum of attributes", at + 16, 4,
		             ext_crc32c_without(crc, ext_block(fs, block), 16, 4));
	else
		ext_add_reserved(fs, ASSAY_NO_ENTRY, at + 16, 4);
}

static int read_block(struct ext *fs, struct ext_inode *inode, struct assay_error *err)
{
	struct area area = { .fs = fs, .inode = inode, .block = true };
	uint32_t hash;
	int result;

	if (inode->acl >= fs->blocks)
		return assay_fail(err, ASSAY_E_FORMAT, "attributes past the end");
	area.bytes = ext_block(fs, inode->acl);
	/* Claimed by the first inode; the others share it. */
	if (fs->sharing[inode->acl] == 0 && ext_claim(fs, inode->acl, 1, err) < 0)
		return -1;
	if (assay_load(area.bytes.ptr, 4, false) != MAGIC ||
	    assay_load(area.bytes.ptr + 8, 4, false) != 1)
		return assay_fail(err, ASSAY_E_FORMAT, "no block of attributes");
	area.known = assay_calloc(area.bytes.len + 1, sizeof(*area.known));
	know(&area, 0, HEADER);
	result = read_area(&area, HEADER, err);
	free(area.known);
	if (fs->sharing[inode->acl]++ == 0)
		add_block_parts(fs, inode->acl);
	/* Without a hash a block is not shared; e2fsprogs writes none. */
	hash = (uint32_t)assay_load(area.bytes.ptr + 12, 4, false);
	if (result == 0 && hash != 0 && hash != area.hash)
		assay_contents_false(fs->out, inode->entry, "hash of attributes",
		                     inode->acl * fs->block_size + 12, 4);
	return result;
}

int ext_find_inlined(struct ext *fs, struct ext_inode *inode, struct assay_error *err)
{
	return has_area(inode) ? read_inode(fs, inode, true, err) : 0;
}

int ext_add_xattrs(struct ext *fs, struct ext_inode *inode, struct assay_error *err)
{
	uint64_t start = 128 + (uint64_t)inode->extra;

	/* The project is read elsewhere; further fields are not known. */
	if (inode->extra > 32)
		ext_add_unused(fs, inode->entry, "fields that nobody knows",
		               assay_span_sub(inode->bytes, 160, start - 160));
	if (!has_area(inode) && inode->extra > 0)
		ext_add_unused(fs, inode->entry, "bytes of no attribute in an inode",
		               assay_span_sub(inode->bytes, start, inode->bytes.len));
	if (has_area(inode) && read_inode(fs, inode, false, err) < 0)
		return -1;
	/* Without it Linux takes the content for a map. */
	if ((inode->flags & EXT_FL_INLINE) != 0 && !inode->has_inlined)
		return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 ": content nowhere",
		                  inode->number);
	return inode->acl != 0 ? read_block(fs, inode, err) : 0;
}

void ext_check_sharing(struct ext *fs)
{
	for (uint64_t i = 0; i < fs->blocks; i++)
		if (fs->sharing[i] > 0 && ext_load(fs, i * fs->block_size + 4, 4) != fs->sharing[i])
			assay_contents_false(fs->out, ASSAY_NO_ENTRY,
			                     "inodes that share attributes", i * fs->block_size + 4,
			                     4);
}
