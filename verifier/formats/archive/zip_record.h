/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The records of a zip archive: headers, central directory, its end.
 *
 * Layer:  formats.
 * Source: PKWARE APPNOTE.TXT 6.3.9: 4.3.7 local header, 4.3.9 data descriptor, 4.3.12 central
 *         header, 4.3.14 to 4.3.16 ends, 4.5 extra fields.
 */
#ifndef ASSAY_FORMATS_ARCHIVE_ZIP_RECORD_H
#define ASSAY_FORMATS_ARCHIVE_ZIP_RECORD_H

#include "base/error.h"
#include "base/span.h"

#define ASSAY_ZIP_LOCAL "PK\3\4"
#define ASSAY_ZIP_CENTRAL "PK\1\2"
#define ASSAY_ZIP_END "PK\5\6"
#define ASSAY_ZIP_DESCRIPTOR "PK\7\10"

#define ASSAY_ZIP_FLAG_ENCRYPTED 0x0001
#define ASSAY_ZIP_FLAG_LEVEL 0x0006      /* how hard deflate tried; 4.4.4 */
#define ASSAY_ZIP_FLAG_DESCRIPTOR 0x0008 /* sizes and CRC stand behind the data */
#define ASSAY_ZIP_PACKING (ASSAY_ZIP_FLAG_LEVEL | ASSAY_ZIP_FLAG_DESCRIPTOR)
#define ASSAY_ZIP_FLAG_UTF8 0x0800

#define ASSAY_ZIP_ZIP64 0x0001 /* 4.5.3: an extra field with sizes and offsets */

/** What local and central headers have in common. Spans are borrowed. */
struct assay_zip_record {
	uint64_t length; /* bytes of all of it, with name, extra fields and comment */
	uint16_t version, flags, method;
	uint32_t time; /* date << 16 | time, as MS-DOS has them */
	uint32_t crc;
	uint64_t packed, size;
	struct assay_span name, extra;
	bool zip64; /* a size is in an extra field */
	/* of a central header only */
	uint16_t maker, internal;
	uint32_t external;
	uint64_t offset; /* of the local header */
	struct assay_span comment;
};

/** The end of the central directory. */
struct assay_zip_end {
	uint64_t start;  /* of the first byte of what ends the archive, zip64 or not */
	uint64_t count;  /* of central headers */
	uint64_t offset; /* of the first of them */
	uint64_t size;   /* bytes of all of them */
	struct assay_span comment;
};

/** Read the record at the start of a span. Errors: ASSAY_E_FORMAT */
ASSAY_CHECKED int assay_zip_local(struct assay_span span, struct assay_zip_record *out,
                                  struct assay_error *err);
ASSAY_CHECKED int assay_zip_central(struct assay_span span, struct assay_zip_record *out,
                                    struct assay_error *err);

/**
 * Find the end of an archive: the one record that, with its comment, reaches to the last byte.
 *
 * Errors: ASSAY_E_FORMAT  none, several, more than one disk, or zip64 records that contradict it
 */
ASSAY_CHECKED int assay_zip_end(struct assay_span file, struct assay_zip_end *out,
                                struct assay_error *err);

/** Bytes of the data descriptor that a span starts with; 0 when it is not that of the record. */
uint64_t assay_zip_descriptor(struct assay_span span, const struct assay_zip_record *record);

/**
 * Take the next extra field.
 *
 * In:     *extra, moved on
 * Return: 1, 0 at the end, -1 when it is malformed
 */
ASSAY_CHECKED int assay_zip_extra(struct assay_span *extra, uint16_t *id, struct assay_span *data,
                                  struct assay_error *err);

#endif
