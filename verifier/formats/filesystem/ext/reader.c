/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ext2, ext3 and ext4: the order in which everything is read, the reserved inodes, and making
 * checksums true again.
 *
 * Two file systems of the same files may have other sizes, blocks, inodes and orders of names:
 * all of that is metadata. Times, UUID and seeds are transplanted where everything else is equal;
 * every checksum depends on them, so they are computed again.
 */
#include <inttypes.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/digest.h"
#include "formats/filesystem/ext/inode.h"
#include "formats/filesystem/extent.h"
#include "formats/readers.h"

#define MAGIC 0xef53
#define MAGIC_AT (EXT_SUPER_AT + 56)
#define LOG_AT (EXT_SUPER_AT + 24)
#define JOURNAL_MAGIC 0xc03b3998 /* JBD2_MAGIC_NUMBER */
#define JOURNAL_SUPER 1024       /* bytes of its superblock */
#define JOURNAL_CHECKSUMS 0x18   /* JBD2_FEATURE_INCOMPAT_CSUM_V2, _V3 */

/* Source: jbd2.h, journal_superblock_s: big-endian. */
static const struct assay_field journal_fields[] = {
	{ .what = "head of the journal", .offset = 0, .length = 12, .role = ASSAY_ROLE_FIXED },
	{ .what = "size of the journal", .offset = 12, .length = 8, .role = ASSAY_ROLE_METADATA },
	{ .what = "state of the journal", .offset = 20, .length = 28, .role = ASSAY_ROLE_FIXED },
	{ .what = "UUID of the journal",
	  .offset = 48,
	  .length = 16,
	  .role = ASSAY_ROLE_OPAQUE,
	  .rule = EXT_IDENTITY },
	{ .what = "users of the journal", .offset = 64, .length = 188, .role = ASSAY_ROLE_FIXED },
	{ 0 },
};

static bool probe(struct assay_span span)
{
	return span.len >= 2 * (uint64_t)EXT_SUPER_AT &&
	       assay_load(span.ptr + MAGIC_AT, 2, false) == MAGIC &&
	       assay_load(span.ptr + LOG_AT, 4, false) <= 6;
}

/* The inode of the root, where the first descriptor says. */
static bool has_root(const struct ext *fs)
{
	uint64_t descriptor = (fs->first_block + 1) * fs->block_size, at;

	if (!assay_span_holds(fs->image, descriptor, 32))
		return false;
	at = ext_load(fs, descriptor + 8, 4) * fs->block_size +
	     (uint64_t)(EXT_ROOT - 1) * fs->inode_size;
	return assay_span_holds(fs->image, at, fs->inode_size) && S_ISDIR(ext_load(fs, at, 2));
}

bool assay_ext_extent(struct assay_span span, uint64_t *length)
{
	ASSAY_AUTO_CONTENTS struct assay_contents scratch = { .span = span };
	struct assay_budget budget = assay_budget_of(NULL);
	struct ext fs = { .out = &scratch, .budget = &budget };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	if (!probe(span) || ext_read_super(&fs, &ignored) < 0 || scratch.false_count > 0 ||
	    !has_root(&fs))
		return false;
	*length = fs.image.len;
	return true;
}

/* Whether a kernel finds as many blocks as the journal says to have: where it does not it gives up. */
static bool has_blocks(const struct ext_map *map, uint64_t count)
{
	uint64_t next = 0;

	for (size_t i = 0; i < map->count && next < count; i++) {
		if (map->runs[i].logical != next || map->runs[i].unwritten)
			return false;
		next += map->runs[i].count;
	}
	return next >= count;
}

/* A journal that a kernel would replay would change what is in the files. */
static int read_journal(struct ext *fs, const struct ext_inode *inode, const struct ext_map *map,
                        struct assay_error *err)
{
	struct assay_span super;
	uint64_t at;

	if (map->count == 0 || map->runs[0].logical != 0 || map->runs[0].unwritten)
		return assay_fail(err, ASSAY_E_FORMAT, "a journal without a superblock");
	at = map->runs[0].physical * fs->block_size;
	super = assay_span_sub(fs->image, at, JOURNAL_SUPER);
	if (assay_load(super.ptr, 4, true) != JOURNAL_MAGIC ||
	    assay_load(super.ptr + 4, 4, true) != 4 ||
	    assay_load(super.ptr + 12, 4, true) != fs->block_size ||
	    assay_load(super.ptr + 16, 4, true) * fs->block_size > inode->size)
		return assay_fail(err, ASSAY_E_FORMAT, "a journal of another kind");
	if (!has_blocks(map, assay_load(super.ptr + 16, 4, true)))
		return assay_fail(err, ASSAY_E_FORMAT, "a journal with a hole");
	if (assay_load(super.ptr + 28, 4, true) != 0)
		assay_contents_partial(fs->out, "its journal was not replayed");
	assay_contents_number(fs->out, ASSAY_NO_ENTRY, "blocks of the journal", ASSAY_FORM_NUMBER,
	                      assay_load(super.ptr + 16, 4, true));
	if ((assay_load(super.ptr + 40, 4, true) & JOURNAL_CHECKSUMS) != 0) {
		(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
		                             "superblock of a journal with checksums", at,
		                             JOURNAL_SUPER);
		return 0;
	}
	assay_contents_fields_at(fs->out, ASSAY_NO_ENTRY, "superblock of the journal",
	                         journal_fields, at);
	(void)assay_contents_part_at(fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED,
	                             "users of the journal", at + 252, JOURNAL_SUPER - 252);
	return 0;
}

