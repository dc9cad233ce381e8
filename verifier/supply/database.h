/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dpkg's database for packages that were unpacked without dpkg, so that dpkg-query,
 * dpkg-checkbuilddeps, dpkg-shlibdeps and debhelper find them installed.
 *
 * Layer:  supply; not for other folders.
 * Source: dpkg 1.21: status (deb-control(5) with Status), info/PACKAGE.* (all control files but
 *         control itself, and the list of paths), info/format 1; PACKAGE is NAME:ARCH for
 *         Multi-Arch: same, NAME otherwise; arch.
 */
#ifndef ASSAY_SUPPLY_DATABASE_H
#define ASSAY_SUPPLY_DATABASE_H

#include "supply/package.h"
#include "supply/writer.h"

/**
 * Write the database.
 *
 * In:     architecture of the tree; packages sorted by name and architecture
 * Errors: ASSAY_E_FORMAT  a package brought a file of that name
 */
ASSAY_CHECKED int assay_database_write(int rootfd, const char *architecture,
                                       const struct assay_unpacked_package *packages, size_t count,
                                       struct assay_error *err);

#endif
