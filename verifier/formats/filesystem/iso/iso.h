/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of an ISO 9660 image, with Joliet, Rock Ridge and El Torito, for the files of its reader.
 *
 * Everything is judged by its bytes, so where things stand counts, too: an image is made in one go.
 * Times are transplanted. The tree of each volume descriptor is walked; a file that stands in two of
 * them is a link in the second, and what a boot catalog starts is an entry even where no tree has it.
 *
 * Layer:  formats; for this folder only.
 * Source: ECMA-119 (1987, that is ISO 9660); IEEE P1281 (SUSP) and P1282 (Rock Ridge), drafts 1.12;
 *         Joliet Specification (1995); El Torito Specification 1.0 (1995).
 * Limits: blocks of 2048 bytes, one session. Not read: files in several extents, interleaved ones,
 *         extended attribute records. UDF beside it: these bytes must be equal.
 */
#ifndef ASSAY_FORMATS_FILESYSTEM_ISO_ISO_H
#define ASSAY_FORMATS_FILESYSTEM_ISO_ISO_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "formats/contents.h"

#define ISO_TIMES "iso/timestamps@1"
#define ISO_FOUND_BY "time of the last change of the volume"
#define ISO_BLOCK 2048
#define ISO_FIRST 16 /* the block of the first volume descriptor */

/** What was made of a block. */
enum {
	ISO_SEEN_FOLDER = 1,
	ISO_SEEN_TABLE = 2, /* a path table begins here */
};

/** Which of the trees a name is of. */
enum iso_tree {
	ISO_PLAIN,  /* with Rock Ridge, where it is there */
	ISO_JOLIET, /* UCS-2 */
};

struct iso {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_span image;
	uint64_t blocks;  /* that there are */
	size_t *owners;   /* for each block, the entry whose content begins there, and one; owned */
	uint8_t *folders; /* for each block, whether a folder of the tree at work has it; owned */
	uint8_t *seen;    /* for each block, ISO_SEEN_… of any tree; owned */
	uint64_t folder_count; /* in the tree at work */
	enum iso_tree tree;
	unsigned tree_number;
	uint32_t root;    /* block, of the first tree */
	uint64_t skip;    /* bytes in front of Rock Ridge's fields; SUSP, 5.3 */
	bool susp;        /* there are such fields */
	uint64_t carried; /* bytes to which fields went on, all together */
};

/** A directory record. */
struct iso_record {
	uint64_t at;
	struct assay_span bytes; /* all of it */
	struct assay_span name;  /* as it stands */
	struct assay_span extra; /* behind the name */
	uint32_t block, size;
	uint8_t flags;
};

/** What the fields behind a name say. */
struct iso_extra {
	struct assay_buffer name, link;
	bool named, linked, relocated;
	bool moved;    /* what a relocated one leads to: seen under another name */
	uint32_t mode; /* 0: not told */
};

static inline uint64_t iso_load(const struct iso *iso, uint64_t at, size_t width, bool big)
{
	return assay_load(iso->image.ptr + at, width, big);
}

/** A number in both byte orders. Out: *agree, false where they are two */
uint32_t iso_both(const struct iso *iso, uint64_t at, size_t width, bool *agree);

/** Make a part, FIXED or, of a time that there is, OPAQUE. */
void iso_fixed(struct iso *iso, size_t entry, const char *what, uint64_t at, uint64_t length);
void iso_time(struct iso *iso, size_t entry, const char *what, uint64_t at, uint64_t length);

/** Zeros, which are fill, or bytes that must be equal. */
void iso_padding(struct iso *iso, size_t entry, const char *what, uint64_t at, uint64_t length);

/** Read a directory record. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int iso_record_read(struct iso *iso, uint64_t at, uint64_t end,
                                  struct iso_record *out, struct assay_error *err);

/** Make parts of it. In: entry, which may be the folder around it */
ASSAY_CHECKED int iso_record_emit(struct iso *iso, size_t entry, const struct iso_record *record,
                                  struct iso_extra *extra, struct assay_error *err);

/** Look whether a root's "." says that there are fields behind names. */
void iso_susp_begin(struct iso *iso, const struct iso_record *dot);

/** Make parts of the fields behind a name, and of where they go on. */
ASSAY_CHECKED int iso_susp_emit(struct iso *iso, size_t entry, uint64_t at, uint64_t length,
                                struct iso_extra *extra, struct assay_error *err);

/** Walk a tree from its root, which stands in a volume descriptor. */
ASSAY_CHECKED int iso_walk(struct iso *iso, const struct iso_record *root, struct assay_error *err);

/** The volume descriptors and what they lead to. */
ASSAY_CHECKED int iso_volumes(struct iso *iso, struct assay_error *err);

/** The path tables of a volume descriptor, when its tree was walked. */
ASSAY_CHECKED int iso_path_tables(struct iso *iso, uint64_t descriptor, struct assay_error *err);

/** What a boot record leads to, when all trees were walked. */
ASSAY_CHECKED int iso_boot(struct iso *iso, uint64_t descriptor, struct assay_error *err);

/** An entry with content that stands at a block. Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT */
ASSAY_CHECKED int iso_content(struct iso *iso, size_t entry, uint64_t block, uint64_t size,
                              struct assay_error *err);

static inline void iso_extra_fini(struct iso_extra *extra)
{
	assay_buffer_fini(&extra->name);
	assay_buffer_fini(&extra->link);
}
#define ASSAY_AUTO_ISO_EXTRA ASSAY_AUTO(iso_extra_fini)

#endif
