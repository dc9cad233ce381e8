/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The header of a cpio member, in each of the ways in which it is written.
 *
 * Layer:  formats.
 * Source: cpio(5) of libarchive; Linux Documentation/driver-api/early-userspace/
 *         buffer-format.rst for what a kernel takes: newc and crc.
 */
#ifndef ASSAY_FORMATS_ARCHIVE_CPIO_HEADER_H
#define ASSAY_FORMATS_ARCHIVE_CPIO_HEADER_H

#include "formats/reader.h"

/** How an archive is written. Static. */
struct assay_cpio_form {
	const char *magic;
	uint8_t magic_len;
	uint8_t align;                    /* of name and content, from the start of the archive */
	uint8_t length;                   /* bytes of a header */
	bool check;                       /* the last field is the sum of the content's bytes */
	const struct assay_field *fields; /* how differences in it are judged */
};

/** What a header says. */
struct assay_cpio_header {
	const struct assay_cpio_form *form;
	uint32_t ino, mode, uid, gid, nlink;
	uint64_t dev, rdev; /* major number << 32 | minor number, or as it stands */
	uint64_t mtime;
	uint64_t name_size; /* with the NUL */
	uint64_t size;
	uint32_t check;
};

/** The form of the header that a span starts with; NULL: none. */
const struct assay_cpio_form *assay_cpio_form_of(struct assay_span span);

/**
 * Read a header that is in one of the forms.
 *
 * Errors: ASSAY_E_FORMAT  cut short, or not written in digits
 */
ASSAY_CHECKED int assay_cpio_header(struct assay_span span, struct assay_cpio_header *out,
                                    struct assay_error *err);

/** The sum of the content's bytes, as the crc form wants it. */
uint32_t assay_cpio_sum(struct assay_span content);

#endif
