/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A second, independent runner: the plan of a build written as an OCI runtime bundle, and carried out
 * by a container runtime that somebody else wrote. What it makes can be held against what our own
 * container makes; what it cannot pin is in the record.
 *
 * Each step is one container over the same folders, so that nothing that a step left running lives on,
 * and the last one's config.json is what a person can run again.
 *
 * Layer:  rebuild. Runs in the launcher, which unpacks the sources here and collects the outputs when
 *         nothing of the build lives any more.
 * Source: OCI Runtime Specification 1.0.2: config.md, config-linux.md; runc(8), crun(1).
 * Limits: time, silence and the log are limited as always, memory, processes and the disk are not. No
 *         pinned clock or random numbers, no variation. As root the build has the manifest's user id on
 *         the host; as a user it runs as root of a user namespace.
 */
#ifndef ASSAY_REBUILD_RUNTIME_RUNTIME_H
#define ASSAY_REBUILD_RUNTIME_RUNTIME_H

#include "base/json.h"
#include "rebuild/log.h"
#include "rebuild/plan.h"
#include "rebuild/rebuild.h"

/** Whether a runtime of this name is known. */
bool assay_runtime_known(const char *name);

/** As assay_rebuild, by request->runtime. Errors: ASSAY_E_USAGE  it is none that is known */
ASSAY_CHECKED int assay_runtime_rebuild(const struct assay_rebuild_request *request,
                                        struct assay_build_record *record, struct assay_error *err);

/* Between the files of this folder. */

struct assay_interrupts;

/** A build by a runtime. */
struct assay_runtime {
	const struct assay_rebuild_request *request;
	struct assay_build_record *record;
	struct assay_plan plan;
	int dir;                      /* request->runtime_dir */
	int build;                    /* build in it, which is build.path inside */
	bool is_root;                 /* of the host: there is no user namespace then */
	struct assay_strings entries; /* of the tree that are mounted into the root, sorted */
	struct assay_log log;
	uint64_t started; /* milliseconds of the monotonic clock */
	struct assay_interrupts *interrupts;
};

/** What one container runs. */
struct assay_runtime_step {
	const char *const *argv;
	unsigned argv_count;
	const char *cwd; /* below build.path */
	int input;       /* standard input; -1: /dev/null */
	int output;      /* both outputs; -1: the log */
};

/** Make the folders of the bundle, with pinned files and a place for each entry of the tree. */
ASSAY_CHECKED int assay_runtime_furnish(struct assay_runtime *runtime, struct assay_error *err);

/** Put a source into the build folder, if it is no patch. Errors: as assay_untar; ASSAY_E_PIN */
ASSAY_CHECKED int assay_runtime_place(const struct assay_runtime *runtime, unsigned index,
                                      struct assay_error *err);

/** Let what the build may write to belong to its user. */
ASSAY_CHECKED int assay_runtime_hand_over(const struct assay_runtime *runtime,
                                          struct assay_error *err);

/** The config.json of a step: a new reference. Same plan and step, same text. */
json_t *assay_runtime_config(const struct assay_runtime *runtime,
                             const struct assay_runtime_step *step);

/**
 * Run a container to its end. Where a limit or a person ended it, record->outcome says so.
 *
 * Return: its exit status as a shell tells it, -1 on error
 */
ASSAY_CHECKED int assay_runtime_run(struct assay_runtime *runtime,
                                    const struct assay_runtime_step *step, struct assay_error *err);

#endif
