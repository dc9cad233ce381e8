/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address images: files that say which bytes go to which addresses of a device. Intel HEX,
 * S-records and UF2, each behind the same interface; others can be put together by hand.
 *
 * An image is no container of members: what counts is the byte at each address, and the rest of
 * the file is how that is written down. A reader yields parts that cover its file without a gap,
 * each with what it is to the image. It takes no checksum that is false, no record that it does
 * not know, no address twice and nothing behind the end; it then fails, and whoever compares takes
 * the file as plain bytes.
 *
 * Layer:  formats. Bytes in, structs out; no files, no globals.
 * Limits: records count as members of the budget. Memory follows from the size of the file, never
 *         from the addresses in it.
 */
#ifndef ASSAY_FORMATS_FLAT_IMAGE_H
#define ASSAY_FORMATS_FLAT_IMAGE_H

#include "base/span.h"
#include "formats/budget.h"

/** What a part is to the image: this decides how a difference in it is judged. */
enum assay_image_use {
	ASSAY_IMAGE_DATA,    /* bytes for addresses */
	ASSAY_IMAGE_FRAMING, /* follows from the data and how it was cut into records */
	ASSAY_IMAGE_ENTRY,   /* the start address */
	ASSAY_IMAGE_TARGET,  /* which device the image is for */
	ASSAY_IMAGE_HEADER,  /* the short text of an S0 record */
	ASSAY_IMAGE_EXTRA,   /* anything else: must be equal */
};

/** What parts of use TARGET are called. */
#define ASSAY_IMAGE_UF2_FAMILY "UF2 family"
#define ASSAY_IMAGE_DFU_DEVICE "DFU device, product and vendor"

struct assay_image_part {
	uint64_t offset; /* bytes from the start of the file */
	uint64_t length; /* bytes there */
	enum assay_image_use use;
	const char *what; /* static text, for findings: "record", "family" */
	/* Of data: */
	uint64_t address;     /* of the first byte */
	uint64_t count;       /* bytes of the image */
	const uint8_t *bytes; /* those bytes; borrowed from the file or the image */
	unsigned stride;      /* bytes of the file for each of them: 2 for hexadecimal digits */
	bool loose;           /* in no section: nothing that a compiler made */
};

/** How a start address was written down. */
enum assay_image_start {
	ASSAY_IMAGE_START_NONE,
	ASSAY_IMAGE_START_LINEAR,
	ASSAY_IMAGE_START_SEGMENTED, /* CS:IP of a 8086; entry is what they come to */
	ASSAY_IMAGE_START_ZERO,      /* zero in a format that has no other way to say "none" */
};

/** Zero-initialise; free with assay_image_fini. */
struct assay_image {
	const char *format;     /* static text: "ihex" */
	struct assay_span file; /* all of it */
	struct assay_span body; /* what a reader reads: the file without what stands behind it */
	struct assay_image_part *parts; /* in the order of the file; together exactly the file */
	size_t part_count, part_cap;
	size_t *order; /* indexes of the data parts, by address; set by assay_image_finish */
	size_t data_count;
	struct assay_bytes decoded; /* owned */
	uint64_t end;               /* where the parts so far end */
	uint64_t entry;
	enum assay_image_start start;
	bool overrun; /* a part was longer than what is left: a bug in a reader */
};

struct assay_image_reader {
	const char *name; /* static text: "ihex" */
	bool (*probe)(struct assay_span file);

	/**
	 * Append parts until the body is covered.
	 *
	 * Errors: ASSAY_E_FORMAT  malformed, or with something that the reader does not know;
	 *                         offset says where
	 *         ASSAY_E_LIMIT   more records than the budget has
	 */
	int (*read)(struct assay_budget *budget, struct assay_image *out, struct assay_error *err);
};

/** The reader for a file; NULL for anything else. Looks at the bytes only, never at names. */
const struct assay_image_reader *assay_image_reader_for(struct assay_span file);

void assay_image_fini(struct assay_image *image);
#define ASSAY_AUTO_IMAGE ASSAY_AUTO(assay_image_fini)

/**
 * Append the next part: it begins where the one before it ended. Framing behind framing becomes
 * one part.
 *
 * Return: the part, borrowed until the next one is appended
 */
struct assay_image_part *assay_image_add(struct assay_image *image, enum assay_image_use use,
                                         const char *what, uint64_t length);

/** Append data. bytes: borrowed for as long as the image lives */
void assay_image_add_data(struct assay_image *image, uint64_t address, struct assay_span bytes,
                          unsigned stride);

/**
 * Sort the data by address.
 *
 * Errors: ASSAY_E_FORMAT  an address twice or past the end of all addresses; bytes of the file in
 *                         no part; no data at all
 */
ASSAY_CHECKED int assay_image_finish(struct assay_image *image, struct assay_error *err);

/** How many data parts end at an address or in front of it: an index into order, or data_count. */
size_t assay_image_index(const struct assay_image *image, uint64_t address);

/** The data part at an index of order. */
static inline const struct assay_image_part *assay_image_at(const struct assay_image *image,
                                                            size_t index)
{
	return &image->parts[image->order[index]];
}

static inline uint64_t assay_image_part_end(const struct assay_image_part *part)
{
	return part->address + part->count;
}

/**
 * Read a file of one of the formats in the table, and with it a DFU suffix when there is one.
 *
 * Out:    *out, finished; to be freed in any case
 * Errors: as struct assay_image_reader's read, and assay_image_finish
 */
ASSAY_CHECKED int assay_image_read(const struct assay_image_reader *reader, struct assay_span file,
                                   struct assay_budget *budget, struct assay_image *out,
                                   struct assay_error *err);

/** All readers, for image.c. */
extern const struct assay_image_reader assay_image_ihex, assay_image_srec, assay_image_uf2;

#endif
