/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digests that a device reported about itself, held against releases. A device that lies can report
 * what it likes: the best that can be said is that its report is consistent.
 *
 * Layer:  field.
 * Limits: 64 MiB and 1000000 digests in one list; names as base/quote writes them.
 */
#ifndef ASSAY_FIELD_LISTING_H
#define ASSAY_FIELD_LISTING_H

#include "field/found.h"

#define ASSAY_LISTING_MAX ((uint64_t)64 << 20) /* bytes */

/** One report. Zero-initialise. Strings owned, quoted. */
struct assay_listing {
	char *device;            /* NULL: not said */
	char *product, *version; /* what it says it runs; NULL: not said */
	struct assay_listing_item {
		char *name;
		bool longer; /* what was reported is a SHA-512 */
		struct assay_sha256 sha256;
		struct assay_sha512 sha512;
	} * items;
	size_t count, cap;
};

void assay_listing_fini(struct assay_listing *listing);
#define ASSAY_AUTO_LISTING ASSAY_AUTO(assay_listing_fini)

/**
 * Read lines of sha256sum(1) or sha512sum(1): "DIGEST  NAME" or "DIGEST *NAME", of their --tag, "SHA256
 * (NAME) = DIGEST", or of the kernel's integrity log, "10 DIGEST ima-ng sha256:DIGEST NAME".
 *
 * Errors: ASSAY_E_FORMAT  a line that is none of these: as "line N: what"
 */
ASSAY_CHECKED int assay_listing_parse(struct assay_span text, struct assay_listing *out,
                                      struct assay_error *err);

/** Read a report: {"device": …, "release": {"product": …, "version": …}, "hashes": {NAME: DIGEST}} */
ASSAY_CHECKED int assay_listing_report(const json_t *json, struct assay_listing *out,
                                       struct assay_error *err);

/** What digests and names releases have, in order. Owned. */
struct assay_directory;

struct assay_directory *assay_directory_new(const struct assay_reference *const *releases,
                                            size_t count);
void assay_directory_free(struct assay_directory *directory);

static inline void assay_cleanup_directory(struct assay_directory **directory)
{
	assay_directory_free(*directory);
}
#define ASSAY_AUTO_DIRECTORY ASSAY_AUTO(assay_cleanup_directory)

/**
 * Hold a report against releases: the one that it says it runs, else the one that has most of its
 * digests.
 *
 * Out: *out, to be freed in any case; its rows are all that was reported
 */
void assay_field_listing(const struct assay_listing *listing,
                         const struct assay_directory *directory, struct assay_found *out);

#endif
