/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "field/take.h"

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/file.h"
#include "base/memory.h"
#include "field/attributes.h"
#include "formats/archive/cpio_header.h"
#include "formats/archive/tar_header.h"

#define MODE_BITS 07777

static const char acl_prefix[] = "system.posix_acl_"; /* acl(5) */

static const struct assay_part *find_part(const struct assay_contents *contents,
                                          const struct assay_entry *entry, const char *what)
{
	for (size_t i = 0; i < entry->part_count; i++) {
		const struct assay_part *part = &contents->parts[entry->first_part + i];

		if (strcmp(part->what, what) == 0)
			return part;
	}
	return NULL;
}

static struct assay_span part_named(const struct assay_contents *contents,
                                    const struct assay_entry *entry, const char *what)
{
	const struct assay_part *part = find_part(contents, entry, what);

	return part != NULL ? assay_span_sub(contents->span, part->offset, part->length)
	                    : assay_span_of(NULL, 0);
}

static bool set_type(enum assay_entry_type type, enum assay_file_type *out)
{
	static const struct {
		enum assay_entry_type from;
		enum assay_file_type to;
	} rows[] = {
		{ ASSAY_ENTRY_FILE, ASSAY_FILE_REGULAR },
		{ ASSAY_ENTRY_SYMLINK, ASSAY_FILE_SYMLINK },
		{ ASSAY_ENTRY_DIRECTORY, ASSAY_FILE_FOLDER },
		{ ASSAY_ENTRY_CHARACTER, ASSAY_FILE_CHARACTER },
		{ ASSAY_ENTRY_BLOCK, ASSAY_FILE_BLOCK },
		{ ASSAY_ENTRY_FIFO, ASSAY_FILE_FIFO },
		{ ASSAY_ENTRY_SOCKET, ASSAY_FILE_SOCKET },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++)
		if (rows[i].from == type) {
			*out = rows[i].to;
			return true;
		}
	return false;
}

/* --- squashfs and ext: everything is an attribute -------------------------------------------- */

static const struct assay_attribute *number_named(const struct assay_contents *contents,
                                                  const struct assay_entry *entry, const char *key)
{
	for (size_t i = 0; i < entry->attribute_count; i++) {
		const struct assay_attribute *attribute =
			&contents->attributes[entry->first_attribute + i];

		if (strcmp(attribute->key, key) == 0)
			return attribute;
	}
	return NULL;
}

static uint64_t number_of(const struct assay_contents *contents, const struct assay_entry *entry,
                          const char *key)
{
	const struct assay_attribute *attribute = number_named(contents, entry, key);

	return attribute != NULL ? attribute->number : 0;
}

/* The form of an access list on the disk is not that of getxattr(2). */
static int take_xattr(const struct assay_attribute *attribute, struct assay_reference_file *out,
                      struct assay_error *err)
{
	ASSAY_AUTO_BUFFER struct assay_buffer list = { 0 };

	if (!assay_span_starts(attribute->name, acl_prefix, sizeof(acl_prefix) - 1))
		return assay_attributes_add(out, attribute->name, attribute->bytes, err);
	if (assay_attributes_acl(attribute->bytes, &list, err) < 0)
		return -1;
	return assay_attributes_add(out, attribute->name, assay_buffer_span(&list), err);
}

static int take_attributes(const struct assay_contents *contents, const struct assay_entry *entry,
                           struct assay_reference_file *out, struct assay_error *err)
{
	if (!set_type(entry->type, &out->type) || number_named(contents, entry, "mode") == NULL)
		return assay_fail(err, ASSAY_E_FORMAT, "a type that has no file");
	out->mode = (uint32_t)number_of(contents, entry, "mode") & MODE_BITS;
	out->uid = number_of(contents, entry, "uid");
	out->gid = number_of(contents, entry, "gid");
	out->device = number_of(contents, entry, "device");
	for (size_t i = 0; i < entry->attribute_count; i++) {
		const struct assay_attribute *attribute =
			&contents->attributes[entry->first_attribute + i];

		if (strcmp(attribute->key, "xattr") == 0 && take_xattr(attribute, out, err) < 0)
			return -1;
	}
	return 0;
}

/* --- tar: the header, and what pax says about owners ----------------------------------------- */

