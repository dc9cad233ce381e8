/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unpack a source archive into a folder. The archive is hostile: it may try to leave the folder,
 * to follow its own links, to bring devices, to fill the disk.
 *
 * Modes become 0644 or 0755, owners the caller's, times are left to the caller; extended
 * attributes are not taken. On tmpfs the order of names in a folder then follows from the order
 * in the archive, so it is the same on every host.
 *
 * Layer:  rebuild. Runs in a helper without rights; every path is looked up beneath the folder
 *         without following any link.
 * Source: tar(5), openat2(2).
 * Limits: tar in all its forms, plain or with gzip, bzip2, xz, lzma, zstd. Who enters a container
 *         calls assay_archive before.
 */
#ifndef ASSAY_REBUILD_UNTAR_H
#define ASSAY_REBUILD_UNTAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct assay_untar {
	int input;        /* read to the end of the archive */
	int dir;          /* the build folder */
	const char *into; /* below it; exists; "." for itself */
	uint32_t strip;   /* leading components taken off every name */
	uint64_t limit;   /* bytes of content in all */
};

/**
 * Unpack.
 *
 * Errors: ASSAY_E_FORMAT  malformed or cut short; or a member with "..", an absolute name, a link
 *                         that leads out of the build folder, a device, or the name of another
 *         ASSAY_E_LIMIT   more content than allowed, or a full disk
 *         ASSAY_E_SYSTEM  anything else
 */
ASSAY_CHECKED int assay_untar(const struct assay_untar *job, struct assay_error *err);

/**
 * Whether a symbolic link stays below the top: its text, resolved by names alone from the folder
 * that the link is in, never goes above it.
 *
 * In: link  path of the link below the top; target  its text
 */
bool assay_untar_link_stays(const char *link, const char *target);

#endif
