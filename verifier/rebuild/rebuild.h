/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Build the sources of a manifest with a pinned toolchain in a hermetic container, and take the
 * outputs out.
 *
 * Layer:  rebuild. Nothing is printed; what happened is in the record.
 * Limits: Linux 5.14 or later. Programs of foreign ABIs (i386, x32) are refused inside.
 */
#ifndef ASSAY_REBUILD_REBUILD_H
#define ASSAY_REBUILD_REBUILD_H

#include "base/error.h"
#include "base/progress.h"
#include "model/manifest.h"
#include "model/record.h"
#include "rebuild/others.h"

/** All pointers are borrowed for the call. */
struct assay_rebuild_request {
	const struct assay_manifest *manifest; /* checked already: paths and sizes make sense */
	const char *tree; /* the materialised toolchain tree, whose digest was checked */
	const int *
		sources; /* unless look is set: one descriptor for each source of the manifest, in its order, open
	                           for reading; read from the start, position changes */
	const char *output_dir; /* a folder that exists; outputs are made in it under their names */
	const char *log_path;   /* created or replaced */
	assay_others others;    /* what is not as it always is */
	bool look;              /* make the container and look around in it: nothing is built */
	const char *runtime;    /* another container runtime that builds: "runc"; NULL: our own */
	const char *runtime_dir; /* a folder of its own for that, absolute; made, and left there */
	const struct assay_progress *progress; /* stage BUILD: done steps of total; may be NULL */
};

/**
 * Build. Every way in which a build can end is a result, in record->outcome. While it runs,
 * SIGINT, SIGTERM and SIGHUP, unless ignored, end the build with ASSAY_OUTCOME_INTERRUPTED; when
 * this returns they do again what they did before. Nothing of the build survives the call, nor the death of
 * the calling thread.
 *
 * Out:    *record, zero-initialised before; owned by the caller
 * Return: 0 with the record filled in, -1 on error
 * Errors: ASSAY_E_SYSTEM  this host cannot make the container; the text says what is missing
 *         ASSAY_E_FORMAT  a source archive is malformed or tries to leave the build folder
 *         ASSAY_E_LIMIT   a source archive holds more than limits.disk
 *         ASSAY_E_USAGE   manifest and toolchain tree do not fit together
 */
ASSAY_CHECKED int assay_rebuild(const struct assay_rebuild_request *request,
                                struct assay_build_record *record, struct assay_error *err);

#endif