/* Digits of a base up to the end, a space or a NUL. */
static bool parse_digits(struct assay_span text, unsigned base, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] < '0' + base; i++)
		if (__builtin_mul_overflow(*out, (uint64_t)base, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(text.ptr[i] - '0'), out))
			return false;
	return i > 0 && (i == text.len || text.ptr[i] == ' ' || text.ptr[i] == '\0');
}

/* Source: tar_header.h; offsets and lengths of the ustar header. */
static int take_tar_header(struct assay_span header, const struct assay_entry *entry,
                           struct assay_reference_file *out, struct assay_error *err)
{
	static const struct {
		char type;
		enum assay_file_type file;
	} others[] = {
		{ '3', ASSAY_FILE_CHARACTER },
		{ '4', ASSAY_FILE_BLOCK },
		{ '6', ASSAY_FILE_FIFO },
	};
	uint64_t mode, major = 0, minor = 0;
	bool typed = set_type(entry->type, &out->type);

	if (header.len != ASSAY_TAR_BLOCK ||
	    !parse_digits(assay_span_sub(header, 100, 8), 8, &mode) ||
	    !parse_digits(assay_span_sub(header, 108, 8), 8, &out->uid) ||
	    !parse_digits(assay_span_sub(header, 116, 8), 8, &out->gid))
		return assay_fail(err, ASSAY_E_FORMAT, "mode or owner: not in octal digits");
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(others); i++)
		if (others[i].type == (char)header.ptr[156]) {
			out->type = others[i].file;
			typed = true;
		}
	out->mode = (uint32_t)mode & MODE_BITS;
	if (out->type == ASSAY_FILE_CHARACTER || out->type == ASSAY_FILE_BLOCK)
		typed = typed && parse_digits(assay_span_sub(header, 329, 8), 8, &major) &&
		        parse_digits(assay_span_sub(header, 337, 8), 8, &minor) &&
		        major <= UINT32_MAX >> 1 && minor <= UINT32_MAX;
	out->device = major << 32 | minor;
	return typed || entry->type == ASSAY_ENTRY_LINK
	               ? 0
	               : assay_fail(err, ASSAY_E_FORMAT, "a type that has no file");
}

/* Records of pax that are about the owner or what a file may do. */
enum record {
	RECORD_NONE,
	RECORD_UID,
	RECORD_GID,
	RECORD_USER, /* names, which programs take rather than the numbers */
	RECORD_GROUP,
	RECORD_XATTR,
	RECORD_LABEL,
	RECORD_LIBARCHIVE, /* attributes that not all programs see */
	RECORD_ACL,        /* access lists in words, with names that are others elsewhere */
	RECORD_DEVICE,     /* a device that libarchive takes rather than that of the header */
	RECORD_SPARSE,
};

static const char xattr_prefix[] = "SCHILY.xattr.";

/* A key that ends in a dot is the beginning of one. libarchive writes attributes a second time, in Base64. */
static enum record record_of(struct assay_span key)
{
	static const struct {
		const char *key;
		enum record record;
	} rows[] = {
		{ "uid", RECORD_UID },
		{ "gid", RECORD_GID },
		{ "uname", RECORD_USER },
		{ "gname", RECORD_GROUP },
		{ xattr_prefix, RECORD_XATTR },
		{ "RHT.security.selinux", RECORD_LABEL },
		{ "LIBARCHIVE.xattr.", RECORD_LIBARCHIVE },
		{ "SCHILY.acl.", RECORD_ACL },
		{ "SCHILY.devmajor", RECORD_DEVICE },
		{ "SCHILY.devminor", RECORD_DEVICE },
		{ "GNU.sparse.", RECORD_SPARSE },
	};

	for (size_t i = 0; i < ASSAY_ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].key);

		if (rows[i].key[len - 1] == '.' ? assay_span_starts(key, rows[i].key, len)
		                                : assay_span_is(key, rows[i].key))
			return rows[i].record;
	}
	return RECORD_NONE;
}

struct names {
	struct assay_span user, group;
};

static int take_record(struct assay_span key, struct assay_span value,
                       struct assay_reference_file *out, struct names *names,
                       struct assay_error *err)
{
	bool good = true;

