/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debian packages: an ar archive with a tar archive of control files and one of data.
 *
 * Layer:  supply. Bytes in, calls out; touches no file system.
 * Source: deb(5) and deb-control(5) of dpkg 1.21; ar(5).
 * Limits: exactly the members debian-binary, control.tar[.*], data.tar[.*], in this order; format
 *         2.x; packed with gzip, xz, zstd, bzip2, lzma or not at all. Unpacked bytes: 1000 times
 *         the package's size beyond 64 MiB; 1 Mi entries. Control files: 256, of 16 MiB in all.
 */
#ifndef ASSAY_SUPPLY_DEB_H
#define ASSAY_SUPPLY_DEB_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

struct assay_deb_opened;

/** One of the two tar archives inside; borrowed from the package. */
struct assay_deb_part {
	const char *what; /* static text: "control.tar", "data.tar" */
	struct assay_span bytes;
	int filter;         /* ARCHIVE_FILTER_… */
	uint64_t bytes_max; /* of all files in it */
};

struct assay_deb {
	struct assay_deb_part control, data;
};

/**
 * Find the two archives in a package.
 *
 * Errors: ASSAY_E_FORMAT  not a package as stated above
 */
ASSAY_CHECKED int assay_deb_open(struct assay_span package, struct assay_deb *out,
                                 struct assay_error *err);

enum assay_deb_type {
	ASSAY_DEB_FILE,
	ASSAY_DEB_FOLDER,
	ASSAY_DEB_LINK,      /* symbolic */
	ASSAY_DEB_HARD_LINK, /* to an earlier file of the same package */
};

/** One entry of a part. Everything is borrowed for the call. */
struct assay_deb_entry {
	enum assay_deb_type type;
	const char *path;   /* relative and normalised; "" is the root, always a folder */
	const char *target; /* of a link as it is; of a hard link, normalised as path */
	mode_t mode;        /* permission bits */
	uint64_t size;      /* bytes of a file */
	const struct assay_deb_opened *content; /* for assay_deb_read */
};

/** Take a block of a file's content. Return: bytes, 0 at the end, -1 on error */
ASSAY_CHECKED ssize_t assay_deb_read(const struct assay_deb_entry *entry, void *block, size_t len,
                                     struct assay_error *err);

/** Called for each entry in the order of the archive. Return: 0, -1 to stop with an error */
typedef int assay_deb_visit(void *context, const struct assay_deb_entry *entry,
                            struct assay_error *err);

/**
 * Walk over a part.
 *
 * Errors: ASSAY_E_FORMAT  malformed; an absolute name or one with ".."; a device, FIFO or socket
 *         ASSAY_E_LIMIT   too many entries or bytes
 *         whatever visit fails with
 */
ASSAY_CHECKED int assay_deb_walk(const struct assay_deb_part *part, assay_deb_visit *visit,
                                 void *context, struct assay_error *err);

#endif
