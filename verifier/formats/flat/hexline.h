/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines of hexadecimal digits: what Intel HEX and S-records have in common.
 *
 * Layer: formats; for readers only.
 */
#ifndef ASSAY_FORMATS_FLAT_HEXLINE_H
#define ASSAY_FORMATS_FLAT_HEXLINE_H

#include "formats/flat/image.h"

#define ASSAY_HEXLINE_MAX 260 /* bytes; a count of 255 and what stands around them */

/** One line: a mark, then pairs of digits, then the end of the line. */
struct assay_hexline {
	uint64_t length;                  /* bytes in the file, with the end of the line */
	uint64_t mark;                    /* bytes of it */
	uint8_t bytes[ASSAY_HEXLINE_MAX]; /* what the digits say */
	size_t count;                     /* bytes in use */
};

/**
 * Read the line at the end of what was read of an image. It ends in LF or CR LF, or with the
 * file.
 *
 * In:     mark, bytes in front of the digits
 * Errors: ASSAY_E_FORMAT  something else than pairs of digits; too long
 */
ASSAY_CHECKED int assay_hexline_read(const struct assay_image *image, uint64_t mark,
                                     struct assay_hexline *out, struct assay_error *err);

/** The sum of all bytes of a line, modulo 256. */
uint8_t assay_hexline_sum(const struct assay_hexline *line);

/**
 * Append a line as parts: framing, the digits of length bytes from the given one on, and framing
 * again. Data goes into the image's decoded bytes, which have room for it.
 */
struct assay_hexline_middle {
	enum assay_image_use use;
	const char *what;
	size_t first, length; /* bytes of the line */
	uint64_t address;     /* of data */
};
void assay_hexline_add(struct assay_image *image, const struct assay_hexline *line,
                       const struct assay_hexline_middle *middle);

/** Append a line that is framing as a whole. */
void assay_hexline_add_framing(struct assay_image *image, const struct assay_hexline *line);

#endif