/* The superblock keeps the map of the journal, for the case that its inode gets lost. */
static void check_backup(struct ext *fs, const struct ext_inode *inode)
{
	uint64_t at = EXT_SUPER_AT + 268;
	struct assay_span kept = assay_span_sub(fs->image, at, 60);
	bool is_kept = ext_load(fs, EXT_SUPER_AT + 253, 1) == 1;
	bool same = assay_span_equal(kept, assay_span_sub(inode->bytes, 40, 60)) &&
	            ext_load(fs, at + 60, 4) == inode->size >> 32 &&
	            ext_load(fs, at + 64, 4) == (inode->size & UINT32_MAX);

	if (is_kept ? !same : !assay_span_is_fill(assay_span_sub(fs->image, at, 68), 0))
		assay_contents_false(fs->out, ASSAY_NO_ENTRY, "copy of the journal's inode", at,
		                     68);
}

static void add_size(struct ext *fs, const struct ext_inode *inode)
{
	bool grows = inode->number == EXT_RESIZE;

	assay_contents_attribute(
		fs->out, ASSAY_NO_ENTRY,
		&(struct assay_attribute){
			.key = grows ? "blocks to grow" : "size of a reserved inode",
			.number = inode->size,
			.role = grows ? ASSAY_ROLE_PACKING : ASSAY_ROLE_FIXED,
		});
}

/* Takes what is in the buffer. */
static void add_text(struct assay_contents *out, const char *key, struct assay_buffer *text)
{
	struct assay_bytes bytes = assay_buffer_steal(text);

	assay_contents_attribute(out, ASSAY_NO_ENTRY,
	                         &(struct assay_attribute){
					 .key = key,
					 .form = ASSAY_FORM_TEXT,
					 .bytes = assay_contents_keep(out, &bytes),
				 });
}

/* What nobody describes must be equal, block by block in the order of the inode's map. */
static void add_reserved(struct ext *fs, uint32_t number, const struct ext_map *map)
{
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 };

	if (map->count == 0)
		return;
	assay_buffer_printf(&text, "inode %" PRIu32 ":", number);
	for (size_t i = 0; i < map->count; i++) {
		const struct ext_run *run = &map->runs[i];

		(void)assay_contents_part_at(
			fs->out, ASSAY_NO_ENTRY, ASSAY_ROLE_FIXED, "content of a reserved inode",
			run->physical * fs->block_size, run->count * fs->block_size);
		assay_buffer_printf(&text, " %" PRIu64 "+%" PRIu64 "%s", run->logical, run->count,
		                    run->unwritten ? " unwritten" : "");
	}
	add_text(fs->out, "blocks of a reserved inode", &text);
}

/* Its blocks, and what is in them. */
static int read_reserved(struct ext *fs, uint32_t number, struct assay_error *err)
{
	ASSAY_AUTO_EXT_MAP struct ext_map map = { 0 };
	struct ext_inode inode;

	if (ext_inode_open(fs, number, &inode, err) < 0 || ext_map_read(fs, &inode, &map, err) < 0)
		return -1;
	if (inode.acl != 0 || inode.blocks >> 32 != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "inode %" PRIu32 ": with attributes",
		                  number);
	add_size(fs, &inode);
	if (number != EXT_JOURNAL || (fs->compat & EXT_COMPAT_JOURNAL) == 0) {
		if (number != EXT_RESIZE)
			add_reserved(fs, number, &map);
		return 0;
	}
	check_backup(fs, &inode);
	return read_journal(fs, &inode, &map, err);
}

/* The journal is where superblocks of this kind have it, or there is no trace of one. */
static int check_journal_place(struct ext *fs, struct assay_error *err)
{
	uint64_t inode = ext_load(fs, EXT_SUPER_AT + 224, 4);
	uint64_t device = ext_load(fs, EXT_SUPER_AT + 228, 4);

	if ((fs->compat & EXT_COMPAT_JOURNAL) == 0) {
		if (!assay_span_is_fill(assay_span_sub(fs->image, EXT_SUPER_AT + 268, 68), 0))
			assay_contents_false(fs->out, ASSAY_NO_ENTRY, "copy of the journal's inode",
			                     EXT_SUPER_AT + 268, 68);
		return 0;
	}
	if (inode != EXT_JOURNAL || device != 0)
		return assay_fail(err, ASSAY_E_FORMAT, "a journal somewhere else");
	return 0;
}

