/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listings of trees as text (see tree.h for the format): what differs between two.
 *
 * Layer: store.
 */
#ifndef ASSAY_STORE_LISTING_H
#define ASSAY_STORE_LISTING_H

#include "base/error.h"
#include "base/span.h"

/** One record. Spans are borrowed from the listing. */
struct assay_listing_record {
	char type; /* f, d or l */
	struct assay_span mode, digest, path;
};

/** Skip the header. Errors: ASSAY_E_FORMAT  it is not there */
ASSAY_CHECKED int assay_listing_open(struct assay_span *listing, struct assay_error *err);

/**
 * Take the next record off the front of a listing that was opened.
 *
 * Return: 1 with *out filled, 0 at the end, -1 on error
 * Errors: ASSAY_E_FORMAT
 */
ASSAY_CHECKED int assay_listing_next(struct assay_span *listing, struct assay_listing_record *out,
                                     struct assay_error *err);

/** Called for each path that differs; what is static text: "was added", "has another mode" … */
typedef void assay_listing_difference(void *context, struct assay_span path, const char *what);

/**
 * Compare two listings.
 *
 * Return: how many paths differ, -1 on error
 * Errors: ASSAY_E_FORMAT  one of them is malformed
 */
ASSAY_CHECKED int64_t assay_listing_compare(struct assay_span before, struct assay_span now,
                                            assay_listing_difference *tell, void *context,
                                            struct assay_error *err);

#endif
