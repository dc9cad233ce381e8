/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packages that are ordinary archives with certain members: found out when the archive was read.
 *
 * A row adds what the archive's reader does not know: the name of the format, claims that members
 * make about each other (formats/claim.h), and members that are a signature.
 *
 * Layer:  formats.
 * Source: each row's file.
 */
#ifndef ASSAY_FORMATS_PACKAGE_PACKAGE_H
#define ASSAY_FORMATS_PACKAGE_PACKAGE_H

#include "formats/reader.h"

struct assay_package {
	const char *name; /* static */
	const struct assay_reader *reader;
	bool (*is)(const struct assay_contents *contents); /* by names and order of members */
	void (*look)(struct assay_contents *contents,
	             struct assay_budget *budget); /* NULL: only the name is added */
};

/** SWUpdate: cpio archives that begin with sw-description. */
extern const struct assay_package assay_package_swu;

/** Container images: tar archives with an OCI image layout, or as docker save makes them. */
extern const struct assay_package assay_package_oci;

/** Add to the contents of an archive what follows from its being a package. */
void assay_package_look(struct assay_contents *contents, struct assay_budget *budget);

#endif