	switch (record_of(key)) {
	case RECORD_NONE:
		break;
	case RECORD_UID:
		good = parse_digits(value, 10, &out->uid);
		break;
	case RECORD_GID:
		good = parse_digits(value, 10, &out->gid);
		break;
	case RECORD_USER:
		names->user = value;
		break;
	case RECORD_GROUP:
		names->group = value;
		break;
	case RECORD_XATTR:
		return assay_attributes_add(
			out, assay_span_sub(key, sizeof(xattr_prefix) - 1, key.len), value, err);
	case RECORD_LABEL:
		return assay_attributes_add(out, assay_span_of_str("security.selinux"), value, err);
	case RECORD_LIBARCHIVE:
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "pax: an attribute that not all programs see");
	case RECORD_ACL:
		return assay_fail(err, ASSAY_E_FORMAT, "pax: an access list in words");
	case RECORD_DEVICE:
		return assay_fail(err, ASSAY_E_FORMAT, "pax: a device that not all programs see");
	case RECORD_SPARSE:
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "a sparse file, which not all programs know");
	}
	return good ? 0 : assay_fail(err, ASSAY_E_FORMAT, "pax: no owner");
}

static int take_pax(struct assay_span records, struct assay_reference_file *out,
                    struct names *names, struct assay_error *err)
{
	struct assay_cursor cur = assay_cursor_at(records, false);

	while (assay_cursor_left(&cur) > 0) {
		struct assay_span key = { 0 }, value = { 0 };

		if (assay_tar_record(&cur, &key, &value, err) < 0 ||
		    take_record(key, value, out, names, err) < 0)
			return -1;
	}
	return 0;
}

/* Headers that speak for all files behind them: programs do not agree on them. */
static int check_global_pax(const struct assay_contents *contents, const struct assay_entry *entry,
                            struct assay_error *err)
{
	for (size_t i = 0; i < entry->part_count; i++) {
		const struct assay_part *part = &contents->parts[entry->first_part + i];
		struct assay_cursor cur = assay_cursor_at(
			assay_span_sub(contents->span, part->offset, part->length), false);

		if (strcmp(part->what, "global pax header") != 0)
			continue;
		while (assay_cursor_left(&cur) > 0) {
			struct assay_span key = { 0 }, value = { 0 };

			if (assay_tar_record(&cur, &key, &value, err) < 0)
				return -1;
			if (record_of(key) != RECORD_NONE)
				return assay_fail(err, ASSAY_E_FORMAT,
				                  "a global header with an owner or attribute");
		}
	}
	return 0;
}

/* Text up to a NUL or the end of the field. */
static struct assay_span header_name(struct assay_span header, uint64_t offset)
{
	struct assay_span field = assay_span_sub(header, offset, 32);

	field.len = strnlen((const char *)field.ptr, field.len);
	return field;
}

static int take_tar(const struct assay_contents *contents, const struct assay_entry *entry,
                    struct assay_reference_file *out, struct assay_error *err)
{
	struct assay_span header = part_named(contents, entry, "header");
	struct names names;

	if (take_tar_header(header, entry, out, err) < 0 ||
	    check_global_pax(contents, entry, err) < 0)
		return -1;
	names = (struct names){ header_name(header, 265), header_name(header, 297) };
	if (take_pax(assay_tar_pax_of(contents, entry), out, &names, err) < 0)
		return -1;
	if (header.ptr[156] == 'S')
		return assay_fail(err, ASSAY_E_FORMAT,
		                  "a sparse file, which not all programs know");
	/* What other names are for depends on the device. */
	if ((out->uid != 0 && assay_span_is(names.user, "root")) ||
	    (out->gid != 0 && assay_span_is(names.group, "root")))
		return assay_fail(err, ASSAY_E_FORMAT, "root by name, another by number");
	return 0;
}

/* --- cpio ------------------------------------------------------------------------------------ */

static int take_cpio(const struct assay_contents *contents, const struct assay_entry *entry,
                     struct assay_reference_file *out, struct assay_error *err)
{
	struct assay_cpio_header header;

	if (assay_cpio_header(part_named(contents, entry, "header"), &header, err) < 0)
		return -1;
	if (!set_type(entry->type, &out->type))
		return assay_fail(err, ASSAY_E_FORMAT, "a type that has no file");
	/* The content of such a file stands with the last of its names, and a device is the first one of its
	 * links, whatever its own header says. */
	if (header.nlink > 1 && out->type != ASSAY_FILE_FOLDER)
		return assay_fail(err, ASSAY_E_FORMAT, "a hard link in a cpio archive");
	out->mode = header.mode & MODE_BITS;
	out->uid = header.uid;
	out->gid = header.gid;
	if (out->type == ASSAY_FILE_CHARACTER || out->type == ASSAY_FILE_BLOCK)
		out->device = header.rdev;
	return 0;
}

