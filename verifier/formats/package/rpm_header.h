/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two headers of an RPM package: an index of tags and a store with their values.
 *
 * A package file has its tags in the order of their values, each value right behind the one before
 * it but for zeros that align it, and a region that spans all of them. rpm checks most of this
 * (lib/header.c, hdrblobVerifyInfo and hdrblobVerifyRegion); what is written otherwise is refused
 * here, so that there is no byte between the lines.
 *
 * Layer:  formats.
 * Source: rpm 4.18, docs/manual/format.md and lib/header.c.
 * Limits: headers without a region (rpm before 4.0) and with tags behind it are refused.
 */
#ifndef ASSAY_FORMATS_PACKAGE_RPM_HEADER_H
#define ASSAY_FORMATS_PACKAGE_RPM_HEADER_H

#include "base/error.h"
#include "base/span.h"

#define ASSAY_RPM_INTRO 16  /* bytes: magic, version, reserved, number of tags, size of the store */
#define ASSAY_RPM_RECORD 16 /* bytes of a tag in the index: tag, type, place, count */

/** Regions: the tag that comes first says which header it is. */
enum assay_rpm_region {
	ASSAY_RPM_SIGNATURES = 62,
	ASSAY_RPM_IMMUTABLE = 63,
};

enum assay_rpm_type {
	ASSAY_RPM_CHAR = 1,
	ASSAY_RPM_INT8,
	ASSAY_RPM_INT16,
	ASSAY_RPM_INT32,
	ASSAY_RPM_INT64,
	ASSAY_RPM_STRING,
	ASSAY_RPM_BIN,
	ASSAY_RPM_STRING_ARRAY,
	ASSAY_RPM_I18N, /* strings in several languages */
};

/** What a tag is called. Static. */
struct assay_rpm_tag_name {
	uint32_t tag;
	const char *name;
	const char
		*of_file; /* what one of its values says about a file; NULL: it is not of files */
};

/** NULL: a tag that we do not know. */
const struct assay_rpm_tag_name *assay_rpm_tag_name(uint32_t tag);

struct assay_rpm_tag {
	uint32_t tag;
	enum assay_rpm_type type;
	uint32_t count;
	uint64_t record;         /* where its record stands in the file */
	uint64_t offset;         /* where its values stand in the file */
	struct assay_span value; /* all of them; borrowed */
};

/** Zero-initialise. */
struct assay_rpm_header {
	struct assay_span span;     /* from its magic to the end of its store */
	uint64_t start, end;        /* the same as places in the file */
	uint64_t store;             /* where its store begins in the file */
	struct assay_rpm_tag *tags; /* owned; the region first, the others in their order */
	size_t count;
};

static inline void assay_rpm_header_fini(struct assay_rpm_header *header)
{
	free(header->tags);
	*header = (struct assay_rpm_header){ 0 };
}
#define ASSAY_AUTO_RPM_HEADER ASSAY_AUTO(assay_rpm_header_fini)

/**
 * Read the header that stands at an offset.
 *
 * Errors: ASSAY_E_FORMAT  with the place in the file
 */
ASSAY_CHECKED int assay_rpm_header_read(struct assay_span file, uint64_t at,
                                        enum assay_rpm_region region, struct assay_rpm_header *out,
                                        struct assay_error *err);

/** The tag of a number and type; NULL: there is none. */
const struct assay_rpm_tag *assay_rpm_find(const struct assay_rpm_header *header, uint32_t tag,
                                           enum assay_rpm_type type);

/** One value of a tag of numbers. In: i below count */
uint64_t assay_rpm_number(const struct assay_rpm_tag *tag, size_t i);

/** The next string of a tag. In: *rest, what is left of the value; moved on. Out: without its NUL */
struct assay_span assay_rpm_string(struct assay_span *rest);

/** Bytes of the next value: of a number its width, of a string its length and the NUL. */
size_t assay_rpm_width(const struct assay_rpm_tag *tag, struct assay_span rest);

#endif
