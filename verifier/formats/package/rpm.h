/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RPM packages while they are read.
 *
 * Layer:  formats; private to the reader.
 * Source: rpm 4.18: docs/manual/format.md, include/rpm/rpmtag.h.
 */
#ifndef ASSAY_FORMATS_PACKAGE_RPM_H
#define ASSAY_FORMATS_PACKAGE_RPM_H

#include "base/buffer.h"
#include "base/digest.h"
#include "formats/contents.h"
#include "formats/package/rpm_header.h"

#define ASSAY_RPM_PAYLOAD 0 /* the entry that is what the payload unpacks to; it has its name */

/* Tags that mean something to the reader; rpmtag.h has the numbers. */
enum {
	ASSAY_RPM_BUILDTIME = 1006,
	ASSAY_RPM_BUILDHOST = 1007,
	ASSAY_RPM_SIZE = 1009,
	ASSAY_RPM_OLDFILENAMES = 1027,
	ASSAY_RPM_FILESIZES = 1028,
	ASSAY_RPM_FILEMODES = 1030,
	ASSAY_RPM_FILEMTIMES = 1034,
	ASSAY_RPM_FILEDIGESTS = 1035,
	ASSAY_RPM_FILEFLAGS = 1037,
	ASSAY_RPM_ARCHIVESIZE = 1046,
	ASSAY_RPM_COOKIE = 1094,
	ASSAY_RPM_FILEINODES = 1096,
	ASSAY_RPM_DIRINDEXES = 1116,
	ASSAY_RPM_BASENAMES = 1117,
	ASSAY_RPM_DIRNAMES = 1118,
	ASSAY_RPM_PAYLOADFLAGS = 1126,
	ASSAY_RPM_SOURCEPKGID = 1146,
	ASSAY_RPM_LONGFILESIZES = 5008,
	ASSAY_RPM_LONGSIZE = 5009,
	ASSAY_RPM_FILEDIGESTALGO = 5011,
	ASSAY_RPM_PAYLOADDIGEST = 5092,
	ASSAY_RPM_PAYLOADDIGESTALGO = 5093,
	ASSAY_RPM_PAYLOADDIGESTALT = 5097,
};

/** A file of the file table. */
struct assay_rpm_file {
	size_t entry;
	struct assay_span content; /* what the payload has for it */
	bool regular;              /* a file that the payload has, once */
	bool counted;              /* its size counts: it is there, and no second hard link */
};

struct assay_rpm {
	struct assay_contents *out;
	struct assay_budget *budget;
	struct assay_rpm_header signature, main;
	struct assay_span payload;    /* to the end of the file, packed */
	struct assay_span unpacked;   /* borrowed from out */
	struct assay_rpm_file *files; /* owned */
	size_t file_count;
};

/** Append the parts of the payload, and unpack it. */
ASSAY_CHECKED int assay_rpm_read_payload(struct assay_rpm *rpm, struct assay_error *err);

/** Append an entry for each file of the file table, and look for it in the payload. */
ASSAY_CHECKED int assay_rpm_read_files(struct assay_rpm *rpm, struct assay_error *err);

/** Append the parts of a tag that has one value for each file. */
ASSAY_CHECKED int assay_rpm_read_file_tag(struct assay_rpm *rpm, const struct assay_rpm_tag *tag,
                                          const struct assay_rpm_tag_name *name,
                                          struct assay_error *err);

/**
 * Whether every byte of the signature header is understood: true digests and sizes, zeros, and
 * plain signatures. What is false in it is noted.
 */
bool assay_rpm_signature_is_plain(struct assay_rpm *rpm);

/** Whether it holds a signature. */
bool assay_rpm_is_signed(const struct assay_rpm *rpm);

/** The kind of digest that a tag of the main header names. Return: false when it is unknown */
bool assay_rpm_digest_kind(const struct assay_rpm *rpm, uint32_t tag, enum assay_digest_kind *out);

#endif