/* --- romfs: types and one bit, of which Linux makes the rest ---------------------------------- */

#define ROMFS_HEADER 16
#define ROMFS_RUNNABLE 8      /* ROMFH_EXEC */
#define ROMFS_MAJOR_MAX 0xfff /* of a device of Linux: linux/kdev_t.h */

static uint32_t romfs_word(const struct assay_contents *contents, const struct assay_entry *entry,
                           size_t at)
{
	struct assay_span header = part_named(contents, entry, "header");

	return header.len == ROMFS_HEADER ? (uint32_t)assay_load(header.ptr + at, 4, true) : 0;
}

/* What Linux makes the root is the first header, whatever it is called; then the list must be its own. */
static int check_romfs(const struct assay_contents *contents, struct assay_error *err)
{
	const struct assay_entry *root = contents->entries;
	const struct assay_part *header =
		contents->entry_count > 0 ? find_part(contents, root, "header") : NULL;

	if (header == NULL || root->type != ASSAY_ENTRY_DIRECTORY || strcmp(root->name, ".") != 0 ||
	    romfs_word(contents, root, 4) != header->offset)
		return assay_fail(err, ASSAY_E_FORMAT, "a root that is not \".\" of its own list");
	return 0;
}

/* Linux never asks the file system for these. */
static bool is_romfs_dots(const struct assay_entry *entry)
{
	const char *name = assay_path_name(entry->name);

	return entry->type == ASSAY_ENTRY_LINK &&
	       (strcmp(name, ".") == 0 || strcmp(name, "..") == 0);
}

/* Source: Linux fs/romfs/super.c, romfs_modemap and romfs_iget(). Everything is root's. */
static int take_romfs(const struct assay_contents *contents, const struct assay_entry *entry,
                      struct assay_reference_file *out, struct assay_error *err)
{
	static const uint16_t modes[] = {
		[ASSAY_FILE_REGULAR] = 0644, [ASSAY_FILE_FOLDER] = 0644,
		[ASSAY_FILE_SYMLINK] = 0777, [ASSAY_FILE_CHARACTER] = 0600,
		[ASSAY_FILE_BLOCK] = 0600,   [ASSAY_FILE_FIFO] = 0644,
		[ASSAY_FILE_SOCKET] = 0644,
	};
	uint32_t place = romfs_word(contents, entry, 4);
	bool plain = entry->type == ASSAY_ENTRY_FILE || entry->type == ASSAY_ENTRY_DIRECTORY;

	if (entry != contents->entries && strcmp(assay_path_name(entry->name), ".") == 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a name that nobody can open");
	if (!set_type(entry->type, &out->type))
		return assay_fail(err, ASSAY_E_FORMAT, "a type that has no file");
	out->mode = modes[out->type];
	if (plain && (romfs_word(contents, entry, 0) & ROMFS_RUNNABLE) != 0)
		out->mode |= 0111;
	if (out->type != ASSAY_FILE_CHARACTER && out->type != ASSAY_FILE_BLOCK)
		return 0;
	out->device = (uint64_t)(place >> 16) << 32 | (place & 0xffff);
	return place >> 16 <= ROMFS_MAJOR_MAX
	               ? 0
	               : assay_fail(err, ASSAY_E_FORMAT, "a device that Linux does not have");
}

/* --- all of them ----------------------------------------------------------------------------- */

static const struct assay_taker takers[] = {
	{ .reader = "squashfs", .take = take_attributes },
	{ .reader = "ext", .take = take_attributes },
	{ .reader = "romfs",
	  .take = take_romfs,
	  .check = check_romfs,
	  .is_skipped = is_romfs_dots,
	  .links_ahead = true },
	{ .reader = "tar", .take = take_tar, .links_say = true },
	{ .reader = "cpio", .take = take_cpio },
};

const struct assay_taker *assay_taker_for(const struct assay_reader *reader)
{
	for (size_t i = 0; i < ASSAY_ARRAY_LEN(takers); i++)
		if (strcmp(takers[i].reader, reader->name) == 0)
			return &takers[i];
	return NULL;
}
