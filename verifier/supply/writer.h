/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes files, folders and links below a root that nothing can lead out of: every folder on the
 * way to an entry is opened by itself, and a symbolic link there is an error, even one to a
 * folder. (dpkg follows those; a set of packages that relies on it cannot be unpacked here, and
 * the error says so.)
 *
 * Layer:  supply; not for other folders.
 * Source: openat(2) with O_NOFOLLOW for each component.
 */
#ifndef ASSAY_SUPPLY_WRITER_H
#define ASSAY_SUPPLY_WRITER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

/** One for each thread: it remembers the folder that it used last. */
struct assay_writer {
	int rootfd; /* borrowed */
	int parentfd;
	char *parent; /* path of parentfd; owned */
};
#define ASSAY_WRITER_INIT(fd)                                                                      \
	{                                                                                          \
		.rootfd = (fd), .parentfd = -1                                                     \
	}

void assay_writer_fini(struct assay_writer *writer);
#define ASSAY_AUTO_WRITER ASSAY_AUTO(assay_writer_fini)

/*
 * Paths are relative and normalised. Folders on the way are made. Where there is something
 * already, ASSAY_WRITER_EXISTS is returned and nothing changed.
 */
enum {
	ASSAY_WRITER_EXISTS = 1
};

/** Make a folder; its mode and time come last. One that is there already is what was wanted: 0. */
ASSAY_CHECKED int assay_writer_folder(struct assay_writer *writer, const char *path,
                                      struct assay_error *err);

ASSAY_CHECKED int assay_writer_link(struct assay_writer *writer, const char *path,
                                    const char *target, struct assay_error *err);

/**
 * Create a file of mode 0600 for writing.
 *
 * Out:    *fd owned by the caller, who ends with assay_writer_seal
 */
ASSAY_CHECKED int assay_writer_create(struct assay_writer *writer, const char *path, int *fd,
                                      struct assay_error *err);

/** Give a written file its mode and the time that all files have. */
ASSAY_CHECKED int assay_writer_seal(int fd, mode_t mode, struct assay_error *err);

/** Create, write and seal in one step. */
ASSAY_CHECKED int assay_writer_file(struct assay_writer *writer, const char *path,
                                    struct assay_span content, mode_t mode,
                                    struct assay_error *err);

/** Open a file that was written. Return: a descriptor owned by the caller, -1 on error */
ASSAY_CHECKED int assay_writer_open(struct assay_writer *writer, const char *path,
                                    struct assay_error *err);

/** Give all folders below the root, and the root, mode 0755 and the time that all files have. */
ASSAY_CHECKED int assay_writer_seal_folders(int rootfd, struct assay_error *err);

/** Remove a file or link. */
ASSAY_CHECKED int assay_writer_remove(struct assay_writer *writer, const char *path,
                                      struct assay_error *err);

/** Mode of a file in a tree, from its mode in a package; see materialise.h. */
static inline mode_t assay_writer_mode(mode_t mode)
{
	return (mode & 0200) | 0444 | ((mode & 0111) != 0 ? 0111 : 0);
}

#endif
