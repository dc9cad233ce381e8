/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files of a folder are opened from now on: the kernel tells once for each of them.
 *
 * Each file has a mark that ends with the first open: by name, through a link, a descriptor of
 * /proc or execve(2), with whatever flags. A file costs the build nothing after that, and nobody has
 * to listen meanwhile: the queues hold all that can come. Where marks are not to be had or a word was
 * lost, that is the answer, and never that a file was not opened.
 *
 * Layer:  rebuild. Runs in init.
 * Source: inotify(7): IN_ONESHOT, IN_Q_OVERFLOW, fs.inotify.*; user_namespaces(7) for whose limits
 *         count.
 * Limits: fs.inotify.max_user_watches files, one instance for each 4096 of them.
 */
#ifndef ASSAY_REBUILD_OPENS_H
#define ASSAY_REBUILD_OPENS_H

#include <stdbool.h>

#include "store/tree.h"

/** Zero-initialise. As long as init lives. */
struct assay_opens {
	int *queues;  /* of inotify, as many as are needed */
	int *marks;   /* for each entry of the scan; 0 for what is no regular file */
	bool certain; /* every file has its mark */
};

/** Mark the files of a scan of folder (an absolute path); opens->certain tells how it went. */
void assay_opens_begin(struct assay_opens *opens, const char *folder,
                       const struct assay_tree_scan *scan);

/**
 * Set opened[i] for each entry of the scan that was opened or taken away; leave the others alone.
 *
 * Return: false when that is not known for every file
 */
bool assay_opens_end(const struct assay_opens *opens, const struct assay_tree_scan *scan,
                     bool *opened);

#endif
