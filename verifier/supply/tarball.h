/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tar archives of packages and images, read by libarchive: names that can be trusted to stay below a
 * root, and nothing but files, folders and links.
 *
 * Layer:  supply; not for other folders. Bytes in, calls out; touches no file system.
 * Source: tar(5).
 * Limits: 1 Mi entries; unpacked bytes as the caller states.
 */
#ifndef ASSAY_SUPPLY_TARBALL_H
#define ASSAY_SUPPLY_TARBALL_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

struct assay_tarball_opened;

/** An archive in memory; borrowed. */
struct assay_tarball {
	const char *what; /* for messages: "data.tar" */
	struct assay_span bytes;
	int filter;         /* ARCHIVE_FILTER_… */
	uint64_t bytes_max; /* of all files in it */
};

/** How many bytes may be unpacked from so many: 1000 times as many, or 64 MiB if that is more. */
uint64_t assay_tarball_bytes_max(size_t packed);

enum assay_tarball_type {
	ASSAY_TARBALL_FILE,
	ASSAY_TARBALL_FOLDER,
	ASSAY_TARBALL_LINK,      /* symbolic */
	ASSAY_TARBALL_HARD_LINK, /* to an earlier file */
};

/** One entry. Everything is borrowed for the call. */
struct assay_tarball_entry {
	enum assay_tarball_type type;
	const char *path;   /* relative and normalised; "" is the root, always a folder */
	const char *target; /* of a link as it is; of a hard link, normalised as path */
	mode_t mode;        /* permission bits */
	uint64_t size;      /* bytes of a file */
	const struct assay_tarball_opened *content; /* for assay_tarball_read */
};

/** Take a block of a file's content. Return: bytes, 0 at the end, -1 on error */
ASSAY_CHECKED ssize_t assay_tarball_read(const struct assay_tarball_entry *entry, void *block,
                                         size_t len, struct assay_error *err);

/** Called for each entry in the order of the archive. Return: 0, -1 to stop with an error */
typedef int assay_tarball_visit(void *context, const struct assay_tarball_entry *entry,
                                struct assay_error *err);

/**
 * Walk over an archive.
 *
 * Errors: ASSAY_E_FORMAT  malformed; an absolute name or one with ".."; a device, FIFO or socket
 *         ASSAY_E_LIMIT   too many entries or bytes
 *         whatever visit fails with
 */
ASSAY_CHECKED int assay_tarball_walk(const struct assay_tarball *tarball,
                                     assay_tarball_visit *visit, void *context,
                                     struct assay_error *err);

#endif