/* One that was never written is zeros; a journal must be there when the superblock says so. */
static bool is_written(const struct ext *fs, uint32_t number)
{
	const struct ext_group *group = &fs->groups[(number - 1) / fs->inodes_per_group];
	uint64_t at = group->inode_table * fs->block_size +
	              (uint64_t)((number - 1) % fs->inodes_per_group) * fs->inode_size;

	if (number == EXT_JOURNAL && (fs->compat & EXT_COMPAT_JOURNAL) != 0)
		return true;
	return number != EXT_ROOT &&
	       !assay_span_is_fill(assay_span_sub(fs->image, at, fs->inode_size), 0);
}

/* The inodes first, then the journal: what comes behind them can be more or less. */
int ext_read_reserved(struct ext *fs, struct assay_error *err)
{
	struct ext_inode inode;

	if (check_journal_place(fs, err) < 0)
		return -1;
	for (uint32_t i = 1; i < fs->first_inode; i++) {
		if (!is_written(fs, i))
			continue;
		if (ext_inode_open(fs, i, &inode, err) < 0)
			return -1;
		ext_inode_parts(fs, &inode);
	}
	if (is_written(fs, EXT_JOURNAL) && read_reserved(fs, EXT_JOURNAL, err) < 0)
		return -1;
	for (uint32_t i = 1; i < fs->first_inode; i++)
		if (i != EXT_JOURNAL && is_written(fs, i) && read_reserved(fs, i, err) < 0)
			return -1;
	return 0;
}

static int read_all(struct ext *fs, struct assay_error *err)
{
	if (ext_read_super(fs, err) < 0 || ext_read_groups(fs, err) < 0 ||
	    ext_read_reserved(fs, err) < 0 || ext_walk(fs, err) < 0)
		return -1;
	ext_check_links(fs);
	ext_check_sharing(fs);
	ext_check_groups(fs);
	return 0;
}

static void fini(struct ext *fs)
{
	free(fs->groups);
	free(fs->used);
	free(fs->sharing);
	free(fs->names);
	free(fs->entries);
	free(fs->directories);
}

/* What nothing refers to, and what stands behind the file system: erase blocks filled up, or more. */
static void add_rest(struct ext *fs)
{
	struct assay_contents *out = fs->out;
	uint64_t length = out->span.len - fs->image.len;
	struct assay_span rest = assay_span_sub(out->span, fs->image.len, length);
	bool fill = rest.len > 0 && (rest.ptr[0] == 0 || rest.ptr[0] == 0xff) &&
	            assay_span_is_fill(rest, rest.ptr[0]);
	struct assay_part *part;

	if (rest.len > 0) {
		out->trailing = fill ? 0 : length;
		part = assay_contents_part_at(
			out, ASSAY_NO_ENTRY, fill ? ASSAY_ROLE_FILL : ASSAY_ROLE_FIXED,
			"bytes behind the file system", fs->image.len, length);
		part->fill = rest.ptr[0];
	}
	assay_contents_gaps(out, "bytes of no file");
}

/*
 * A boot loader in front of the superblock may know by heart in which blocks files are (extlinux,
 * LILO): then they have to be there.
 */
static void add_places(struct ext *fs)
{
	struct assay_contents *out = fs->out;
	ASSAY_AUTO_BUFFER struct assay_buffer text = { 0 }, told = { 0 };
	struct assay_sha256 digest;
	char hex[ASSAY_SHA256_HEX];

	if (assay_span_is_fill(assay_span_sub(out->span, 0, EXT_SUPER_AT), 0))
		return;
	for (size_t i = 0; i < out->part_count; i++) {
		const struct assay_part *part = &out->parts[i];

		if (part->entry != ASSAY_NO_ENTRY && part->length > 0 &&
		    part->role == ASSAY_ROLE_CONTENT)
			assay_buffer_printf(&text, "%s: %" PRIu64 "+%" PRIu64 "\n",
			                    out->entries[part->entry].name, part->offset,
			                    part->length);
	}
	assay_sha256(assay_buffer_span(&text), &digest);
	assay_sha256_hex(&digest, hex);
	assay_buffer_add_str(&told, hex);
	add_text(out, "SHA-256 of where files are", &told);
}

static int read_ext(struct assay_budget *budget, struct assay_contents *out,
                    struct assay_error *err)
{
	struct ext fs = { .out = out, .budget = budget };
	int result = read_all(&fs, err);

	if (result == 0) {
		add_places(&fs);
		add_rest(&fs);
	}
	fini(&fs);
	return result;
}

/* Read what came out as the file was read, and write each checksum where it would be looked at. */
static void recompute(const struct assay_contents *contents, uint8_t *image)
{
	ASSAY_AUTO_CONTENTS struct assay_contents scratch = {
		.reader = contents->reader,
		.span = assay_span_of(image, contents->span.len),
	};
	struct assay_budget budget = assay_budget_for(NULL, contents->span.len);
	struct ext fs = { .out = &scratch, .budget = &budget, .fix = image, .repaired = contents };
	struct assay_error ignored = ASSAY_ERROR_INIT;

	/* What cannot be read stays as it is, and is then not what was delivered. */
	(void)!read_all(&fs, &ignored);
	fini(&fs);
}

const struct assay_reader assay_reader_ext = {
	.name = "ext",
	.repack_rule = "ext/repacked@1",
	.probe = probe,
	.read = read_ext,
	.recompute = recompute,
};
