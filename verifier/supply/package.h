/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A package of a lock, opened: its bytes are those of the pin, its control files are read, and
 * it says of itself what the lock says.
 *
 * Layer:  supply; not for other folders.
 * Source: deb-control(5); Debian Policy 4.6, 5.1 for the syntax of control files.
 */
#ifndef ASSAY_SUPPLY_PACKAGE_H
#define ASSAY_SUPPLY_PACKAGE_H

#include "base/file.h"
#include "base/strings.h"
#include "model/toolchain.h"
#include "store/store.h"
#include "supply/deb.h"

/** A file of control.tar: control, md5sums, symbols, postinst … */
struct assay_control_file {
	char *name;
	struct assay_bytes content;
	bool executable;
};

/** Zero-initialise. Owned; free with assay_package_fini. */
struct assay_unpacked_package {
	const struct assay_package *pin; /* borrowed from the lock */
	struct assay_map map;
	struct assay_deb deb;
	struct assay_control_file *files;
	size_t file_count, file_cap;
	struct assay_span control; /* the stanza, borrowed from files */
	bool multi_arch_same;
	uint64_t installed_size;       /* bytes, as the package says: for free-space checks only */
	struct assay_strings replaces; /* names of packages whose files this one may replace */
	struct assay_strings paths;    /* of data.tar in its order, without the root */
};

void assay_unpacked_package_fini(struct assay_unpacked_package *package);

/**
 * Map a package of the store, check its digest and read control.tar.
 *
 * In:     out->pin
 * Errors: ASSAY_E_PIN     damaged in the store; or another name, version or architecture inside
 *         ASSAY_E_FORMAT  malformed
 *         ASSAY_E_SYSTEM  not in the store
 */
ASSAY_CHECKED int assay_unpacked_package_open(const struct assay_store *store,
                                              struct assay_unpacked_package *out,
                                              struct assay_error *err);

/** Whether a line begins the field of this name. */
bool assay_control_is(struct assay_span line, const char *name);

/** Value of a field of the control stanza, continuation lines left out. Owner: caller; NULL: none */
char *assay_package_field(const struct assay_unpacked_package *package, const char *name);

#endif
