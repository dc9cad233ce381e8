/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data of packages becomes one tree.
 *
 * A path that two packages have, as something else than a folder, is decided when all else is
 * done, so that it does not depend on which was faster: a package that names the others in its
 * Replaces wins (versions in that field are not looked at); else all must have the same there.
 *
 * Layer:  supply; not for other folders.
 * Source: deb-control(5), Replaces; Debian Policy 4.6, 7.6.1.
 * Limits: a hard link in such a place is refused.
 */
#ifndef ASSAY_SUPPLY_UNPACK_H
#define ASSAY_SUPPLY_UNPACK_H

#include "base/progress.h"
#include "supply/package.h"
#include "supply/writer.h"

/** Packages that were opened, and where they are unpacked. */
struct assay_unpacking {
	int rootfd;
	struct assay_unpacked_package *packages;
	size_t count;
	const struct assay_progress *progress;
};

/**
 * Unpack the data of all packages, several at a time.
 *
 * Out:    paths of each package
 * Errors: ASSAY_E_FORMAT  a path is something else in another package, or leads through a link
 *         ASSAY_E_SYSTEM  disk full
 */
ASSAY_CHECKED int assay_unpack_packages(struct assay_unpacking *unpacking, struct assay_error *err);

/**
 * Decide the paths in which packages met, and write what the winner has there.
 *
 * In:     contested, sorted
 */
ASSAY_CHECKED int assay_unpack_contested(struct assay_unpacking *unpacking,
                                         const struct assay_strings *contested,
                                         struct assay_error *err);

/*
 * One entry each. Return: 0, ASSAY_WRITER_EXISTS, -1 on error
 */

/** Write a file's content and give it its mode. */
ASSAY_CHECKED int assay_unpack_file(struct assay_writer *writer,
                                    const struct assay_tarball_entry *entry,
                                    struct assay_error *err);

/** Write what a hard link leads to, which is there already, as a file of its own. */
ASSAY_CHECKED int assay_unpack_hard_link(struct assay_writer *writer,
                                         const struct assay_tarball_entry *entry,
                                         struct assay_error *err);

#endif
