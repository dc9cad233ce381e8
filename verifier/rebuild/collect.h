/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Take an output out of the container.
 *
 * Init does it, not the launcher: the launcher creates the file on the host and hands over a
 * descriptor to write to, and what lies in the build folder is only ever looked at by a process
 * that can reach nothing else. So a link, however clever, cannot make it read a file of the
 * host; and everything of the build is dead by then, so nothing changes while it is looked at.
 *
 * Layer: rebuild. Runs in init.
 */
#ifndef ASSAY_REBUILD_COLLECT_H
#define ASSAY_REBUILD_COLLECT_H

#include "base/error.h"
#include "model/manifest.h"

/**
 * Copy an output to a descriptor.
 *
 * Errors: ASSAY_E_FORMAT  it is not exactly one regular file of a size that the disk allows
 *         ASSAY_E_SYSTEM  it cannot be read or written
 */
ASSAY_CHECKED int assay_collect(const struct assay_build *build, const struct assay_output *output,
                                int to, struct assay_error *err);

/** The same, where the build folder is somewhere else: one that nothing of the build can reach now. */
ASSAY_CHECKED int assay_collect_from(int dir, const struct assay_build *build,
                                     const struct assay_output *output, int to,
                                     struct assay_error *err);

#endif
