/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which source files a build opened, without a cost for the build and without a change to what it
 * may do: the kernel writes it down in two ways, and either is enough.
 *
 * Times: sources lie on a tmpfs of ours. Before the first step every file and link has one time of
 * access, that of SOURCE_DATE_EPOCH, which is not after its time of change: so the first read,
 * mapping or execution gives it another one, whatever the mount's way with such times (relatime).
 * After the last step a file counts as opened when that time is another one, and also when its time of
 * change (which nobody can set) or its inode is: whoever sets the time of access back, writes, renames
 * or removes the file is seen by that, and so is whoever follows a link.
 *
 * Opens: opens.h. Who owns a file may open it with O_NOATIME, and then it keeps its time of access.
 *
 * What they do not see: a file that was only looked at by name (stat, access, a list of the folder).
 * So a file that counts as never opened was not read; one that counts as opened may have been copied
 * or searched and no more. Where that cannot be told for every file, all of them count as opened.
 *
 * Layer:  rebuild. Runs in init, and where it says so in the launcher.
 * Source: path_resolution(7) and inode(7); relatime_need_update of fs/inode.c, Linux 6.1; open(2).
 */
#ifndef ASSAY_REBUILD_WATCH_H
#define ASSAY_REBUILD_WATCH_H

#include "base/buffer.h"
#include "base/error.h"
#include "model/inventory.h"
#include "rebuild/opens.h"
#include "store/tree.h"

/** Zero-initialise. Never freed: it is init's, until that process ends. */
struct assay_watch {
	struct assay_tree_scan scan; /* with each file as it was before the first step */
	struct assay_opens opens;
};

/** List what is there. Afterwards times may be set, and nothing else may change. */
ASSAY_CHECKED int assay_watch_list(struct assay_watch *watch, const char *folder,
                                   struct assay_error *err);

/**
 * Remember how each file is, and wait until the clock of the file system has moved on, so that a
 * change from now on has another time.
 *
 * Errors: ASSAY_E_SYSTEM  the file system writes down no times of access
 */
ASSAY_CHECKED int assay_watch_begin(struct assay_watch *watch, const char *folder,
                                    struct assay_error *err);

/** Append one character for each entry of the list: 1 for one that was opened, 0 for one that was not,
 *  and 0 for folders. Nothing when that is not known for each. */
ASSAY_CHECKED int assay_watch_end(const struct assay_watch *watch, const char *folder,
                                  struct assay_buffer *out, struct assay_error *err);

/**
 * In the launcher: read the inventory that a helper made, and what assay_watch_end says about it.
 *
 * By an empty list, which says that nobody knows, all count as opened.
 *
 * In:     fd     a file in memory; -1 is an error
 * Return: 1 for an empty list, else 0
 * Errors: ASSAY_E_FORMAT, ASSAY_E_LIMIT  not as an inventory is written; another count
 */
ASSAY_CHECKED int assay_watch_take_inventory(int fd, struct assay_inventory *out,
                                             struct assay_error *err);
ASSAY_CHECKED int assay_watch_take_used(int fd, struct assay_inventory *inventory,
                                        struct assay_error *err);

#endif
