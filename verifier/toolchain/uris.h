/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What apt-get --print-uris prints: one line for each package,
 * 'URI' NAME_VERSION_ARCH.deb SIZE SHA256:DIGEST
 *
 * Layer:  toolchain; not for other folders.
 * Source: apt-get(8); apt's QuoteString for %XX in names.
 */
#ifndef ASSAY_TOOLCHAIN_URIS_H
#define ASSAY_TOOLCHAIN_URIS_H

#include "base/error.h"
#include "base/strings.h"
#include "model/toolchain.h"

/** Packages in no order. Zero-initialise. Owned. */
struct assay_package_list {
	struct assay_package *items;
	size_t count, cap;
};

void assay_package_list_fini(struct assay_package_list *list);
#define ASSAY_AUTO_PACKAGE_LIST ASSAY_AUTO(assay_package_list_fini)

/**
 * Append the packages that a text of apt-get --print-uris has. Other lines are skipped.
 *
 * In:     mirrors that the URIs begin with
 * Errors: ASSAY_E_FORMAT  a line that is not as above; a hash that is not SHA-256
 */
ASSAY_CHECKED int assay_package_list_parse(const char *text, const struct assay_strings *mirrors,
                                           struct assay_package_list *out, struct assay_error *err);

/** Sort by name and architecture. */
void assay_package_list_sort(struct assay_package_list *list);

#endif
