/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Make and look up files below a folder, for paths that somebody else chose: no link on the way
 * is followed and the folder is never left.
 *
 * Layer:  rebuild.
 * Source: openat2(2): RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS.
 */
#ifndef ASSAY_REBUILD_BENEATH_H
#define ASSAY_REBUILD_BENEATH_H

#include <sys/types.h>

/* All return -1 with errno: ELOOP for a link on the way, EXDEV for a way out. */

/** Open an existing file or folder. flags as for open(2). Return: descriptor */
int assay_beneath_open(int dir, const char *path, int flags);

/** Make a new file, and the folders above it. Return: descriptor open for writing */
int assay_beneath_create(int dir, const char *path, mode_t mode);

/** Make a folder and those above it, mode 0755 less umask. One that exists is no error. */
int assay_beneath_folders(int dir, const char *path);

/** Make a symbolic link, and the folders above it. */
int assay_beneath_symlink(int dir, const char *path, const char *target);

/** Make another name for a regular file. EINVAL: it is none. */
int assay_beneath_link(int dir, const char *target, const char *path);

#endif
