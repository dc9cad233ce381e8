/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debian packages: an ar archive with a tar archive of control files and one of data.
 *
 * Layer:  supply. Bytes in, calls out; touches no file system.
 * Source: deb(5) and deb-control(5) of dpkg 1.21; ar(5).
 * Limits: exactly the members debian-binary, control.tar[.*], data.tar[.*], in this order; format
 *         2.x; packed with gzip, xz, zstd, bzip2, lzma or not at all. Control files: 256, of
 *         16 MiB in all.
 */
#ifndef ASSAY_SUPPLY_DEB_H
#define ASSAY_SUPPLY_DEB_H

#include "supply/tarball.h"

/** The two archives inside; borrowed from the package. */
struct assay_deb {
	struct assay_tarball control, data;
};

/**
 * Find the two archives in a package.
 *
 * Errors: ASSAY_E_FORMAT  not a package as stated above
 */
ASSAY_CHECKED int assay_deb_open(struct assay_span package, struct assay_deb *out,
                                 struct assay_error *err);

#endif
