/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan of a build: everything that the container needs to know, as data. Made from the
 * manifest alone, so that the same manifest gives the same plan on every host.
 *
 * Layer: rebuild. Pure: nothing is asked of the host.
 */
#ifndef ASSAY_REBUILD_PLAN_H
#define ASSAY_REBUILD_PLAN_H

#include "base/buffer.h"
#include "base/strings.h"
#include "model/manifest.h"

/** A file whose content the manifest decides, below the root of the container. Owned. */
struct assay_pinned_file {
	char *path; /* without a leading slash: "proc/version" */
	struct assay_buffer content;
};

/** Zero-initialise. Owned; the manifest is borrowed. */
struct assay_plan {
	const struct assay_manifest *manifest;
	struct assay_strings environment; /* NAME=value, sorted by name: complete */
	struct assay_pinned_file *files;
	size_t file_count, file_cap;
	uint64_t inodes; /* files and folders that fit into the build's tmpfs */
};

void assay_plan_fini(struct assay_plan *plan);
#define ASSAY_AUTO_PLAN ASSAY_AUTO(assay_plan_fini)

/** Plan a build. *plan is zero-initialised before. */
void assay_plan_make(const struct assay_manifest *manifest, struct assay_plan *plan);

/** Add a pinned file. Return: its content, to be filled. Borrowed until the next one is added. */
struct assay_buffer *assay_plan_file(struct assay_plan *plan, const char *path);

/** Uptime of the pinned machine when a build begins, in seconds. Ours: any constant does. */
#define ASSAY_PLAN_UPTIME 1000

#endif
