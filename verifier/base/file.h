/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files and folders: read whole, map, write atomically, make and remove trees.
 *
 * Layer:  base.
 * Limits: paths come from our own code or from the command line, never from an input.
 */
#ifndef ASSAY_BASE_FILE_H
#define ASSAY_BASE_FILE_H

#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"
#include "base/strings.h"

/**
 * Read a regular file whole.
 *
 * In:     dirfd, path as in openat(2); limit in bytes
 * Out:    *out owned by the caller
 * Errors: ASSAY_E_SYSTEM  cannot open or read
 *         ASSAY_E_USAGE   not a regular file
 *         ASSAY_E_LIMIT   longer than limit
 */
ASSAY_CHECKED int assay_file_read(int dirfd, const char *path, uint64_t limit,
                                  struct assay_bytes *out, struct assay_error *err);

/** A file mapped for reading. Owned; free with assay_map_fini or ASSAY_AUTO_MAP. */
struct assay_map {
	struct assay_span span;
};

/**
 * Map a regular file read-only. A file that is cut short while it is mapped ends the program
 * with SIGBUS: trouble, never a match.
 *
 * Errors: as assay_file_read, less ASSAY_E_LIMIT
 */
ASSAY_CHECKED int assay_map_open(const char *path, struct assay_map *out, struct assay_error *err);

/** As assay_map_open, relative to a folder and without following a link at the end of the path. */
ASSAY_CHECKED int assay_map_openat(int dirfd, const char *path, struct assay_map *out,
                                   struct assay_error *err);
void assay_map_fini(struct assay_map *map);
#define ASSAY_AUTO_MAP ASSAY_AUTO(assay_map_fini)

/** Write all bytes to a descriptor, whatever write(2) takes at once. */
ASSAY_CHECKED int assay_write_full(int fd, struct assay_span span, struct assay_error *err);

/**
 * Create or replace a file: written under a temporary name beside it, synced, then renamed.
 * After a crash there is the old file or the new one, never half of one.
 */
ASSAY_CHECKED int assay_file_write(int dirfd, const char *path, struct assay_span span, mode_t mode,
                                   struct assay_error *err);

/** Copy from one descriptor to another until the end. Out: *size bytes, when not NULL. */
ASSAY_CHECKED int assay_fd_copy(int from, int to, uint64_t *size, struct assay_error *err);

/** Make a folder and its parents, mode 0777 less umask. One that exists is no error. */
ASSAY_CHECKED int assay_mkdirs(int dirfd, const char *path, struct assay_error *err);

/**
 * Remove a file or a folder with all in it, without following links or leaving its file system.
 * Nothing there is no error. Folders without write permission are made writable first.
 */
ASSAY_CHECKED int assay_remove_tree(int dirfd, const char *path, struct assay_error *err);

/**
 * The names in a folder, sorted, without "." and "..".
 *
 * Errors: ASSAY_E_LIMIT  more than so many
 */
ASSAY_CHECKED int assay_folder_names(int dirfd, const char *path, size_t limit,
                                     struct assay_strings *out, struct assay_error *err);

/** The folder that a path stands in: "a/b" gives "a", "b" gives ".". Owner: caller frees. */
char *assay_path_folder(const char *path);

/** The last name of a path: "b" of "a/b". Borrowed. */
const char *assay_path_name(const char *path);

/**
 * The place that a name has below the root of an archive: "usr/x" for "./usr//x". Empty components
 * and "." go.
 *
 * Return: owner: caller frees; NULL when it has a ".."
 */
char *assay_path_place(const char *name);

/** Free space at a path that a process like ours may use. Out: bytes. */
ASSAY_CHECKED int assay_disk_free(const char *path, uint64_t *out, struct assay_error *err);

#endif
